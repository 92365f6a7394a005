// SPDX-License-Identifier: GPL-2.0-only
/*
 * On an overlay, a file of the lower layer that was mapped, and then copied up when somebody opened
 * it for writing: two files by now, of which stat() and maps say that they are one. The mapping shows
 * the one below, both descriptors the one above.
 *
 * criu 4.2 loses it: the mapping comes back with what is above.
 */
#include <sys/mount.h>

#include "zdtm.h"

static struct {
	int low, high;
	unsigned char *at;
	struct blob data;
} was;

static void setup(void)
{
	int fd;

	SYS(mkdir("lower", 0700));
	SYS(mkdir("upper", 0700));
	SYS(mkdir("work", 0700));
	SYS(mkdir("all", 0700));
	fd = SYS(open("lower/file", O_RDWR | O_CREAT, 0600));
	was.data = t_fill(fd, 1000);
	SYS(close(fd));
	if (mount("overlay", "all", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work") < 0)
		t_skip("no overlay on this file system: %s", strerror(errno));
	was.low = SYS(open("all/file", O_RDONLY));
	was.at = SYS(mmap(NULL, T_PAGE, PROT_READ, MAP_SHARED, was.low, 0));
	was.high = SYS(open("all/file", O_RDWR));
	t_write(was.high, "changed", 7);
}

static void check(void)
{
	char some[7];

	EXPECT_MEM_IS(was.at, &was.data);
	EXPECT_EQ(lseek(was.high, 0, SEEK_CUR), 7);
	SYS(pread(was.high, some, 7, 0));
	EXPECT_MEM(some, "changed", 7);
	SYS(pread(was.low, some, 7, 0));
	EXPECT_MEM(some, "changed", 7);
}

ZDTM_TEST = {
	.doc = "a file mapped before its copy-up keeps its content, or the dump is refused",
	.object = "regfile",
	.demand = KEEP_OR_REFUSE,
	/* mount(), in the arena; and what overlayfs does to its work directory in our name. */
	.caps = CAP_BIT(CAP_SYS_ADMIN) | CAP_BIT(CAP_DAC_OVERRIDE),
	.setup = setup,
	.check = check,
};
