// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that watches by itself which of its pages are written to: by the soft-dirty bits of pagemap,
 * or by a userfaultfd that lets all writes pass. What was written before and what is written afterwards
 * it is told of; what was not, it may be told of as well where only bits are kept, as all pages have
 * been written by whoever restored them.
 */
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

#include "zdtm.h"

#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC (1 << 15) /* since 6.7 */
#endif

enum { BITS, CLEAN, WATCHED }; /* variant->arg */

#define PAGES      4
#define SOFT_DIRTY (UINT64_C(1) << 55)
#define PROTECTED  (UINT64_C(1) << 57) /* by a userfaultfd, since 5.19 */

static char *at;

static void watch(void)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_WP_ASYNC };
	struct uffdio_register range = {
		.range = { (uintptr_t)at, PAGES * T_PAGE },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	struct uffdio_writeprotect wp = { range.range, UFFDIO_WRITEPROTECT_MODE_WP };
	int fd = SYS(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY));

	SYS(ioctl(fd, UFFDIO_API, &api));
	SYS(ioctl(fd, UFFDIO_REGISTER, &range));
	SYS(ioctl(fd, UFFDIO_WRITEPROTECT, &wp));
}

static bool written(int page)
{
	uint64_t entry = t_pagemap(getpid(), at + page * T_PAGE);

	return variant->arg == WATCHED ? !(entry & PROTECTED) : entry & SOFT_DIRTY;
}

static void setup(void)
{
	int fd;

	at = t_map(PAGES * T_PAGE, MAP_PRIVATE);
	SYS(madvise(at, PAGES * T_PAGE, MADV_NOHUGEPAGE));
	memset(at, 'x', PAGES * T_PAGE);
	if (variant->arg == WATCHED) {
		watch();
	} else {
		fd = SYS(open("/proc/self/clear_refs", O_WRONLY));
		t_write(fd, "4", 1);
		SYS(close(fd));
	}
	EXPECT(!written(1));
	at[T_PAGE] = 'y';
	EXPECT(written(1));
	EXPECT(!written(2));
}

static void check(void)
{
	EXPECT(written(1));
	if (variant->arg != BITS) {
		EXPECT(!written(2));
		EXPECT(!written(0));
	}
	at[2 * T_PAGE] = 'z';
	EXPECT(written(2));
}

ZDTM_TEST = {
	.doc = "a program that watches its own writes is told of those before and after",
	.object = "pagemap",
	.variants = VARIANTS(
		{ "bits", BITS, .needs = LIST("pagemap.soft_dirty") },
		{ "clean_bits", CLEAN, .needs = LIST("pagemap.soft_dirty"), .demand = REPORT },
		{ "watched", WATCHED, .needs = LIST("userfaultfd.wp_async"),
		  .demand = KEEP_OR_REFUSE }),
	.setup = setup,
	.check = check,
};
