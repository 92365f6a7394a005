// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "engine/kernel/maps.h"
#include "text.h"

#define REST(flags) "Size:                  4 kB\nRss:                   4 kB\nVmFlags: " flags "\n"

UNIT(areas, "every part of every line")
{
	int dir = text_dir();
	struct vm_map m;

	text_put(
		dir, "smaps",
		"55e0d9000000-55e0d9001000 r-xp 00002000 fe:01 1234                       /usr/bin/x\n" REST("rd ex mr mw me sd ") "7f0000000000-7f0000200000 rw-s 00000000 00:1b 77                         /a b\\012 (deleted)\n" REST("rd wr sh mr mw me ms lo ht ") "7f0000200000-7f0000201000 ---p 00000000 00:00 0 \n" REST(
			"mr mw me nr ") "7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0                          [stack]\n" REST("rd wr mr mw me gd ac ") "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n" REST("ex "));
	ATF_REQUIRE_EQ(vm_map_read(dir, &m), 0);
	ATF_REQUIRE_EQ(m.n, 5);
	ATF_CHECK_EQ(m.area[0].start, 0x55e0d9000000);
	ATF_CHECK_EQ(m.area[0].end, 0x55e0d9001000);
	ATF_CHECK_EQ(m.area[0].pgoff, 0x2000);
	ATF_CHECK_EQ(m.area[0].prot, PROT_READ | PROT_EXEC);
	ATF_CHECK(!m.area[0].shared);
	ATF_CHECK_EQ(m.area[0].dev, makedev(0xfe, 1));
	ATF_CHECK_EQ(m.area[0].ino, 1234);
	ATF_CHECK_STREQ(m.area[0].name, "/usr/bin/x");
	ATF_CHECK_EQ(m.area[0].flags, VM_FLAG(RD) | VM_FLAG(EX) | VM_FLAG(MR) | VM_FLAG(MW) |
					      VM_FLAG(ME) | VM_FLAG(SD));
	ATF_CHECK_STREQ(m.area[0].odd, "");

	ATF_CHECK(m.area[1].shared);
	ATF_CHECK_EQ(m.area[1].prot, PROT_READ | PROT_WRITE);
	ATF_CHECK_STREQ(m.area[1].name, "/a b\\012 (deleted)");
	ATF_CHECK(m.area[1].flags & VM_FLAG(LO) && m.area[1].flags & VM_FLAG(HT));
	ATF_CHECK_EQ(m.area[2].prot, PROT_NONE);
	ATF_CHECK_STREQ(m.area[2].name, "");
	ATF_CHECK_STREQ(m.area[3].name, "[stack]");
	ATF_CHECK(m.area[3].flags & VM_FLAG(GD));
	ATF_CHECK_EQ(m.area[4].end, 0xffffffffff601000);
	vm_map_done(&m);
	close(dir);
}

UNIT(odd, "a flag nobody knows yet is told; names that look like other lines are names")
{
	int dir = text_dir();
	struct vm_map m;

	text_put(
		dir, "smaps",
		"1000-2000 r--p 00000000 00:00 0    /VmFlags: wr \n" REST(
			"rd zq yy wr ") "2000-3000 r--p 00000000 00:00 0    [anon:VmFlags: ex ]\n" REST("rd "));
	ATF_REQUIRE_EQ(vm_map_read(dir, &m), 0);
	ATF_REQUIRE_EQ(m.n, 2);
	ATF_CHECK_STREQ(m.area[0].odd, "zq");
	ATF_CHECK_EQ(m.area[0].flags, VM_FLAG(RD) | VM_FLAG(WR));
	ATF_CHECK_STREQ(m.area[0].name, "/VmFlags: wr ");
	ATF_CHECK_STREQ(m.area[1].odd, "");
	ATF_CHECK_EQ(m.area[1].flags, VM_FLAG(RD));
	vm_map_done(&m);
	close(dir);
}

UNIT(nonsense, "what is not such a text is refused, wherever it ends")
{
	static const char whole[] =
		"1000-2000 r--p 00000000 fe:00 12    /x\n" REST("rd mr ") "2000-3000 rw-p 00000000 "
									  "00:00 0 \n" REST("rd ");
	static const char *const bad[] = { "x",
					   "1000 2000 r--p 00000000 00:00 0 \n" REST("rd "),
					   "1000-2000 r--p 00000000 00 0 \n" REST("rd "),
					   "1000-11112222333344445 r--p 0 00:00 0 \n" REST("rd "),
					   "1000-2000 r--p 0 00:00 \n" REST("rd "),
					   "1000-2000 r--p 0 00:00 0 \nSize: 4 kB\n" };
	int dir = text_dir();
	struct vm_map m;
	int r;

	text_put(dir, "smaps", "");
	ATF_CHECK_EQ(vm_map_read(dir, &m), -ESRCH);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		text_put(dir, "smaps", bad[i]);
		ATF_CHECK_EQ_MSG(vm_map_read(dir, &m), -EBADMSG, "%s", bad[i]);
	}
	for (size_t n = 1; n < sizeof(whole) - 1; n++) {
		text_put_bytes(dir, "smaps", whole, n);
		r = vm_map_read(dir, &m);
		/* Only where the first area ends can it be taken for a whole. */
		ATF_CHECK_MSG(r == -EBADMSG || (r == 0 && m.n == 1), "%zu bytes: %d", n, r);
		if (r == 0)
			vm_map_done(&m);
	}
	close(dir);
}

UNIT(own, "our own mappings, as the kernel shows them")
{
	int dir = open("/proc/self", O_PATH | O_DIRECTORY);
	char *p = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool found = false, vdso = false;
	uint64_t before = 0;
	struct vm_map m;

	ATF_REQUIRE_EQ(mprotect(p + 4096, 4096, PROT_READ | PROT_WRITE), 0);
	ATF_REQUIRE_EQ(vm_map_read(dir, &m), 0);
	for (unsigned int i = 0; i < m.n; i++) {
		const struct vm_area *a = &m.area[i];

		ATF_CHECK(a->start < a->end && a->start >= before);
		before = a->end;
		vdso |= strcmp(a->name, "[vdso]") == 0;
		if (a->start != (uintptr_t)p + 4096)
			continue;
		found = true;
		ATF_CHECK_EQ(a->end, a->start + 4096);
		ATF_CHECK_EQ(a->prot, PROT_READ | PROT_WRITE);
	}
	ATF_CHECK(found && vdso);
	vm_map_done(&m);
	close(dir);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, areas);
	ATF_TP_ADD_TC(tp, odd);
	ATF_TP_ADD_TC(tp, nonsense);
	ATF_TP_ADD_TC(tp, own);
	return atf_no_error();
}
