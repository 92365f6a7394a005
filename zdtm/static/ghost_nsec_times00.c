// SPDX-License-Identifier: GPL-2.0-only
/*
 * The times of things without a name, to the nanosecond, and before 1970: they are made anew, and
 * filled, which must not show.
 *
 * criu 4.2 loses what is finer than a microsecond.
 */
#include "zdtm.h"

static const struct timespec times[2] = {
	{ .tv_sec = 1234567890, .tv_nsec = 123456789 }, /* of the last access */
	{ .tv_sec = -1000000, .tv_nsec = 999999999 },   /* of the last modification */
};

static struct {
	int fd;
} was;

static void setup(void)
{
	switch (variant->arg) {
	case S_IFREG:
		was.fd = SYS(open("victim", O_RDWR | O_CREAT, 0600));
		t_fill(was.fd, 1000);
		break;
	case S_IFDIR:
		SYS(mkdir("victim", 0700));
		was.fd = SYS(open("victim", O_RDONLY | O_DIRECTORY));
		break;
	case S_IFIFO:
		SYS(mkfifo("victim", 0600));
		was.fd = SYS(open("victim", O_RDWR));
		break;
	case S_IFLNK:
		SYS(symlink("target", "victim"));
		was.fd = SYS(open("victim", O_PATH | O_NOFOLLOW));
		break;
	}
	SYS(utimensat(AT_FDCWD, "victim", times, AT_SYMLINK_NOFOLLOW));
	SYS(unlinkat(AT_FDCWD, "victim", variant->arg == S_IFDIR ? AT_REMOVEDIR : 0));
	if (variant->arg == S_IFDIR)
		SYS(futimens(was.fd, times)); /* removal modifies it */
}

static void check(void)
{
	struct stat st;

	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_atim.tv_sec, times[0].tv_sec);
	EXPECT_EQ(st.st_atim.tv_nsec, times[0].tv_nsec);
	EXPECT_EQ(st.st_mtim.tv_sec, times[1].tv_sec);
	EXPECT_EQ(st.st_mtim.tv_nsec, times[1].tv_nsec);
}

ZDTM_TEST = {
	.doc = "things without a name keep the times of their last access and modification",
	.object = "regfile",
	.variants = VARIANTS({ "file", S_IFREG }, { "dir", S_IFDIR }, { "fifo", S_IFIFO },
			     { "symlink", S_IFLNK }),
	.setup = setup,
	.check = check,
};
