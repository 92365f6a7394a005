// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers that a system call leaves alone, in a thread and a process that sleep in one, with
 * the direction flag set and the stack pointer where it was.
 */
#include "zdtm/arch/x86_64/hold.h"

enum { RBX, RBP, R8, R9, R12, R13, R14, R15, RSI, RDX, RSP, FLAGS, REGISTERS };

#define DIRECTION 0x400

/* clang-format off */
static void hold(long nr)
{
	uint64_t in[REGISTERS], out[REGISTERS];

	t_fill_mem(in, sizeof(in));
	/*
	 * FUTEX_WAIT and the expected value are ints that are 0: the rest of their registers is
	 * ours.
	 */
	in[RSI] <<= 32;
	in[RDX] <<= 32;
	asm volatile("push	%%rbp\n"
		     "push	%[out]\n"
		     "mov	%%rsp, 8 * 10(%[in])\n"
		     "mov	8 * 0(%[in]), %%rbx\n"
		     "mov	8 * 1(%[in]), %%rbp\n"
		     "mov	8 * 2(%[in]), %%r8\n"
		     "mov	8 * 3(%[in]), %%r9\n"
		     "mov	8 * 4(%[in]), %%r12\n"
		     "mov	8 * 5(%[in]), %%r13\n"
		     "mov	8 * 6(%[in]), %%r14\n"
		     "mov	8 * 7(%[in]), %%r15\n"
		     "mov	8 * 8(%[in]), %%rsi\n"
		     "mov	8 * 9(%[in]), %%rdx\n"
		     "xor	%%r10d, %%r10d\n"
		     "std\n"
		     "1:	mov	$202, %%eax\n"
		     "	syscall\n"
		     "	cmpl	$0, (%%rdi)\n"
		     "	je	1b\n"
		     "mov	(%%rsp), %%rax\n"
		     "mov	%%rbx, 8 * 0(%%rax)\n"
		     "mov	%%rbp, 8 * 1(%%rax)\n"
		     "mov	%%r8, 8 * 2(%%rax)\n"
		     "mov	%%r9, 8 * 3(%%rax)\n"
		     "mov	%%r12, 8 * 4(%%rax)\n"
		     "mov	%%r13, 8 * 5(%%rax)\n"
		     "mov	%%r14, 8 * 6(%%rax)\n"
		     "mov	%%r15, 8 * 7(%%rax)\n"
		     "mov	%%rsi, 8 * 8(%%rax)\n"
		     "mov	%%rdx, 8 * 9(%%rax)\n"
		     "mov	%%rsp, 8 * 10(%%rax)\n"
		     "pushf\n"
		     "pop	8 * 11(%%rax)\n"
		     "cld\n"
		     "add	$8, %%rsp\n"
		     "pop	%%rbp\n"
		     :
		     : "D"(holders->word), [in] "a"(in), [out] "r"(out)
		     : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
		       "r15", "cc", "memory");
	for (int i = 0; i <= RSP; i++)
		if (!EXPECT_EQ(out[i], in[i]))
			t_note("that was the register at place %d", i);
	EXPECT(out[FLAGS] & DIRECTION);
}
/* clang-format on */

static void setup(void)
{
	holders_begin();
}

static void check(void)
{
	holders_end();
}

ZDTM_TEST = {
	.doc = "general registers, stack pointer and direction flag, of thread and process",
	.object = "task",
	.setup = setup,
	.check = check,
};
