// SPDX-License-Identifier: GPL-2.0-only
/* Read locks of four open files of one file, whose ranges overlap: each has its own. */
#include "zdtm.h"

#define FILES 4
#define STEP  10
#define LEN   25

static struct {
	int fd[FILES];
	char *locks[FILES];
} was;

static void setup(void)
{
	for (int i = 0; i < FILES; i++) {
		was.fd[i] = SYS(open("file", O_RDWR | O_CREAT, 0600));
		EXPECT(t_lock(was.fd[i], F_OFD_SETLK, F_RDLCK, i * STEP, LEN));
		was.locks[i] = t_locks(0, was.fd[i]);
	}
}

static void check(void)
{
	int other = t_reopen(was.fd[0], O_RDWR);

	for (int i = 0; i < FILES; i++)
		EXPECT_STR(t_locks(0, was.fd[i]), was.locks[i]);
	/*
	 * One after the other gives way: what is locked begins and ends with those that are left.
	 */
	for (int i = 0; i < FILES; i++) {
		off_t from = i * STEP, to = (FILES - 1) * STEP + LEN;

		EXPECT_EQ(t_who_locks(other, F_OFD_GETLK, F_WRLCK, from, 1), -1);
		EXPECT_EQ(t_who_locks(other, F_OFD_GETLK, F_WRLCK, to - 1, 1), -1);
		EXPECT(t_lock(other, F_OFD_SETLK, F_RDLCK, from, to - from));
		EXPECT(t_lock(other, F_OFD_SETLK, F_UNLCK, from, to - from));
		EXPECT(t_lock(other, F_OFD_SETLK, F_WRLCK, 0, from ?: 1) == (i > 0));
		EXPECT(t_lock(other, F_OFD_SETLK, F_WRLCK, to, 0));
		SYS(close(was.fd[i]));
	}
	EXPECT(t_lock(other, F_OFD_SETLK, F_WRLCK, 0, 0));
}

ZDTM_TEST = {
	.doc = "overlapping read locks of several open files of one file",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
