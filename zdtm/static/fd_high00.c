// SPDX-License-Identifier: GPL-2.0-only
/*
 * A descriptor with a high number, in an otherwise empty table; also one above the limit on their
 * number, which was lowered afterwards. It stays; new ones are subject to the limit.
 */
#include <sys/resource.h>

#include "zdtm.h"

enum { BELOW_LIMIT, ABOVE_SOFT, ABOVE_HARD };

static struct {
	int fd;
	struct blob data;
	struct rlimit limit;
} was;

static void setup(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	struct rlimit limit;

	was.data = t_fill(fd, 100);
	SYS(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = limit.rlim_max;
	SYS(setrlimit(RLIMIT_NOFILE, &limit));
	was.fd = limit.rlim_max > 100000 ? 50000 : limit.rlim_max / 2;
	SYS(dup2(fd, was.fd));
	SYS(close(fd));
	if (variant->arg >= ABOVE_SOFT)
		limit.rlim_cur = 20;
	if (variant->arg >= ABOVE_HARD)
		limit.rlim_max = 20;
	SYS(setrlimit(RLIMIT_NOFILE, &limit));
	was.limit = limit;
}

static void check(void)
{
	struct rlimit limit;

	EXPECT_DATA(was.fd, &was.data);
	EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), 100);
	SYS(getrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(limit.rlim_cur, was.limit.rlim_cur);
	EXPECT_EQ(limit.rlim_max, was.limit.rlim_max);
	if (variant->arg == BELOW_LIMIT)
		EXPECT_EQ(dup2(was.fd, was.fd - 1), was.fd - 1);
	else
		EXPECT_ERRNO(dup2(was.fd, 20), EBADF);
}

ZDTM_TEST = {
	.doc = "a descriptor keeps its high number, be it above the limit by now",
	.object = "regfile",
	.variants = VARIANTS({ "below_limit", BELOW_LIMIT }, { "above_soft_limit", ABOVE_SOFT },
			     { "above_hard_limit", ABOVE_HARD }),
	.setup = setup,
	.check = check,
};
