// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file of a mounted hugetlbfs, which two tasks have mapped; named, or without a name. What is in
 * it is as good as any file's content, and what is not takes no page: such a file can only be filled
 * through a mapping. criu 4.2 refuses one without a name.
 */
#include <sys/mount.h>

#include "zdtm.h"

#define PAGES 3

static struct {
	int fd;
	unsigned char *at;
	struct blob data[2];
	pid_t child;
} was;

static void child(long unused)
{
	t_wait(0);
	EXPECT_EQ(was.at[T_HUGE - 1], 'p');
	was.at[T_HUGE - 2] = 'c';
}

static void setup(void)
{
	t_huge_pages(2, true);
	SYS(mkdir("huge", 0700));
	if (mount("none", "huge", "hugetlbfs", 0, "pagesize=2M") < 0)
		t_skip("no hugetlbfs is to be had: %s", strerror(errno));
	was.fd = SYS(open("huge/file", O_RDWR | O_CREAT, 0600));
	SYS(ftruncate(was.fd, PAGES * T_HUGE));
	was.at = SYS(mmap(NULL, PAGES * T_HUGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
			  was.fd, 0));
	/* Touching a page that is not to be had is SIGBUS. */
	SYS(fallocate(was.fd, 0, 0, T_HUGE));
	SYS(fallocate(was.fd, 0, 2 * T_HUGE, T_HUGE));
	was.data[0] = t_fill_mem(was.at, 5000);
	was.data[1] = t_fill_mem(was.at + PAGES * T_HUGE - 5000, 5000);
	if (variant->arg)
		SYS(unlink("huge/file"));
	was.child = t_fork(child, 0);
}

static void check(void)
{
	struct stat st;

	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_size, PAGES * T_HUGE);
	EXPECT_EQ(st.st_blocks, 2 * T_HUGE / 512);
	EXPECT_EQ(st.st_nlink, variant->arg ? 0 : 1);
	EXPECT(t_vma_has(was.at, "ht"));
	EXPECT_MEM_IS(was.at, &was.data[0]);
	EXPECT_MEM_IS(was.at + PAGES * T_HUGE - 5000, &was.data[1]);
	was.at[T_HUGE - 1] = 'p';
	t_wake(0);
	t_join(was.child);
	EXPECT_EQ(was.at[T_HUGE - 2], 'c');
}

ZDTM_TEST = {
	.doc = "a mapped file of a hugetlbfs, with and without a name",
	.object = "mm",
	/* mount(2) */
	.caps = CAP_BIT(CAP_SYS_ADMIN),
	.variants = (const struct zdtm_variant[]){ { "named", false }, { "unlinked", true }, {} },
	.engine = LIST("--ghost-limit=8M"),
	.exclusive = true,
	.setup = setup,
	.check = check,
	.cleanup = t_huge_pages_back,
};
