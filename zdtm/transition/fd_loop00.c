// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that opens, duplicates, moves, marks and closes descriptors drawn by lot, and keeps a list of
 * what each number ought to be: which file, at which offset, close-on-exec or not.
 */
#include "zdtm.h"

#define FILES 5
#define FIRST 10
#define FDS   40

enum { TURNING };

static struct {
	struct {
		bool open, cloexec;
		int file; /* open file: those that are duplicates have one number */
		int inode;
	} fd[FDS];
	off_t offset[1 << 16]; /* of each open file */
	int files;             /* there have been so many */
	ino_t ino[FILES];
	uint32_t lot;
	pid_t child;
} was;

static uint32_t draw(uint32_t n)
{
	was.lot = was.lot * 1664525 + 1013904223;
	return (was.lot >> 16) % n;
}

static void open_one(int i)
{
	int inode = draw(FILES);
	char name[] = { 'a' + inode, '\0' };
	int fd = SYS(open(name, O_RDWR | O_CREAT, 0600));

	was.files = (was.files + 1) % (1 << 16);
	SYS(dup2(fd, FIRST + i));
	SYS(close(fd));
	was.fd[i].open = true;
	was.fd[i].cloexec = false;
	was.fd[i].inode = inode;
	was.fd[i].file = was.files;
	was.offset[was.files] = 0;
}

static void one_more(int nr)
{
	int i = draw(FDS), to = draw(FDS);

	if (!was.fd[i].open) {
		open_one(i);
		return;
	}
	switch (draw(4)) {
	case 0:
		if (i == to)
			break;
		SYS(dup3(FIRST + i, FIRST + to, nr & 1 ? O_CLOEXEC : 0));
		was.fd[to] = was.fd[i];
		was.fd[to].cloexec = nr & 1;
		break;
	case 1:
		SYS(close(FIRST + i));
		was.fd[i].open = false;
		break;
	case 2:
		SYS(fcntl(FIRST + i, F_SETFD, nr & 1 ? FD_CLOEXEC : 0));
		was.fd[i].cloexec = nr & 1;
		break;
	case 3:
		SYS(lseek(FIRST + i, nr, SEEK_SET));
		was.offset[was.fd[i].file] = nr;
		break;
	}
}

static void expect_all(void)
{
	for (int i = 0; i < FDS; i++) {
		struct stat st;

		if (!was.fd[i].open) {
			EXPECT_ERRNO(fcntl(FIRST + i, F_GETFD), EBADF);
			continue;
		}
		EXPECT_EQ(fcntl(FIRST + i, F_GETFD), was.fd[i].cloexec ? FD_CLOEXEC : 0);
		EXPECT_EQ(lseek(FIRST + i, 0, SEEK_CUR), was.offset[was.fd[i].file]);
		SYS(fstat(FIRST + i, &st));
		EXPECT_EQ(st.st_ino, was.ino[was.fd[i].inode]);
	}
}

static void churn(long unused)
{
	for (int nr = 1; !t_over(); nr = nr % 1000000 + 1) {
		one_more(nr);
		if (nr == 500)
			t_wake(TURNING);
	}
	expect_all();
}

static void setup(void)
{
	struct stat st;

	for (int i = 0; i < FILES; i++) {
		char name[] = { 'a' + i, '\0' };

		SYS(mknod(name, S_IFREG | 0600, 0));
		SYS(stat(name, &st));
		was.ino[i] = st.st_ino;
	}
	was.child = t_fork(churn, 0);
	t_wait(TURNING);
}

static void check(void)
{
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "descriptors that come, go and move all the time are what they were made last",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
