// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file, or a device node, open in a directory that something else has since been mounted over. The
 * path leads to another file of the same name now, which must not be taken for it.
 */
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "zdtm.h"

static struct {
	int fd;
	struct blob data;
} was;

static void setup(void)
{
	SYS(mkdir("dir", 0700));
	if (variant->arg == S_IFREG) {
		was.fd = SYS(open("dir/file", O_RDWR | O_CREAT, 0600));
		was.data = t_fill(was.fd, 100);
	} else {
		SYS(mknod("dir/file", S_IFCHR | 0600, makedev(1, 3)));
		was.fd = SYS(open("dir/file", O_RDWR));
	}
	SYS(mount("cover", "dir", "tmpfs", 0, NULL));
	SYS(close(SYS(open("dir/file", O_RDWR | O_CREAT, 0600))));
	SYS(truncate("dir/file", 100));
}

static void check(void)
{
	int fd = SYS(open("dir/file", O_RDONLY));
	struct stat st;

	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_mode & S_IFMT, variant->arg);
	EXPECT(!t_same_file(was.fd, fd));
	if (variant->arg == S_IFREG)
		EXPECT_DATA(was.fd, &was.data);
	SYS(close(fd));
}

ZDTM_TEST = {
	.doc = "a file in a directory that is mounted over is kept, or the dump is refused",
	.object = "regfile",
	.demand = KEEP_OR_REFUSE,
	/* mknod(), and mount() in the arena. */
	.caps = CAP_BIT(CAP_MKNOD) | CAP_BIT(CAP_SYS_ADMIN),
	.variants = VARIANTS({ "file", S_IFREG }, { "device", S_IFCHR }),
	.setup = setup,
	.check = check,
};
