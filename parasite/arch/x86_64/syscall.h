// SPDX-License-Identifier: GPL-2.0-only
/* System calls without libc, for code that runs inside another task. Errors are -errno. */
#ifndef PARASITE_X86_64_SYSCALL_H
#define PARASITE_X86_64_SYSCALL_H

#include <stdint.h>

#define ARCH_SYSCALL_INSN                                                                          \
	{                                                                                          \
		0x0f, 0x05                                                                         \
	}

static inline __attribute__((always_inline)) int64_t raw_syscall(int64_t nr, const uint64_t arg[6])
{
	register uint64_t r10 __asm__("r10") = arg[3];
	register uint64_t r8 __asm__("r8") = arg[4];
	register uint64_t r9 __asm__("r9") = arg[5];
	int64_t ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(arg[0]), "S"(arg[1]), "d"(arg[2]), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/*
 * clone3() of a thread that calls entry(arg) on the stack that the arguments name, and never comes
 * back. Returns in the caller only.
 */
static inline __attribute__((always_inline)) int64_t raw_thread(void *clone_args, uint64_t size,
								void (*entry)(void *), void *arg)
{
	register void *fn __asm__("r12") = entry;
	register void *fn_arg __asm__("r13") = arg;
	int64_t ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r13, %%rdi\n\t"
			 "call *%%r12\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(ret)
			 : "0"(435L /* clone3 */), "D"(clone_args), "S"(size), "r"(fn), "r"(fn_arg)
			 : "rcx", "r11", "memory");
	return ret;
}

/* Switches to another stack and calls entry(arg), for good. */
static inline __attribute__((always_inline, noreturn)) void raw_enter(void *stack,
								      void (*entry)(void *),
								      void *arg)
{
	__asm__ volatile("mov %0, %%rsp\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "call *%1\n\t"
			 "ud2"
			 :
			 : "r"(stack), "r"(entry), "D"(arg)
			 : "memory");
	__builtin_unreachable();
}

#endif
