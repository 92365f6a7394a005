// SPDX-License-Identifier: GPL-2.0-only
/* 32-bit system calls of a 64-bit task, by which a restorer makes 32-bit tasks. */
#include <asm/ldt.h>
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "probe.h"

#define PTRACE_GET_THREAD_AREA_ 25

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_IA32_EMULATION", .source = "arch/x86/entry, mm/mmap.c"

enum {
	GETPID_32 = 20,
	MMAP2_32 = 192,
	SET_THREAD_AREA_32 = 243,
	GET_THREAD_AREA_32 = 244,
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

static void *low_page(int prot)
{
	return NEED(mmap(NULL, page_size(), prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));
}

PROBE(thread_area, .what = "the three TLS segments of a task read back, by its tracer as well",
      DECLARED("2.6.0"))
{
	struct user_desc *d, seen;
	pid_t pid;

	need_int80();
	d = low_page(PROT_READ | PROT_WRITE);
	*d = (struct user_desc){ .entry_number = -1,
				 .base_addr = 0x12345000,
				 .limit = 0xfffff,
				 .seg_32bit = 1,
				 .limit_in_pages = 1,
				 .useable = 1 };
	pid = spawn();
	if (pid == 0) {
		struct user_desc *own = low_page(PROT_READ | PROT_WRITE);
		struct kept kept = {};

		NEED(int80(SET_THREAD_AREA_32, (long)d, 0, 0, 0, 0, &kept) < 0 ? -1 : 0);
		PROMISE_EQ(d->entry_number, 12);
		own->entry_number = 12;
		NEED(int80(GET_THREAD_AREA_32, (long)own, 0, 0, 0, 0, &kept) < 0 ? -1 : 0);
		PROMISE_EQ(own->base_addr, 0x12345000);
		PROMISE_EQ(own->limit, 0xfffff);
		/* An empty one is told so. */
		own->entry_number = 13;
		NEED(int80(GET_THREAD_AREA_32, (long)own, 0, 0, 0, 0, &kept) < 0 ? -1 : 0);
		PROMISE_EQ(own->read_exec_only, 1);
		PROMISE_EQ(own->seg_not_present, 1);
		reach(1);
		linger();
	}
	await(1);
	seize_stopped(pid, 0);
	NEED(ptrace(PTRACE_GET_THREAD_AREA_, pid, 12, &seen));
	PROMISE_EQ(seen.base_addr, 0x12345000);
	PROMISE_EQ(seen.limit, 0xfffff);
	PROMISE_EQ(seen.limit_in_pages, 1);
}

PROBE(regset,
      .what = "a task stopped in 32-bit code has registers of 68 bytes, and none of 64 bits",
      DECLARED("2.6.34"))
{
	uint32_t regs[128] = {};
	struct iovec iov = { regs, sizeof(regs) };
	unsigned char *code;
	pid_t pid;

	need_int80();
	code = low_page(PROT_READ | PROT_WRITE | PROT_EXEC);
	/* A jump to itself. */
	memcpy(code, "\xeb\xfe", 2);
	pid = spawn();
	if (pid == 0) {
		const struct {
			uint32_t offset;
			uint16_t segment;
		} to = { (uintptr_t)code, 0x23 };

		reach(1);
		/*
		 * To the 32-bit code segment of user space, by a jump: a far return would have the
		 * processor read the stack, which some emulators do with the kernel's rights.
		 */
		__asm__ volatile("ljmpl *%0" : : "m"(to) : "memory");
		__builtin_unreachable();
	}
	await(1);
	seize_stopped(pid, 0);
	for (int i = 0; i < 1000; i++) {
		iov.iov_len = sizeof(regs);
		NEED(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov));
		if (iov.iov_len == 68)
			break;
		/* Not there yet. */
		NEED(ptrace(PTRACE_CONT, pid, 0, 0));
		usleep(1000);
		interrupt(pid);
	}
	PROMISE_EQ(iov.iov_len, 68);
	/* ip and cs, in their places in struct user_regs_struct of 32 bits. */
	PROMISE_EQ(regs[12], (uint32_t)(uintptr_t)code);
	PROMISE_EQ(regs[13], 0x23);
}
