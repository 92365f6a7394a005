// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guard pages (MADV_GUARD_INSTALL) inside of mappings: they fault, and the mapping stays whole. A
 * child inherits them unless the mapping is wiped for it.
 */
#include "zdtm.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* since 6.13, for files since 6.15 */
#define MADV_GUARD_REMOVE  103
#endif

enum { ANON, OF_FILE, WIPED, ACROSS };

#define PAGES 8

static struct {
	unsigned char *at;
	struct blob data[PAGES];
	pid_t child;
} was;

/* The first, two in the middle, the last. */
static bool guarded(int i)
{
	return i == 0 || i == 3 || i == 4 || i == PAGES - 1;
}

static void expect_guards(bool there)
{
	for (int i = 0; i < PAGES; i++) {
		unsigned char *page = was.at + i * T_PAGE;

		EXPECT_EQ(t_try_read(page), there && guarded(i) ? SIGSEGV : 0);
		EXPECT_EQ(t_try_write(page), there && guarded(i) ? SIGSEGV : 0);
		if (there && !guarded(i))
			EXPECT_MEM_IS(page, &was.data[i]);
	}
}

static void child(long unused)
{
	t_wait(0);
	expect_guards(variant->arg != WIPED);
}

static void setup(void)
{
	int fd = -1;

	if (variant->arg == OF_FILE) {
		fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
		SYS(ftruncate(fd, PAGES * T_PAGE));
	}
	was.at = SYS(mmap(NULL, PAGES * T_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0));
	if (variant->arg == WIPED)
		SYS(madvise(was.at, PAGES * T_PAGE, MADV_WIPEONFORK));
	/* The guards in the middle are in two mappings then. */
	if (variant->arg == ACROSS)
		SYS(madvise(was.at + PAGES / 2 * T_PAGE, PAGES / 2 * T_PAGE, MADV_DONTDUMP));
	for (int i = 0; i < PAGES; i++) {
		was.data[i] = t_fill_mem(was.at + i * T_PAGE, T_PAGE);
		if (guarded(i))
			SYS(madvise(was.at + i * T_PAGE, T_PAGE, MADV_GUARD_INSTALL));
	}
	if (fd >= 0)
		SYS(close(fd));
	was.child = t_fork(child, 0);
}

static void check(void)
{
	size_t len = (variant->arg == ACROSS ? PAGES / 2 : PAGES) * T_PAGE;
	struct vma v = t_vma(was.at + T_PAGE);

	expect_guards(true);
	EXPECT_LE(v.start, was.at);
	EXPECT_GE(v.end, was.at + len);
	t_wake(0);
	t_join(was.child);
	t_wake(0);
	t_join(t_fork(child, 0));

	/* Behind a guard there is nothing. */
	SYS(madvise(was.at, T_PAGE, MADV_GUARD_REMOVE));
	EXPECT_EQ(was.at[0], 0);
}

ZDTM_TEST = {
	.doc = "guard pages fault, here and in children, and their neighbours keep their bytes",
	.object = "mm",
	.needs = LIST("madvise.guard", "pagemap.scan_guard"),
	.variants = VARIANTS({ "anonymous", ANON }, { "file", OF_FILE, LIST("madvise.guard_file") },
			     { "wiped", WIPED }, { "across_mappings", ACROSS }),
	.setup = setup,
	.check = check,
};
