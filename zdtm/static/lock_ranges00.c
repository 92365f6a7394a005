// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ranges of one file, locked by two tasks in three ways: where each begins and ends, and whose it
 * is. flock(2) has a lock of its own on the file, which is in nobody's way.
 */
#include <sys/file.h>

#include "zdtm.h"

#define FD 100

enum { MAIN, CHILD, FILES };

static struct {
	pid_t child;
	char *locks[FILES];
} was;

/* The byte is locked for everybody who is none of us, by this task (-1: open file, 0: nobody). */
static void expect(int fd, off_t at, short type, pid_t by)
{
	EXPECT_EQ(t_who_locks(fd, F_OFD_GETLK, F_WRLCK, at, 1), type == F_UNLCK ? 0 : by);
	EXPECT_EQ(t_who_locks(fd, F_OFD_GETLK, F_RDLCK, at, 1), type == F_WRLCK ? by : 0);
}

static void child(long unused)
{
	int fd = SYS(open("file", O_RDWR));

	SYS(dup2(fd, FD));
	SYS(close(fd));

	EXPECT(t_lock(FD, F_SETLK, F_WRLCK, 40, 10));
	EXPECT(t_lock(FD, F_SETLK, F_RDLCK, 50, 10));
	EXPECT(t_lock(FD, F_OFD_SETLK, F_RDLCK, 5, 10));
	EXPECT(t_lock(FD, F_OFD_SETLK, F_WRLCK, 1L << 40, 0));
	SYS(flock(FD, LOCK_SH));
	was.locks[CHILD] = t_locks(0, FD);
	t_wake(0);
	t_wait(1);
	EXPECT_STR(t_locks(0, FD), was.locks[CHILD]);
}

static void setup(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0600));

	SYS(dup2(fd, FD));
	SYS(close(fd));
	EXPECT(t_lock(FD, F_SETLK, F_RDLCK, 0, 30));
	EXPECT(t_lock(FD, F_SETLK, F_WRLCK, 20, 5));
	EXPECT(t_lock(FD, F_SETLK, F_UNLCK, 27, 1));
	was.child = t_fork(child, 0);
	t_wait(0);
	was.locks[MAIN] = t_locks(0, FD);
}

static void check(void)
{
	static const struct {
		off_t from, to;
		short type;
		enum { OF_MAIN, OF_CHILD, OF_FILE, OF_NONE } by;
	} ranges[] = {
		{ 0, 19, F_RDLCK, OF_MAIN },
		{ 20, 24, F_WRLCK, OF_MAIN },
		{ 25, 26, F_RDLCK, OF_MAIN },
		{ 27, 27, F_UNLCK, OF_NONE },
		{ 28, 29, F_RDLCK, OF_MAIN },
		{ 30, 39, F_UNLCK, OF_NONE },
		{ 40, 49, F_WRLCK, OF_CHILD },
		{ 50, 59, F_RDLCK, OF_CHILD },
		{ 60, (1L << 40) - 1, F_UNLCK, OF_NONE },
		{ 1L << 40, INT64_MAX - 1, F_WRLCK, OF_FILE },
	};
	pid_t who[] = { getpid(), was.child, -1, 0 };
	int fd;

	EXPECT_STR(t_locks(0, FD), was.locks[MAIN]);
	/* It stays open: closing it would end our locks. */
	fd = SYS(open("file", O_RDWR));
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		expect(fd, ranges[i].from, ranges[i].type, who[ranges[i].by]);
		expect(fd, ranges[i].to, ranges[i].type, who[ranges[i].by]);
	}
	/* Below the task's are the open file's. */
	EXPECT(t_lock(FD, F_SETLK, F_UNLCK, 0, 0));
	expect(fd, 4, F_UNLCK, 0);
	expect(fd, 5, F_RDLCK, -1);
	expect(fd, 14, F_RDLCK, -1);
	expect(fd, 15, F_UNLCK, 0);
	EXPECT_ERRNO(flock(FD, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	SYS(flock(FD, LOCK_SH | LOCK_NB));
	t_wake(1);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "locked ranges of a file, of two tasks and three kinds",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
