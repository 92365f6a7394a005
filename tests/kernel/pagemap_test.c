// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>

#include "engine/kernel/pagemap.h"
#include "text.h"

UNIT(runs, "pages that follow each other become one run")
{
	struct page_runs r = {};

	ATF_REQUIRE_EQ(page_runs_add(&r, 0x1000, 0x2000), 0);
	ATF_REQUIRE_EQ(page_runs_add(&r, 0x2000, 0x5000), 0);
	ATF_REQUIRE_EQ(page_runs_add(&r, 0x6000, 0x7000), 0);
	ATF_CHECK_EQ(r.n, 2);
	ATF_CHECK_EQ(r.pages, 5);
	ATF_CHECK(r.run[0].start == 0x1000 && r.run[0].end == 0x5000);
	ATF_CHECK(r.run[1].start == 0x6000 && r.run[1].end == 0x7000);
	for (uint64_t i = 0; i < 1000; i++)
		ATF_REQUIRE_EQ(page_runs_add(&r, 0x10000 + i * 0x2000, 0x11000 + i * 0x2000), 0);
	ATF_CHECK_EQ(r.n, 1002);
	ATF_CHECK_EQ(r.run[1001].start, 0x10000 + 999 * 0x2000);
	page_runs_done(&r);
	ATF_CHECK(!r.run && !r.n && !r.pages);
}

static void expect_private(bool scan)
{
	const size_t pages = 64;
	char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	int proc = open("/proc/self", O_PATH | O_DIRECTORY);
	struct page_runs r = {};
	struct pagemap m;
	uint64_t base;

	ATF_REQUIRE(p != MAP_FAILED);
	ATF_REQUIRE_EQ(madvise(p, pages * PAGE, MADV_NOHUGEPAGE), 0);
	ATF_REQUIRE_EQ(pagemap_open(proc, &m), 0);
	if (scan && !m.scan)
		atf_tc_skip("no PAGEMAP_SCAN here");
	m.scan = scan;
	p[3 * PAGE] = 1;
	p[4 * PAGE] = 1;
	p[63 * PAGE] = 1;
	/* Read, not written: the zero page, which is nobody's. */
	(void)*(volatile char *)(p + 10 * PAGE);
	base = (uintptr_t)p;
	ATF_REQUIRE_EQ(pagemap_private(&m, base, base + pages * PAGE, UINT64_MAX, &r), 0);
	/* The old way cannot tell the zero page without the right to see frame numbers. */
	ATF_CHECK_MSG(r.pages == 3 || (!scan && !m.zero_pfn && r.pages == 4), "%ju pages",
		      (uintmax_t)r.pages);
	ATF_CHECK(r.run[0].start == base + 3 * PAGE && r.run[0].end == base + 5 * PAGE);
	ATF_CHECK(r.run[r.n - 1].start == base + 63 * PAGE);
	page_runs_done(&r);
	pagemap_close(&m);
	close(proc);
	munmap(p, pages * PAGE);
}

UNIT(scan, "pages of our own, by PAGEMAP_SCAN")
{
	expect_private(true);
}

UNIT(words, "the same from /proc/PID/pagemap")
{
	expect_private(false);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, runs);
	ATF_TP_ADD_TC(tp, scan);
	ATF_TP_ADD_TC(tp, words);
	return atf_no_error();
}
