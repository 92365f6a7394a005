// SPDX-License-Identifier: GPL-2.0-only
/*
 * Thousands of locks: ranges of one file, of the process and of the open file, and one on each of
 * many files.
 */
#include <sys/file.h>

#include "zdtm.h"

#define RANGES 1500
#define FILES  500

static struct {
	int posix, ofd, fd[FILES];
	char *ranges[2];
	uint64_t locks[FILES];
} was;

static uint64_t sum_of(int fd)
{
	char *text = t_locks(0, fd);
	uint64_t sum = t_sum(text, strlen(text));

	free(text);
	return sum;
}

static void setup(void)
{
	char name[32];

	was.posix = SYS(open("posix", O_RDWR | O_CREAT, 0600));
	was.ofd = SYS(open("ofd", O_RDWR | O_CREAT, 0600));
	for (int i = 0; i < RANGES; i++) {
		EXPECT(t_lock(was.posix, F_SETLK, i % 2 ? F_WRLCK : F_RDLCK, i * 10, i % 10 + 1));
		EXPECT(t_lock(was.ofd, F_OFD_SETLK, i % 2 ? F_WRLCK : F_RDLCK, i * 10, 10));
	}
	was.ranges[0] = t_locks(0, was.posix);
	was.ranges[1] = t_locks(0, was.ofd);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "file %d", i);
		was.fd[i] = SYS(open(name, O_RDWR | O_CREAT, 0600));
		SYS(flock(was.fd[i], i % 3 ? LOCK_EX : LOCK_SH));
		was.locks[i] = sum_of(was.fd[i]);
	}
}

static void check(void)
{
	EXPECT(strcmp(t_locks(0, was.posix), was.ranges[0]) == 0);
	EXPECT(strcmp(t_locks(0, was.ofd), was.ranges[1]) == 0);
	for (int i = 0; i < FILES; i++)
		EXPECT_EQ(sum_of(was.fd[i]), was.locks[i]);
}

ZDTM_TEST = {
	.doc = "thousands of locks",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
