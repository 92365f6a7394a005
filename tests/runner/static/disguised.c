// SPDX-License-Identifier: GPL-2.0-only
/*
 * The harness reaches a test that has made itself hard to reach: another user in another root, all
 * signals blocked, children and threads about that take every signal and have closed everything.
 */
#include <grp.h>

#include "zdtm.h"

enum { READY, GO };

static pid_t children[3];
static pthread_t thread;

static void catch (int sig)
{
	t_fail("signal %d came", sig);
}

static void take_all_signals(long unused)
{
	const struct sigaction act = { .sa_handler = catch };

	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			SYS(sigaction(sig, &act, NULL));
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	t_wake(READY);
	t_wait(GO);
}

static void linger(long unused)
{
	sigset_t none;

	sigemptyset(&none);
	SYS_RC(pthread_sigmask(SIG_SETMASK, &none, NULL));
	t_wake(READY);
	t_wait(GO);
}

static void setup(void)
{
	sigset_t all;

	for (int i = 0; i < 3; i++)
		children[i] = t_fork(take_all_signals, i);
	thread = t_thread(linger, 0);
	for (int i = 0; i < 4; i++)
		t_wait(READY);
	sigfillset(&all);
	SYS_RC(pthread_sigmask(SIG_SETMASK, &all, NULL));
	SYS(mkdir("cell", 0755));
	SYS(chroot("cell"));
	SYS(chdir("/"));
	SYS(setgroups(0, NULL));
	SYS(setresgid(5000, 5000, 5000));
	SYS(setresuid(5000, 5000, 5000));
}

static void check(void)
{
	EXPECT_EQ(getuid(), 5000);
	EXPECT_ERRNO(access("/proc", F_OK), ENOENT);
	for (int i = 0; i < 4; i++)
		t_wake(GO);
	for (int i = 0; i < 3; i++)
		t_join(children[i]);
	t_thread_join(thread);
}

ZDTM_TEST = {
	.doc = "can be reached, whoever and wherever it is",
	.caps = CAP_BIT(CAP_SYS_CHROOT) | CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_SETGID),
	.setup = setup,
	.check = check,
};
