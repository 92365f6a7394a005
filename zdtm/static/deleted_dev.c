// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device nodes that the task has made itself, with names of its own, one of which it has removed. A
 * node is its numbers: the name and /dev have no say.
 */
#include <sys/sysmacros.h>

#include "zdtm.h"

static struct {
	int fd;
	struct stat st;
} was;

static void setup(void)
{
	SYS(mknod("node", S_IFCHR | 0604, makedev(1, 5)));
	was.fd = open("node", O_RDWR);
	if (was.fd < 0 && errno == EACCES)
		t_skip("device nodes do not work on this file system");
	SYS(was.fd);
	if (variant->arg)
		SYS(unlink("node"));
	SYS(fstat(was.fd, &was.st));
}

static void check(void)
{
	struct stat st;
	char byte = 1;

	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_mode, S_IFCHR | (0604 & ~022));
	EXPECT_EQ(st.st_rdev, makedev(1, 5));
	EXPECT_EQ(st.st_nlink, variant->arg ? 0 : 1);
	EXPECT_EQ(access("node", F_OK), variant->arg ? -1 : 0);
	EXPECT_EQ(read(was.fd, &byte, 1), 1);
	EXPECT_EQ(byte, 0);
}

ZDTM_TEST = {
	.doc = "a device node of one's own is the same device, in its place or removed",
	.object = "regfile",
	.caps = CAP_BIT(CAP_MKNOD),
	.variants = VARIANTS({ "in_place", 0 }, { "removed", 1 }),
	.setup = setup,
	.check = check,
};
