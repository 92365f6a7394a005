// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a memfd was called: anything that fits into 249 bytes, or nothing, or what the kernel calls
 * others. Of the descriptor and of the mapping the text is the same.
 *
 * In the images of criu 4.2, shared anonymous memory is a memfd called /dev/zero: who reads them can
 * not tell which it was.
 */
#include "zdtm.h"

enum { LONGEST, ODD, EMPTY, DELETED, DEV_ZERO, HUGE, SYSV, SLASHES };

#define MOST 249

static const char *const names[] = {
	[ODD] = " quoth\n'he' \"%s\" \\012 \xff\xfe\x01 ",
	[EMPTY] = "",
	[DELETED] = "name (deleted)",
	[DEV_ZERO] = "/dev/zero",
	[HUGE] = "/anon_hugepage",
	[SYSV] = "SYSV00000000",
	[SLASHES] = "../memfd:/./x/",
};

static struct {
	int fd;
	char *at, *path;
	struct vma vma;
	struct blob data;
} was;

static void setup(void)
{
	char longest[MOST + 1];

	/* Every byte there is but the one at the end. */
	for (int i = 0; i < MOST; i++)
		longest[i] = 255 - i;
	longest[MOST] = '\0';
	was.fd = SYS(memfd_create(variant->arg == LONGEST ? longest : names[variant->arg], 0));
	was.data = t_fill(was.fd, T_PAGE);
	was.at = SYS(mmap(NULL, T_PAGE, PROT_READ, MAP_SHARED, was.fd, 0));
	was.path = t_fd_path(was.fd);
	was.vma = t_vma(was.at);
}

static void check(void)
{
	EXPECT_STR(t_fd_path(was.fd), was.path);
	EXPECT_STR(t_vma(was.at).name, was.vma.name);
	EXPECT_DATA(was.fd, &was.data);
	EXPECT_MEM_IS(was.at, &was.data);
}

ZDTM_TEST = {
	.doc = "a memfd is called what it was called",
	.object = "memfd",
	.variants = VARIANTS({ "longest", LONGEST }, { "odd", ODD }, { "empty", EMPTY },
			     { "deleted", DELETED }, { "dev_zero", DEV_ZERO }, { "huge", HUGE },
			     { "sysv", SYSV }, { "slashes", SLASHES }),
	.setup = setup,
	.check = check,
};
