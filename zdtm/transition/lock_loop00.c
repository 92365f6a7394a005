// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks that lock a file, count in it and unlock it all the time; most of them wait for the others.
 * Nobody is ever inside with a writer, and no count is lost.
 */
#include <sys/file.h>

#include "zdtm.h"

#define TASKS 4

enum { POSIX, OFD, FLOCK };
enum { TURNING };

static struct {
	struct shared {
		int writers, readers;
		uint64_t counted[TASKS];
	} * shared;
	pid_t child[TASKS];
	int fd;
} was;

static void lock(int fd, short type)
{
	switch (variant->arg) {
	case POSIX:
		EXPECT(t_lock(fd, F_SETLKW, type, 10, 20));
		break;
	case OFD:
		EXPECT(t_lock(fd, F_OFD_SETLKW, type, 10, 20));
		break;
	case FLOCK:
		SYS(flock(fd, type == F_WRLCK ? LOCK_EX : type == F_RDLCK ? LOCK_SH : LOCK_UN));
		break;
	}
}

static int inside(int *who, int add)
{
	return __atomic_add_fetch(who, add, __ATOMIC_SEQ_CST);
}

static void count(int fd, long me)
{
	uint64_t n;

	lock(fd, F_WRLCK);
	EXPECT_EQ(inside(&was.shared->writers, 1), 1);
	EXPECT_EQ(inside(&was.shared->readers, 0), 0);
	EXPECT_EQ(SYS(pread(fd, &n, sizeof(n), 0)), sizeof(n));
	n++;
	SYS(pwrite(fd, &n, sizeof(n), 0));
	was.shared->counted[me]++;
	inside(&was.shared->writers, -1);
	lock(fd, F_UNLCK);
}

static void look(int fd)
{
	lock(fd, F_RDLCK);
	inside(&was.shared->readers, 1);
	EXPECT_EQ(inside(&was.shared->writers, 0), 0);
	inside(&was.shared->readers, -1);
	lock(fd, F_UNLCK);
}

static void child(long me)
{
	int fd = SYS(open("file", O_RDWR));

	for (int i = 0; !t_over(); i++) {
		if (i % 3)
			count(fd, me);
		else
			look(fd);
		if (i == 100)
			t_wake(TURNING);
	}
}

static void setup(void)
{
	uint64_t zero = 0;

	was.shared = t_map(T_PAGE, MAP_SHARED);
	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	t_write(was.fd, &zero, sizeof(zero));
	for (long i = 0; i < TASKS; i++)
		was.child[i] = t_fork(child, i);
	for (int i = 0; i < TASKS; i++)
		t_wait(TURNING);
}

static void check(void)
{
	uint64_t n, sum = 0;

	for (int i = 0; i < TASKS; i++) {
		t_join(was.child[i]);
		sum += was.shared->counted[i];
	}
	EXPECT_EQ(SYS(pread(was.fd, &n, sizeof(n), 0)), sizeof(n));
	EXPECT_EQ(n, sum);
}

ZDTM_TEST = {
	.doc = "locks that tasks take from each other all the time exclude whom they should",
	.object = "filelock",
	.engine = LIST("--file-locks"),
	.variants = VARIANTS({ "posix", POSIX }, { "ofd", OFD }, { "flock", FLOCK }),
	.setup = setup,
	.check = check,
};
