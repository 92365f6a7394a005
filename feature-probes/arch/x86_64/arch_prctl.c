// SPDX-License-Identifier: GPL-2.0-only
/* arch_prctl(2): TLS bases, and a vdso at an address of our choice. */
#include <asm/prctl.h>
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "probe.h"

static long arch_prctl_(int code, unsigned long arg)
{
	return syscall(SYS_arch_prctl, code, arg);
}

PROBE(fs_gs, .what = "arch_prctl, ptrace and the registers agree on FS and GS", .since = "2.6",
      .source = "arch_prctl(2)")
{
	unsigned long fs, gs, got;
	struct user_regs_struct regs;
	struct iovec iov = { &regs, sizeof(regs) };
	unsigned long *cell = share(page_size());
	pid_t pid = spawn();

	if (pid == 0) {
		NEED(arch_prctl_(ARCH_SET_GS, (unsigned long)&cell[1]));
		NEED(arch_prctl_(ARCH_GET_GS, (unsigned long)&gs));
		PROMISE_EQ(gs, &cell[1]);
		cell[1] = 4711;
		__asm__ volatile("mov %%gs:0, %0" : "=r"(got));
		PROMISE_EQ(got, 4711);
		NEED(arch_prctl_(ARCH_GET_FS, (unsigned long)&cell[0]));
		PROMISE_FAILS(arch_prctl_(ARCH_SET_GS, 1UL << 63), EPERM);
		reach(1);
		linger();
	}
	await(1);
	seize_stopped(pid, 0);
	NEED(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov));
	PROMISE_EQ(regs.fs_base, cell[0]);
	PROMISE_EQ(regs.gs_base, &cell[1]);
	NEED(ptrace(PTRACE_ARCH_PRCTL, pid, &fs, ARCH_GET_FS));
	PROMISE_EQ(fs, cell[0]);
	NEED(ptrace(PTRACE_ARCH_PRCTL, pid, &gs, ARCH_GET_GS));
	PROMISE_EQ(gs, &cell[1]);
}

/*
 * ARCH_MAP_VDSO_*
 */

#define MAP_VDSO                                                                                   \
	.since = "4.9", .commit = "2eefd8789698", .kconfig = "CONFIG_CHECKPOINT_RESTORE",          \
	.source = "arch/x86/kernel/process_64.c"

static bool is_special(const struct vma *v)
{
	return str_after(v->name, "[vvar") || streq(v->name, "[vdso]");
}

static int count_special(struct vma *code)
{
	struct vma *all;
	int n = NEED(vma_all(0, &all)), count = 0;

	for (int i = 0; i < n; i++) {
		count += is_special(&all[i]);
		if (streq(all[i].name, "[vdso]"))
			*code = all[i];
	}
	free(all);
	return count;
}

/* From here on nothing may ask the C library for the time. */
static void unmap_special(void)
{
	struct vma *all;
	int n = NEED(vma_all(0, &all));

	for (int i = 0; i < n; i++)
		if (is_special(&all[i]))
			NEED(munmap((void *)all[i].start, all[i].end - all[i].start));
	free(all);
}

/* The error as ARCH_MAP_VDSO gives it, with vdso and data mapped: EEXIST, or it is not there. */
static void need_map_vdso(int code, const char *what)
{
	if (arch_prctl_(code, 0) < 0 && errno == EINVAL)
		ABSENT("no %s (EINVAL)", what);
}

