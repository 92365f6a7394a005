// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared anonymous memory that is mapped privately as well, which only its file behind map_files
 * allows: pages written there are copies, the others show what is stored in the shared ones.
 */
#include "zdtm.h"

#define PAGES 4

static struct {
	unsigned char *first, *priv,
		*shared; /* priv: from the second page, shared: from the third */
	struct blob data[PAGES], copy;
} was;

static void setup(void)
{
	char path[64];
	int fd;

	was.first = t_map(PAGES * T_PAGE, MAP_SHARED);
	for (int i = 0; i < PAGES; i++)
		was.data[i] = t_fill_mem(was.first + i * T_PAGE, T_PAGE);
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)was.first,
		 (unsigned long)was.first + PAGES * T_PAGE);
	fd = SYS(open(path, O_RDWR));
	was.priv = SYS(
		mmap(NULL, (PAGES - 1) * T_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, T_PAGE));
	was.shared = SYS(mmap(NULL, (PAGES - 2) * T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			      2 * T_PAGE));
	SYS(close(fd));
	was.copy = t_fill_mem(was.priv, T_PAGE);
}

static void check(void)
{
	for (int i = 0; i < PAGES; i++)
		EXPECT_MEM_IS(was.first + i * T_PAGE, &was.data[i]);
	EXPECT_MEM_IS(was.priv, &was.copy);
	EXPECT_MEM_IS(was.priv + T_PAGE, &was.data[2]);
	EXPECT_MEM_IS(was.shared, &was.data[2]);

	was.first[T_PAGE + 7] ^= 0xff;
	EXPECT_MEM_IS(was.priv, &was.copy);
	was.shared[7] ^= 0xff;
	EXPECT_EQ(was.first[2 * T_PAGE + 7], was.shared[7]);
	EXPECT_EQ(was.priv[T_PAGE + 7], was.shared[7]);
	was.priv[2 * T_PAGE + 7] ^= 0xff;
	EXPECT_MEM_IS(was.first + 3 * T_PAGE, &was.data[3]);
}

ZDTM_TEST = {
	.doc = "a private mapping of shared memory has its copies, and what is stored there",
	.object = "mm",
	.caps = CAP_BIT(CAP_CHECKPOINT_RESTORE), /* to open what is in map_files */
	.setup = setup,
	.check = check,
};
