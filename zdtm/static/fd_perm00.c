// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that their own task could not open any more, having no capabilities: the mode has been taken
 * away, of the file or of a directory above, or the file belongs to somebody else by now.
 */
#include "zdtm.h"

enum { FILE_MODE, DIR_MODE, OWNER };

static struct {
	int fd, child;
	struct blob data;
} was;

static void child(long unused)
{
	t_wait(0);
	EXPECT_ERRNO(open("dir/file", O_RDONLY), EACCES);
	EXPECT_DATA(was.fd, &was.data);
	t_write(was.fd, "more", 4);
}

static void setup(void)
{
	SYS(mkdir("dir", 0700));
	was.fd = SYS(open("dir/file", O_RDWR | O_CREAT, 0600));
	was.data = t_fill(was.fd, 1000);
	was.child = t_fork(child, 0);
	if (variant->arg == FILE_MODE)
		SYS(fchmod(was.fd, 0));
	else if (variant->arg == DIR_MODE)
		SYS(chmod("dir", 0));
	else
		SYS(fchown(was.fd, 1234, 5678));
}

static void check(void)
{
	struct stat st;

	t_wake(0);
	t_join(was.child);
	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_size, 1004);
	EXPECT_EQ(st.st_uid, variant->arg == OWNER ? 1234 : 0);
	EXPECT_EQ(st.st_mode & 0777, variant->arg == FILE_MODE ? 0 : 0600);
}

ZDTM_TEST = {
	.doc = "an open file needs no permission any more",
	.object = "regfile",
	.caps = CAP_BIT(CAP_CHOWN), /* fchown() */
	.variants =
		VARIANTS({ "file_mode", FILE_MODE }, { "dir_mode", DIR_MODE }, { "owner", OWNER }),
	.setup = setup,
	.check = check,
};
