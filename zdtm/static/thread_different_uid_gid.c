// SPDX-License-Identifier: GPL-2.0-only
/*
 * To the kernel ids belong to threads; only the C library gives all of a process the same ones.
 * Three threads and the main thread, by system calls, with ids and groups of their own.
 */
#include "zdtm.h"

#define THREADS 3

enum { READY, GO };

static pthread_t threads[THREADS];

static void set_ids(int nr)
{
	const gid_t groups[] = { 200 + nr, 300 + nr };

	SYS(syscall(SYS_setgroups, 2, groups));
	SYS(syscall(SYS_setresgid, 100 + nr, 110 + nr, 120 + nr));
	SYS(syscall(SYS_setresuid, 10 + nr, 20 + nr, 30 + nr));
}

static void expect_ids(int nr)
{
	gid_t groups[3];
	uid_t r, e, s;
	char name[32];
	struct stat st;

	EXPECT_EQ(SYS(getgroups(3, groups)), 2);
	EXPECT_EQ(groups[0], 200 + nr);
	EXPECT_EQ(groups[1], 300 + nr);
	SYS(getresgid(&r, &e, &s));
	EXPECT_EQ(r, 100 + nr);
	EXPECT_EQ(e, 110 + nr);
	EXPECT_EQ(s, 120 + nr);
	SYS(getresuid(&r, &e, &s));
	EXPECT_EQ(r, 10 + nr);
	EXPECT_EQ(e, 20 + nr);
	EXPECT_EQ(s, 30 + nr);

	snprintf(name, sizeof(name), "by-%d", nr);
	SYS(close(SYS(open(name, O_CREAT | O_WRONLY, 0600))));
	SYS(stat(name, &st));
	EXPECT_EQ(st.st_uid, 20 + nr);
	EXPECT_EQ(st.st_gid, 110 + nr);
}

static void thread(long nr)
{
	set_ids(nr);
	t_wake(READY);
	t_wait(GO);
	expect_ids(nr);
}

static void setup(void)
{
	for (int i = 0; i < THREADS; i++) {
		threads[i] = t_thread(thread, i);
		t_wait(READY);
	}
	set_ids(THREADS);
}

static void check(void)
{
	expect_ids(THREADS);
	for (int i = 0; i < THREADS; i++)
		t_wake(GO);
	for (int i = 0; i < THREADS; i++)
		t_thread_join(threads[i]);
}

ZDTM_TEST = {
	.doc = "each thread keeps its own uids, gids and groups",
	.object = "creds",
	.caps = CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_SETGID),
	.setup = setup,
	.check = check,
};
