// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the inode of a nameless file has besides its bytes: the flags of chattr(1), of which some say
 * what may be done with it, and blocks reserved beyond its end.
 *
 * criu 4.2 loses both.
 */
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "zdtm.h"

enum { RESERVED = 0 };

#define SHOWN (FS_NODUMP_FL | FS_NOATIME_FL | FS_APPEND_FL | FS_IMMUTABLE_FL)

static struct {
	int fd;
	struct blob data;
} was;

static void setup(void)
{
	int flags;

	was.fd = SYS(open("victim", O_RDWR | O_CREAT, 0600));
	was.data = t_fill(was.fd, T_PAGE);
	SYS(unlink("victim"));
	if (variant->arg == RESERVED) {
		SYS(fallocate(was.fd, FALLOC_FL_KEEP_SIZE, T_PAGE, 16 * T_PAGE));
		return;
	}
	if (ioctl(was.fd, FS_IOC_GETFLAGS, &flags) < 0)
		t_skip("this file system has no such flags: %s", strerror(errno));
	flags |= variant->arg;
	if (ioctl(was.fd, FS_IOC_SETFLAGS, &flags) < 0)
		t_skip("this file system has no flag %#lx: %s", variant->arg, strerror(errno));
}

static void check(void)
{
	struct stat st;
	int flags = 0;

	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_size, T_PAGE);
	EXPECT_DATA(was.fd, &was.data);
	if (variant->arg == RESERVED) {
		EXPECT_EQ(st.st_blocks * 512, 17 * T_PAGE);
		return;
	}
	SYS(ioctl(was.fd, FS_IOC_GETFLAGS, &flags));
	EXPECT_EQ(flags & SHOWN, variant->arg);
	if (variant->arg & (FS_APPEND_FL | FS_IMMUTABLE_FL))
		EXPECT_ERRNO(fchmod(was.fd, 0644), EPERM);
}

ZDTM_TEST = {
	.doc = "a nameless file keeps its inode's flags and reserved blocks, or the dump is refused",
	.object = "regfile",
	.demand = KEEP_OR_REFUSE,
	.caps = CAP_BIT(CAP_LINUX_IMMUTABLE), /* for the append and immutable flags */
	.variants = VARIANTS({ "reserved", RESERVED }, { "nodump", FS_NODUMP_FL },
			     { "noatime", FS_NOATIME_FL }, { "append", FS_APPEND_FL },
			     { "immutable", FS_IMMUTABLE_FL }),
	.setup = setup,
	.check = check,
};
