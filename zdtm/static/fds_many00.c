// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many descriptors: of open files that are all of one inode and differ in their offset alone, every
 * third of which has a second descriptor, every fifth is closed on exec, and one number is free. The
 * table is nearly full, or has many gaps.
 */
#include <sys/resource.h>

#include "zdtm.h"

#define FILES 1200
#define FREE  123 /* this one is closed again */

static int number(int i)
{
	return 10 + i * (int)variant->arg;
}

static int twin(int i)
{
	return number(FILES + i / 3);
}

static bool cloexec(int i)
{
	return i % 5 == 0;
}

static void setup(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0600)), last = twin(FILES);
	struct rlimit limit;

	SYS(getrlimit(RLIMIT_NOFILE, &limit));
	if (limit.rlim_max <= (rlim_t)last)
		t_skip("only %ju descriptors allowed", (uintmax_t)limit.rlim_max);
	limit.rlim_cur = limit.rlim_max;
	SYS(setrlimit(RLIMIT_NOFILE, &limit));
	for (int i = 0; i < FILES; i++) {
		int one = SYS(open("file", O_RDONLY));

		SYS(lseek(one, i, SEEK_SET));
		if (one != number(i)) {
			SYS(dup2(one, number(i)));
			SYS(close(one));
		}
		if (i % 3 == 0)
			SYS(dup2(number(i), twin(i)));
		if (cloexec(i))
			SYS(fcntl(number(i), F_SETFD, FD_CLOEXEC));
	}
	SYS(close(number(FREE)));
	SYS(close(fd));
}

static void check(void)
{
	EXPECT_ERRNO(fcntl(number(FREE), F_GETFD), EBADF);
	EXPECT_ERRNO(fcntl(twin(FILES), F_GETFD), EBADF);
	for (int i = 0; i < FILES; i++) {
		if (i == FREE)
			continue;
		EXPECT_EQ(fcntl(number(i), F_GETFD), cloexec(i) ? FD_CLOEXEC : 0);
		EXPECT_EQ(lseek(number(i), 0, SEEK_CUR), i);
		SYS(lseek(number(i), 10000 + i, SEEK_SET));
	}
	for (int i = 0; i < FILES; i += 3) {
		EXPECT_EQ(fcntl(twin(i), F_GETFD), 0);
		EXPECT_EQ(lseek(twin(i), 0, SEEK_CUR), i == FREE ? i : 10000 + i);
	}
}

ZDTM_TEST = {
	.doc = "many open files of one inode stay apart, and their twins with them",
	.object = "regfile",
	.variants = VARIANTS({ "dense", 1 }, { "sparse", 4 }),
	.setup = setup,
	.check = check,
};
