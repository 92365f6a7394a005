// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every resource limit, soft and hard, of two processes: no two alike, and below what an engine
 * has itself. Those that are easily reached are reached: by criu 4.2, too, whose log is a file
 * like others.
 */
#include <sys/resource.h>

#include "zdtm.h"

enum { READY, GO };

static struct {
	struct rlimit limit[RLIM_NLIMITS];
	pid_t child;
} was;

/* A soft limit below the hard one, far above what is used. */
static void lower(int which, rlim_t by)
{
	struct rlimit *l = &was.limit[which];

	SYS(getrlimit(which, l));
	if (l->rlim_max == RLIM_INFINITY)
		l->rlim_max = UINT64_C(1) << 46;
	l->rlim_max -= l->rlim_max < by ? 0 : by;
	l->rlim_cur = l->rlim_max - (l->rlim_max < by ? 0 : by);
	SYS(setrlimit(which, l));
}

static void expect_limits(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit now;

		SYS(getrlimit(i, &now));
		if (!EXPECT_EQ(now.rlim_cur, was.limit[i].rlim_cur) ||
		    !EXPECT_EQ(now.rlim_max, was.limit[i].rlim_max))
			t_note("that was resource %d", i);
	}
}

static void set_limit(int which, rlim_t soft, rlim_t hard)
{
	was.limit[which] = (struct rlimit){ soft, hard };
	SYS(setrlimit(which, &was.limit[which]));
}

static void child(long unused)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		lower(i, 2);
	t_wake(READY);
	t_wait(GO);
	expect_limits();
}

static void setup(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		lower(i, 1);
	was.child = t_fork(child, 0);
	t_wait(READY);
	set_limit(RLIMIT_NOFILE, 100, 101);
	set_limit(RLIMIT_FSIZE, 10000, 10001);
}

static void check(void)
{
	struct rlimit more = was.limit[RLIMIT_NOFILE];
	char c = 0;
	int fd;

	expect_limits();
	fd = SYS(open("file", O_CREAT | O_WRONLY, 0600));
	EXPECT_EQ(SYS(dup2(fd, 99)), 99);
	EXPECT_ERRNO(dup2(fd, 100), EBADF);
	EXPECT_EQ(pwrite(fd, &c, 1, 9999), 1);
	signal(SIGXFSZ, SIG_IGN);
	EXPECT_ERRNO(pwrite(fd, &c, 1, 10000), EFBIG);
	more.rlim_max++;
	EXPECT_ERRNO(setrlimit(RLIMIT_NOFILE, &more), EPERM);
	t_wake(GO);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "soft and hard limits of every resource stay, and hold",
	.object = "rlimit",
	.setup = setup,
	.check = check,
};
