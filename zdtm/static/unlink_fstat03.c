// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that was opened by one name, which is gone, and has another one that only the file system
 * knows. Allowed to (--link-remap), an engine may give it a name for the time being; afterwards there
 * are the other name and nothing else. Everything that can have two names is tried.
 */
#include <sys/sysmacros.h>

#include "zdtm.h"

enum { FREE, TAKEN, IN_REMOVED_DIR, FIFO, SYMLINK, DEVICE };

static struct {
	int fd, again;
	struct blob data;
	char *path[2];
	struct stat st;
} was;

static void make(const char *name)
{
	switch (variant->arg) {
	case FIFO:
		SYS(mkfifo(name, 0600));
		break;
	case SYMLINK:
		SYS(symlink("target", name));
		break;
	case DEVICE:
		SYS(mknod(name, S_IFCHR | 0600, makedev(1, 5)));
		break;
	default:
		SYS(mknod(name, S_IFREG | 0600, 0));
	}
}

static void setup(void)
{
	bool file = variant->arg <= IN_REMOVED_DIR;
	int flags = variant->arg == SYMLINK ? O_PATH | O_NOFOLLOW : O_RDWR | O_NONBLOCK;

	SYS(mkdir("dir", 0700));
	make("dir/victim");
	SYS(link("dir/victim", "other"));
	was.fd = open("dir/victim", flags);
	if (was.fd < 0 && errno == EACCES && variant->arg == DEVICE)
		t_skip("device nodes do not work on this file system");
	SYS(was.fd);
	was.again = SYS(open("dir/victim", file ? O_RDONLY : flags));
	if (file) {
		was.data = t_fill(was.fd, 1000);
		SYS(lseek(was.fd, 100, SEEK_SET));
	}
	SYS(unlink("dir/victim"));
	was.path[0] = t_fd_path(was.fd);
	was.path[1] = t_fd_path(was.again);
	if (variant->arg == TAKEN)
		SYS(mknod("dir/victim", S_IFREG | 0600, 0));
	if (variant->arg == IN_REMOVED_DIR)
		SYS(rmdir("dir"));
	SYS(fstat(was.fd, &was.st));
}

static void check(void)
{
	int other = SYS(open("other", O_PATH | O_NOFOLLOW));
	struct stat st;

	EXPECT(t_same_file(was.fd, other));
	EXPECT(t_same_file(was.again, other));
	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_nlink, 1);
	EXPECT_EQ(st.st_ino, was.st.st_ino);
	EXPECT_EQ(st.st_mode, was.st.st_mode);
	if (variant->arg != TAKEN) {
		EXPECT_STR(t_fd_path(was.fd), was.path[0]);
		EXPECT_STR(t_fd_path(was.again), was.path[1]);
	}
	EXPECT_EQ(access("dir/victim", F_OK), variant->arg == TAKEN ? 0 : -1);
	if (was.data.size) {
		EXPECT_DATA(was.again, &was.data);
		EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), 100);
		EXPECT_EQ(lseek(was.again, 0, SEEK_CUR), 0);
		EXPECT_EQ(st.st_size, 1000);
	}
}

ZDTM_TEST = {
	.doc = "a file open by a name it has lost is the one that still has another",
	.object = "regfile",
	.caps = CAP_BIT(CAP_MKNOD),
	.engine = LIST("--link-remap"),
	.variants = VARIANTS({ "name_free", FREE }, { "name_taken", TAKEN },
			     { "in_removed_dir", IN_REMOVED_DIR }, { "fifo", FIFO },
			     { "symlink", SYMLINK }, { "device", DEVICE }),
	.setup = setup,
	.check = check,
};
