// SPDX-License-Identifier: GPL-2.0-only
/* What probes have to know of this CPU's registers. */
#ifndef ARCH_REGS_H
#define ARCH_REGS_H

#include <linux/audit.h>
#include <stdint.h>
#include <sys/user.h>

#define NATIVE_AUDIT_ARCH AUDIT_ARCH_X86_64

/* Other values in registers that hold any. */
static inline void regs_scramble(struct user_regs_struct *r)
{
	r->r15 = 0x1515151515151515;
	r->r10 = 0x1010101010101010;
	r->rbx = 0xb0b0b0b0b0b0b0b0;
	r->rdi = ~r->rdi;
	r->eflags ^= 0x8d5; /* the arithmetic flags */
}

/* As if `fn` had just been called, with no way back and no system call to restart. */
static inline void regs_call(struct user_regs_struct *r, void *fn, void *stack_top)
{
	r->rip = (uintptr_t)fn;
	r->rsp = (((uintptr_t)stack_top - 512) & ~15UL) - 8;
	r->orig_rax = -1;
}

/* About to run a system call without arguments, by the instruction at `at`. */
static inline void regs_syscall(struct user_regs_struct *r, void *at, long nr)
{
	r->rip = (uintptr_t)at;
	r->rax = nr;
	r->orig_rax = -1;
}

static inline long regs_result(const struct user_regs_struct *r)
{
	return r->rax;
}

/* The address of an instruction that makes a system call, in every task forked from here. */
static inline void *find_syscall_insn(void)
{
	void *at;

	__asm__ volatile("	lea 1f(%%rip), %0\n"
			 "	jmp 2f\n"
			 "1:	syscall\n"
			 "2:\n"
			 : "=r"(at));
	return at;
}

static inline void breakpoint(void)
{
	__asm__ volatile("int3");
}

#endif
