// SPDX-License-Identifier: GPL-2.0-only
/* 32-bit system calls of a 64-bit task, by which a restorer makes 32-bit tasks. */
#include "probe.h"

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_IA32_EMULATION", .source = "arch/x86/entry, mm/mmap.c"

enum {
	GETPID_32 = 20,
	MMAP2_32 = 192,
};

struct kept {
	uint64_t r12, r13, r14, r15;
};

/* int 0x80 with the sixth argument 0, and four registers it has no business with. */
static long int80(long nr, long a, long b, long c, long d, long e, struct kept *kept)
{
	long ret;

	__asm__ volatile("push %%rbp\n\t"
			 "mov 0(%[k]), %%r12\n\tmov 8(%[k]), %%r13\n\t"
			 "mov 16(%[k]), %%r14\n\tmov 24(%[k]), %%r15\n\t"
			 "push %[k]\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "int $0x80\n\t"
			 "pop %[k]\n\t"
			 "mov %%r12, 0(%[k])\n\tmov %%r13, 8(%[k])\n\t"
			 "mov %%r14, 16(%[k])\n\tmov %%r15, 24(%[k])\n\t"
			 "pop %%rbp"
			 : "=a"(ret), [k] "+r"(kept)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "r12", "r13", "r14", "r15", "r11", "memory", "cc");
	return (int)ret < 0 && (int)ret > -4096 ? (int)ret
						: (unsigned int)ret | (ret & ~0xffffffffL);
}

/* Without the emulation, or with it switched off, the instruction faults. */
static void need_int80(void)
{
	struct kept kept = {};
	pid_t pid = spawn();
	int status;

	if (pid == 0) {
		if (int80(GETPID_32, 0, 0, 0, 0, 0, &kept) != getpid())
			_exit(1);
		_exit(0);
	}
	status = reap(pid);
	if (status != 0 && booted_with("ia32_emulation=off"))
		FORBIDDEN("ia32_emulation=off");
	if (status != 0)
		ABSENT("no 32-bit system calls");
}

PROBE(mmap, .what = "memory mapped by a 32-bit system call lies below 4G", DECLARED("4.12"),
      .commit = "1b028f784e8c", .guards = "ia32-mmap-64bit")
{
	struct kept kept = {};

	need_int80();
	for (int i = 0; i < 50; i++) {
		long addr = int80(MMAP2_32, 0, 16 * page_size(), PROT_READ,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, &kept);
		struct vma v;

		PROMISE_GT(addr, 0);
		PROMISE_LT(addr, 1L << 32);
		NEED(vma_at(0, (void *)addr, &v));
		/* And 64-bit ones do not suffer from it. */
		PROMISE_GT((long)map(-1, 16, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS), 1L << 32);
	}
}

PROBE(registers, .what = "a 32-bit system call leaves r12 to r15 alone", DECLARED("4.4"),
      .guards = "ia32-mmap-64bit")
{
	struct kept kept = { 0x1212121212121212, 0x1313131313131313, 0x1414141414141414,
			     0x1515151515151515 };
	const struct kept was = kept;

	need_int80();
	PROMISE_EQ(int80(GETPID_32, 0, 0, 0, 0, 0, &kept), getpid());
	PROMISE_MEM(&kept, &was, sizeof(was));
}
