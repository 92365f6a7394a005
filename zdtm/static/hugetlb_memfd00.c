// SPDX-License-Identifier: GPL-2.0-only
/*
 * memfd_create(2) in pages of hugetlb: size of a page, seals, and how many it has: holes in it take
 * none from the machine. One mapping is shared, another has a page of its own. criu 4.2 fills the
 * holes.
 */
#include <linux/falloc.h>
#include <sys/vfs.h>

#include "zdtm.h"

#define PAGES 5
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW)

static struct {
	int fd;
	char *shared, *own;
	struct blob data[3]; /* two in the file, one in the private mapping */
} was;

static void setup(void)
{
	t_huge_pages(4, true);
	was.fd = SYS(memfd_create("huge", MFD_HUGETLB | MFD_ALLOW_SEALING));
	SYS(ftruncate(was.fd, PAGES * T_HUGE));
	was.shared = SYS(mmap(NULL, PAGES * T_HUGE, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_NORESERVE, was.fd, 0));
	was.own = SYS(mmap(NULL, T_HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, was.fd, 3 * T_HUGE));
	/* None is reserved; touching one that is not to be had is SIGBUS. */
	SYS(fallocate(was.fd, 0, T_HUGE, T_HUGE));
	SYS(fallocate(was.fd, 0, 3 * T_HUGE, 2 * T_HUGE));
	was.data[0] = t_fill_mem(was.shared + T_HUGE + 1000, T_PAGE);
	was.data[1] = t_fill_mem(was.shared + 4 * T_HUGE - 1000, 1000);
	was.data[2] = t_fill_mem(was.own + 1000, T_PAGE);
	SYS(fcntl(was.fd, F_ADD_SEALS, SEALS));
	SYS(lseek(was.fd, 12345, SEEK_SET));
}

static void check(void)
{
	struct statfs fs;
	struct stat now;

	SYS(fstat(was.fd, &now));
	EXPECT_EQ(now.st_size, PAGES * T_HUGE);
	EXPECT_EQ(now.st_blocks, 3 * T_HUGE / 512);
	SYS(fstatfs(was.fd, &fs));
	EXPECT_EQ(fs.f_bsize, T_HUGE);
	EXPECT_EQ(fcntl(was.fd, F_GET_SEALS), SEALS);
	EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), 12345);

	EXPECT(t_vma_has(was.shared, "ht"));
	EXPECT(t_vma_has(was.shared, "nr"));
	EXPECT_MEM_IS(was.shared + T_HUGE + 1000, &was.data[0]);
	EXPECT_MEM_IS(was.shared + 4 * T_HUGE - 1000, &was.data[1]);
	EXPECT_EQ(was.shared[3 * T_HUGE + 1000], 0);
	EXPECT_MEM_IS(was.own + 1000, &was.data[2]);
	SYS(fallocate(was.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, T_HUGE, T_HUGE));
	SYS(fstat(was.fd, &now));
	EXPECT_EQ(now.st_blocks, 2 * T_HUGE / 512);
	EXPECT_MEM_IS(was.own + 1000, &was.data[2]);
}

ZDTM_TEST = {
	.doc = "a memfd of huge pages has as many as before, and its bytes and seals",
	.object = "memfd",
	.exclusive = true,
	.setup = setup,
	.check = check,
	.cleanup = t_huge_pages_back,
};