PROBE(map_vdso, .what = "ARCH_MAP_VDSO_64 maps a fresh vdso where it is told to, but only one",
      MAP_VDSO)
{
	struct vma before = {}, code = {};
	char *to = map(-1, 64, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
	int parts;
	long size;

	need_map_vdso(ARCH_MAP_VDSO_64, "ARCH_MAP_VDSO_64");
	PROMISE_FAILS(arch_prctl_(ARCH_MAP_VDSO_64, 0), EEXIST);
	parts = count_special(&before);
	unmap_special();
	PROMISE_EQ(count_special(&code), 0);
	NEED(munmap(to, 64 * page_size()));
	size = NEED(arch_prctl_(ARCH_MAP_VDSO_64, (unsigned long)to));
	PROMISE_EQ(count_special(&code), parts);
	PROMISE_EQ(code.end - code.start, before.end - before.start);
	PROMISE_EQ(size, code.end - code.start);
	/* The data comes first, and the code right behind it. */
	PROMISE(code.start >= (unsigned long)to &&
		code.end <= (unsigned long)to + 64 * page_size());
	PROMISE_MEM((char *)code.start, ELFMAG, SELFMAG);
	PROMISE_FAILS(arch_prctl_(ARCH_MAP_VDSO_64, 0), EEXIST);
}

PROBE(map_vdso_taken, .what = "ARCH_MAP_VDSO_64 maps over nothing that is there", MAP_VDSO,
      .guards = "vdso-map-fixed-ignored")
{
	char *there = pages(64);
	struct vma code = {};

	strcpy(there + page_size(), "kept");
	need_map_vdso(ARCH_MAP_VDSO_64, "ARCH_MAP_VDSO_64");
	unmap_special();
	/* Elsewhere, and without a word: who wants the very address has to look. */
	if (arch_prctl_(ARCH_MAP_VDSO_64, (unsigned long)there) >= 0) {
		count_special(&code);
		PROMISE(code.end <= (unsigned long)there ||
			code.start >= (unsigned long)there + 64 * page_size());
	}
	PROMISE_STR(there + page_size(), "kept");
}

PROBE(map_vdso_32, .what = "ARCH_MAP_VDSO_32 maps a 32-bit vdso below 4G, over and over",
      .since = "4.9", .commit = "2eefd8789698",
      .kconfig = "CONFIG_CHECKPOINT_RESTORE CONFIG_IA32_EMULATION",
      .source = "arch/x86/kernel/process_64.c",
      .guards = "vdso-compat-size compat-vdso-helper-next")
{
	const unsigned long low = 0x20000000;
	struct vma code = {};
	long size = 0;

	need_map_vdso(ARCH_MAP_VDSO_32, "ARCH_MAP_VDSO_32");
	for (int i = 0; i < 20; i++) {
		unmap_special();
		size = NEED(arch_prctl_(ARCH_MAP_VDSO_32, low));
		PROMISE_GT(count_special(&code), 0);
		PROMISE_EQ(code.end - code.start, size);
		PROMISE(code.start >= low && code.end < 1UL << 32);
		PROMISE_MEM((char *)code.start, ELFMAG, SELFMAG);
		PROMISE_EQ(((unsigned char *)code.start)[EI_CLASS], ELFCLASS32);
	}
	NOTE("%ld pages", size / (long)page_size());
}

/*
 * What else only the task itself can tell
 */

PROBE(cpuid_fault, .what = "ARCH_SET_CPUID makes the cpuid instruction fault, ARCH_GET_CPUID tells",
      .since = "4.12", .commit = "e9ea1e7f53b8", .source = "arch_prctl(2)")
{
	const int get = 0x1011, set = 0x1012;
	pid_t pid;

	PROMISE_EQ(OFFERED(arch_prctl_(get, 0), "ARCH_GET_CPUID", EINVAL), 1);
	if (!cpu_has("cpuid_fault"))
		MACHINE_LACKS("this CPU cannot make cpuid fault");
	OFFERED(arch_prctl_(set, 0), "ARCH_SET_CPUID", ENODEV);
	PROMISE_EQ(NEED(arch_prctl_(get, 0)), 0);
	pid = spawn();
	if (pid == 0) {
		unsigned int a = 0, b, c = 0, d;

		__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
		_exit(0);
	}
	PROMISE_EQ(WTERMSIG(reap(pid)), SIGSEGV);
	NEED(arch_prctl_(set, 1));
}

PROBE(xcomp_perm, .what = "ARCH_GET_XCOMP_PERM tells which CPU states a task may use",
      .since = "5.16", .commit = "db8268df0983", .source = "arch/x86/kernel/fpu/xstate.c")
{
	const int get_supported = 0x1021, get_permitted = 0x1022, request = 0x1023;
	unsigned long supported = 0, permitted = 0;

	OFFERED(arch_prctl_(get_supported, (unsigned long)&supported), "ARCH_GET_XCOMP_SUPP",
		EINVAL);
	NEED(arch_prctl_(get_permitted, (unsigned long)&permitted));
	NOTE("supported %#lx permitted %#lx", supported, permitted);
	PROMISE_EQ(permitted & ~supported, 0);
	PROMISE_EQ(permitted & 3, 3);
	/* AMX tile data is the one that has to be asked for. */
	if (supported & 1UL << 18) {
		NEED(arch_prctl_(request, 18));
		NEED(arch_prctl_(get_permitted, (unsigned long)&permitted));
		PROMISE(permitted & 1UL << 18);
	} else {
		PROMISE_FAILS(arch_prctl_(request, 18), EOPNOTSUPP, EINVAL);
	}
}

PROBE(shadow_stack, .what = "ARCH_SHSTK_STATUS tells whether a task has a shadow stack",
      .since = "6.6", .kconfig = "CONFIG_X86_USER_SHADOW_STACK",
      .source = "arch/x86/kernel/shstk.c")
{
	const int status = 0x5005;
	unsigned long features = ~0UL;

	/* This one is answered where the CPU has none, too. */
	OFFERED(arch_prctl_(status, (unsigned long)&features), "ARCH_SHSTK_STATUS", EINVAL,
		EOPNOTSUPP);
	PROMISE_EQ(features & ~3UL, 0);
	if (features & 1)
		PROMISE(strstr(NEED(status_field(0, "x86_Thread_features")), "shstk"));
}
