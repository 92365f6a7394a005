// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keyrings a task finds its keys in: a named session's, the process's, a thread's. The key is
 * to be found and read as before, by whom it was: each keyring is shared by fewer than the one
 * before. With criu 4.2 the task finds what the engine would.
 */
#include <linux/keyctl.h>

#include "zdtm.h"

#define NAME   "zdtm:secret"
#define SECRET "to be remembered"

enum { READY, GO };

static struct {
	pthread_t thread;
	pid_t child;
} was;

static long keyctl(int op, long a, long b, long c, long d)
{
	return syscall(SYS_keyctl, op, a, b, c, d);
}

static long find(void)
{
	return syscall(SYS_request_key, "user", NAME, NULL, 0);
}

static void expect_found(void)
{
	char now[64] = "";
	long key = SYS(find());

	SYS(keyctl(KEYCTL_READ, key, (long)now, sizeof(now), 0));
	EXPECT_STR(now, SECRET);
	if (variant->arg == KEY_SPEC_SESSION_KEYRING) {
		SYS(keyctl(KEYCTL_DESCRIBE, variant->arg, (long)now, sizeof(now), 0));
		EXPECT_STR(strrchr(now, ';'), ";zdtm session");
	}
	EXPECT_EQ(keyctl(KEYCTL_SEARCH, variant->arg, (long)"user", (long)NAME, 0), key);
}

static void other(long finds)
{
	t_wake(READY);
	t_wait(GO);
	if (finds)
		expect_found();
	else
		EXPECT_ERRNO(find(), ENOKEY);
}

static void setup(void)
{
	if (find() < 0 && errno == ENOSYS)
		t_skip("this kernel has no keys");
	if (variant->arg == KEY_SPEC_SESSION_KEYRING)
		SYS(keyctl(KEYCTL_JOIN_SESSION_KEYRING, (long)"zdtm session", 0, 0, 0));
	SYS(syscall(SYS_add_key, "user", NAME, SECRET, strlen(SECRET), variant->arg));
	was.thread = t_thread(other, variant->arg != KEY_SPEC_THREAD_KEYRING);
	t_wait(READY);
	was.child = t_fork(other, variant->arg == KEY_SPEC_SESSION_KEYRING);
	t_wait(READY);
}

static void check(void)
{
	expect_found();
	t_wake(GO);
	t_wake(GO);
	t_thread_join(was.thread);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "keys are found in session, process and thread keyrings",
	.object = "keys",
	.demand = KEEP_OR_REFUSE,
	.variants = VARIANTS(
		{ "session", KEY_SPEC_SESSION_KEYRING }, { "process", KEY_SPEC_PROCESS_KEYRING },
		{ "thread", KEY_SPEC_THREAD_KEYRING, .known_as = "static/keyring_persistent00" }),
	.setup = setup,
	.check = check,
};
