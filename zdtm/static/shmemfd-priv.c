// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared anonymous memory that is mapped privately as well, which only its file behind map_files
 * allows: pages written there are copies, the others show what is stored in the shared ones. With
 * pages of hugetlb as well, of which only the first bytes are looked at.
 */
#include "zdtm.h"

#define PAGES 4

static struct {
	size_t page;
	unsigned char *first, *priv,
		*shared; /* priv: from the second page, shared: from the third */
	struct blob data[PAGES], copy;
} was;

static void setup(void)
{
	char path[64];
	int fd;

	was.page = variant->arg ? T_HUGE : T_PAGE;
	if (variant->arg)
		t_huge_pages(PAGES + PAGES - 1, true);
	was.first = t_map(PAGES * was.page, MAP_SHARED | variant->arg);
	for (int i = 0; i < PAGES; i++)
		was.data[i] = t_fill_mem(was.first + i * was.page, T_PAGE);
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)was.first,
		 (unsigned long)was.first + PAGES * was.page);
	fd = SYS(open(path, O_RDWR));
	was.priv = SYS(mmap(NULL, (PAGES - 1) * was.page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd,
			    was.page));
	was.shared = SYS(mmap(NULL, (PAGES - 2) * was.page, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			      2 * was.page));
	SYS(close(fd));
	was.copy = t_fill_mem(was.priv, T_PAGE);
}

static void check(void)
{
	for (int i = 0; i < PAGES; i++)
		EXPECT_MEM_IS(was.first + i * was.page, &was.data[i]);
	EXPECT_MEM_IS(was.priv, &was.copy);
	EXPECT_MEM_IS(was.priv + was.page, &was.data[2]);
	EXPECT_MEM_IS(was.shared, &was.data[2]);

	was.first[was.page + 7] ^= 0xff;
	EXPECT_MEM_IS(was.priv, &was.copy);
	was.shared[7] ^= 0xff;
	EXPECT_EQ(was.first[2 * was.page + 7], was.shared[7]);
	EXPECT_EQ(was.priv[was.page + 7], was.shared[7]);
	was.priv[2 * was.page + 7] ^= 0xff;
	EXPECT_MEM_IS(was.first + 3 * was.page, &was.data[3]);
}

ZDTM_TEST = {
	.doc = "a private mapping of shared memory has its copies, and what is stored there",
	.object = "mm",
	.variants = VARIANTS({ "usual", 0 }, { "huge", MAP_HUGETLB }),
	.exclusive = true,
	.caps = CAP_BIT(CAP_CHECKPOINT_RESTORE), /* to open what is in map_files */
	.setup = setup,
	.check = check,
	.cleanup = t_huge_pages_back,
};
