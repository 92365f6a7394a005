// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a memfd has besides its bytes, as every file: an owner and a mode with all its bits, times,
 * extended attributes and flags of chattr(1).
 *
 * criu 4.2 keeps only owner and mode.
 */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>

#include "zdtm.h"

enum { OWNER, TIMES, XATTR, FLAGS };

static const struct timespec times[2] = {
	{ .tv_sec = 1234567890, .tv_nsec = 123456789 }, /* of the last access */
	{ .tv_sec = -1000000, .tv_nsec = 999999999 },   /* of the last modification */
};

static struct {
	int fd, flags;
	struct blob data, value;
} was;

static void set_xattr(void)
{
	char value[300];

	was.value = t_fill_mem(value, sizeof(value));
	if (fsetxattr(was.fd, "user.zdtm", value, sizeof(value), 0) < 0)
		t_skip("memfds have no user.* attributes: %s", strerror(errno));
}

static void set_flags(void)
{
	was.flags = FS_NODUMP_FL | FS_APPEND_FL;
	if (ioctl(was.fd, FS_IOC_SETFLAGS, &was.flags) < 0)
		t_skip("memfds have no flags of chattr(1): %s", strerror(errno));
	SYS(ioctl(was.fd, FS_IOC_GETFLAGS, &was.flags));
}

static void setup(void)
{
	was.fd = SYS(memfd_create("inode", 0));
	was.data = t_fill(was.fd, 3 * T_PAGE);
	switch (variant->arg) {
	case OWNER:
		SYS(fchown(was.fd, 1234, 5678));
		SYS(fchmod(was.fd, 07604));
		break;
	case TIMES:
		SYS(futimens(was.fd, times));
		break;
	case XATTR:
		set_xattr();
		break;
	case FLAGS:
		set_flags();
		break;
	}
}

static void check(void)
{
	char value[1000];
	struct stat st;
	int flags;

	SYS(fstat(was.fd, &st));
	switch (variant->arg) {
	case OWNER:
		EXPECT_EQ(st.st_uid, 1234);
		EXPECT_EQ(st.st_gid, 5678);
		EXPECT_EQ(st.st_mode, S_IFREG | 07604);
		break;
	case TIMES:
		EXPECT_EQ(st.st_atim.tv_sec, times[0].tv_sec);
		EXPECT_EQ(st.st_atim.tv_nsec, times[0].tv_nsec);
		EXPECT_EQ(st.st_mtim.tv_sec, times[1].tv_sec);
		EXPECT_EQ(st.st_mtim.tv_nsec, times[1].tv_nsec);
		break;
	case XATTR:
		if (EXPECT_EQ(fgetxattr(was.fd, "user.zdtm", value, sizeof(value)), was.value.size))
			EXPECT_MEM_IS(value, &was.value);
		break;
	case FLAGS:
		SYS(ioctl(was.fd, FS_IOC_GETFLAGS, &flags));
		EXPECT_EQ(flags, was.flags);
		EXPECT_ERRNO(ftruncate(was.fd, 0), EPERM); /* what append-only means */
		break;
	}
	EXPECT_DATA(was.fd, &was.data);
}

ZDTM_TEST = {
	.doc = "a memfd keeps owner, mode, times, extended attributes and flags",
	.object = "memfd",
	/* fchown(), fchmod() of what is somebody else's, append-only. */
	.caps = CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_FOWNER) | CAP_BIT(CAP_FSETID) |
		CAP_BIT(CAP_LINUX_IMMUTABLE),
	.variants = VARIANTS({ "owner", OWNER }, { "times", TIMES }, { "xattr", XATTR },
			     { "flags", FLAGS }),
	.setup = setup,
	.check = check,
};
