// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flags of open files, those that only open() sets and those that fcntl() may change later, in
 * whichever combination. The kernel's file system decides what they come to; that is tried as well.
 */
#include "zdtm.h"

static const struct {
	int open, set; /* set: with F_SETFL afterwards, unless -1 */
} files[] = {
	{ O_RDWR | O_DSYNC, -1 },
	{ O_RDWR | O_SYNC, -1 },
	{ O_WRONLY | O_NOATIME | O_APPEND, -1 },
	{ O_RDONLY | O_NONBLOCK, -1 },
	{ O_RDWR | O_APPEND, 0 },
	{ O_RDONLY, O_NOATIME | O_NONBLOCK },
	{ O_RDWR | O_DIRECT | O_SYNC | O_CLOEXEC, -1 },
	{ O_RDWR, O_DIRECT | O_APPEND },
	{ O_RDWR | O_DIRECT, 0 },
	{ O_RDONLY | O_NOFOLLOW | O_NOCTTY, -1 },
};
#define FILES (sizeof(files) / sizeof(files[0]))

/* O_CREAT, O_EXCL, O_NOCTTY and O_TRUNC are used up by open(). */
#define CHANGEABLE (O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT)
#define KEPT       (O_ACCMODE | O_SYNC | O_DSYNC | O_NOFOLLOW | CHANGEABLE)

static struct {
	int fd[FILES];
	int unaligned; /* errno of reading at an odd place with O_DIRECT */
} was;

static int read_unaligned(int fd)
{
	char some[100];

	return pread(fd, some, 99, 1) < 0 ? errno : 0;
}

static int expected(size_t i)
{
	int flags = files[i].open & KEPT;

	return files[i].set < 0 ? flags : (flags & ~CHANGEABLE) | files[i].set;
}

static void setup(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0600));

	t_fill(fd, 2 * T_PAGE);
	SYS(close(fd));
	fd = open("file", O_RDONLY | O_DIRECT);
	if (fd < 0)
		t_skip("no O_DIRECT on this file system: %s", strerror(errno));
	SYS(close(fd));
	for (size_t i = 0; i < FILES; i++) {
		was.fd[i] = SYS(open("file", files[i].open));
		if (files[i].set >= 0)
			SYS(fcntl(was.fd[i], F_SETFL, files[i].set));
		EXPECT_EQ(fcntl(was.fd[i], F_GETFL) & KEPT, expected(i));
		if (files[i].open & O_DIRECT && files[i].set < 0)
			was.unaligned = read_unaligned(was.fd[i]);
	}
}

static void check(void)
{
	for (size_t i = 0; i < FILES; i++) {
		EXPECT_EQ(fcntl(was.fd[i], F_GETFL) & KEPT, expected(i));
		EXPECT_EQ(fcntl(was.fd[i], F_GETFD), files[i].open & O_CLOEXEC ? FD_CLOEXEC : 0);
		if ((expected(i) & O_ACCMODE) == O_RDWR)
			EXPECT_EQ(read_unaligned(was.fd[i]),
				  expected(i) & O_DIRECT ? was.unaligned : 0);
	}
}

ZDTM_TEST = {
	.doc = "open files keep their flags, those of open() and those of fcntl()",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
