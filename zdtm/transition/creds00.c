// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process that changes its uids and groups all the time. To the kernel they are each thread's
 * own, so that the C library has all threads make the change, by a signal of its own, and waits for
 * them: a dump finds some that have changed and some that have not.
 */
#include <grp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>

#include "zdtm.h"

#define THREADS 2
#define FIRST   1000
#define UIDS    5
#define LAST    2 /* the change that ends it, by its number */

enum { TURNING };

static pid_t child;
static bool ended;

static void expect_one_of_ours(void)
{
	uid_t r, e, s;

	SYS(getresuid(&r, &e, &s));
	EXPECT_EQ(r, 0);
	EXPECT(e >= FIRST && e < FIRST + UIDS);
	EXPECT_EQ(s, 0);
}

static void looks(long unused)
{
	while (!__atomic_load_n(&ended, __ATOMIC_ACQUIRE)) {
		expect_one_of_ours();
		sched_yield();
	}
	/* The last change has reached everybody. */
	EXPECT_EQ(geteuid(), FIRST + LAST);
	EXPECT_EQ(SYS(getgroups(0, NULL)), 2);
}

static void change(int nr)
{
	const gid_t groups[] = { 2000 + nr, 3000 + nr, 4000 + nr };
	int n = 2 + nr % 2;
	gid_t now[4];

	SYS(setgroups(n, groups));
	if (EXPECT_EQ(SYS(getgroups(4, now)), n))
		EXPECT_MEM(now, groups, n * sizeof(gid_t));
	SYS(setresuid(-1, FIRST + nr % UIDS, -1));
	EXPECT_EQ(geteuid(), FIRST + nr % UIDS);
}

static void changes(long unused)
{
	pthread_t thread[THREADS];
	int nr = 0;

	/* Or the capabilities would go with the first change. */
	SYS(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP));
	change(nr++);
	for (int i = 0; i < THREADS; i++)
		thread[i] = t_thread(looks, 0);
	while (!t_over() || nr % (2 * UIDS) != LAST + 1) {
		change(nr++);
		if (nr == 10)
			t_wake(TURNING);
	}
	__atomic_store_n(&ended, true, __ATOMIC_RELEASE);
	for (int i = 0; i < THREADS; i++)
		t_thread_join(thread[i]);
}

static void setup(void)
{
	child = t_fork(changes, 0);
	t_wait(TURNING);
}

static void check(void)
{
	t_join(child);
}

ZDTM_TEST = {
	.doc = "a process of several threads changes its ids all the time, and all of them follow",
	.object = "creds",
	.caps = CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_SETGID) | CAP_BIT(CAP_SETPCAP),
	.setup = setup,
	.check = check,
};
