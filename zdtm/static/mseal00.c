// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sealed memory can no longer be unmapped, moved, or given another protection - which is what it was
 * sealed against. Its neighbours can.
 *
 * criu 4.2 loses the seal.
 */
#include "zdtm.h"

#ifndef SYS_mseal
#define SYS_mseal 462 /* since 6.10 */
#endif

#define PAGES 4 /* the two in the middle are sealed */

static struct {
	unsigned char *at;
	struct blob data;
} was;

static void setup(void)
{
	was.at = t_map(PAGES * T_PAGE, MAP_PRIVATE);
	was.data = t_fill_mem(was.at, PAGES * T_PAGE);
	SYS(mprotect(was.at + T_PAGE, 2 * T_PAGE, PROT_READ));
	SYS(syscall(SYS_mseal, was.at + T_PAGE, 2 * T_PAGE, 0));
}

static void check(void)
{
	unsigned char *sealed = was.at + T_PAGE;

	EXPECT_MEM_IS(was.at, &was.data);
	EXPECT(t_vma_has(sealed, "sl"));
	EXPECT_ERRNO(mprotect(sealed, T_PAGE, PROT_READ | PROT_WRITE), EPERM);
	EXPECT_ERRNO(munmap(sealed + T_PAGE, T_PAGE), EPERM);
	EXPECT_EQ(mremap(sealed, 2 * T_PAGE, T_PAGE, 0), MAP_FAILED);
	EXPECT_EQ(errno, EPERM);
	EXPECT_ERRNO(madvise(sealed, T_PAGE, MADV_DONTNEED), EPERM);

	SYS(mprotect(was.at, T_PAGE, PROT_READ));
	SYS(munmap(was.at + 3 * T_PAGE, T_PAGE));
	EXPECT_EQ(t_try_read(was.at + 3 * T_PAGE), SIGSEGV);
}

ZDTM_TEST = {
	.doc = "sealed memory is still sealed, and its neighbours are not",
	.object = "mm",
	.needs = LIST("smaps.sealed"),
	.setup = setup,
	.check = check,
};
