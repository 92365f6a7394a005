// SPDX-License-Identifier: GPL-2.0-only
/*
 * flock(2): a file that is locked shared, one that is locked exclusively, one that is not locked.
 */
#include <sys/file.h>

#include "zdtm.h"

enum { SHARED, EXCLUSIVE, FREE, FILES };

static struct {
	int fd[FILES];
	char *locks[FILES];
} was;

static void setup(void)
{
	static const char *const name[FILES] = { "shared", "exclusive", "free" };

	for (int i = 0; i < FILES; i++)
		was.fd[i] = SYS(open(name[i], O_RDWR | O_CREAT, 0600));
	SYS(flock(was.fd[SHARED], LOCK_SH));
	SYS(flock(was.fd[EXCLUSIVE], LOCK_EX));
	for (int i = 0; i < FILES; i++)
		was.locks[i] = t_locks(0, was.fd[i]);
}

static void check(void)
{
	int other;

	for (int i = 0; i < FILES; i++)
		EXPECT_STR(t_locks(0, was.fd[i]), was.locks[i]);
	EXPECT_STR(was.locks[FREE], "");

	other = t_reopen(was.fd[SHARED], O_RDWR);
	EXPECT_ERRNO(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	SYS(flock(other, LOCK_SH | LOCK_NB));
	other = t_reopen(was.fd[EXCLUSIVE], O_RDWR);
	EXPECT_ERRNO(flock(other, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	other = t_reopen(was.fd[FREE], O_RDWR);
	SYS(flock(other, LOCK_EX | LOCK_NB));
}

ZDTM_TEST = {
	.doc = "shared and exclusive locks of flock(2), and the lack of one",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
