// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory-deny-write-execute: nothing may become executable that was not mapped so, nor be mapped
 * writable and executable; it cannot be taken back, and children have it unless it is not
 * inherited. criu 4.2 loses it.
 */
#include "feature-probes/uapi/prctl.h"
#include "zdtm.h"

#define PAGE 4096

static void *page;

static int mdwe(void)
{
	return SYS(prctl(PR_GET_MDWE, 0, 0, 0, 0));
}

static void heir(long bits)
{
	EXPECT_EQ(mdwe(), bits);
	if (bits)
		EXPECT_ERRNO(mprotect(page, PAGE, PROT_READ | PROT_EXEC), EACCES);
	else
		SYS(mprotect(page, PAGE, PROT_READ | PROT_EXEC));
}

static void setup(void)
{
	page = SYS(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	if (prctl(PR_SET_MDWE, variant->arg, 0, 0, 0))
		t_skip("PR_SET_MDWE %#lx: %s", variant->arg, strerror(errno));
}

static void check(void)
{
	EXPECT_EQ(mdwe(), variant->arg);
	EXPECT_ERRNO(mprotect(page, PAGE, PROT_READ | PROT_EXEC), EACCES);
	EXPECT_ERRNO(mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		     EACCES);
	EXPECT_ERRNO(prctl(PR_SET_MDWE, 0, 0, 0, 0), EPERM);
	SYS(mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	t_join(t_fork(heir, variant->arg & PR_MDWE_NO_INHERIT ? 0 : variant->arg));
}

ZDTM_TEST = {
	.doc = "memory-deny-write-execute still denies, to children as before",
	.object = "mm",
	.variants = VARIANTS({ "inherited", PR_MDWE_REFUSE_EXEC_GAIN },
			     { "not_inherited", PR_MDWE_REFUSE_EXEC_GAIN | PR_MDWE_NO_INHERIT }),
	.setup = setup,
	.check = check,
};
