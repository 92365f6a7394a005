// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "tests/engine/regs.h"

struct regs {
	uint64_t in[12], out[12]; /* rbx rbp rdx r8 r9 r10 r12 r13 r14 r15 rsi rdi */
	uint8_t vec_in[16][32], vec_out[16][32];
	double st_in, st_out;
	uint64_t rax, carry;
};

/*
 * Fills the registers, makes a system call (rax >= 0: the number) or goes round in a loop (until rax
 * is 0), and stores what they are afterwards. The carry flag is set meanwhile. What a syscall
 * instruction costs is rcx, r11 and rax.
 */
void regs_round(struct regs *r);
__asm__(".text\n"
	".globl regs_round\n"
	"regs_round:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	push %rdi\n"
	"	fldl 1216(%rdi)\n"
	".macro loadv n\n"
	"	vmovdqu 192+32*\\n(%rdi), %ymm\\n\n"
	".endm\n"
	".macro storev n\n"
	"	vmovdqu %ymm\\n, 704+32*\\n(%rdi)\n"
	".endm\n"
	".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"	loadv \\n\n"
	".endr\n"
	"	mov 0(%rdi), %rbx; mov 8(%rdi), %rbp; mov 16(%rdi), %rdx; mov 24(%rdi), %r8\n"
	"	mov 32(%rdi), %r9; mov 40(%rdi), %r10; mov 48(%rdi), %r12; mov 56(%rdi), %r13\n"
	"	mov 64(%rdi), %r14; mov 72(%rdi), %r15; mov 80(%rdi), %rsi\n"
	"	mov 1232(%rdi), %rax; mov 88(%rdi), %rdi\n"
	"	test %rax, %rax\n"
	"	js 1f\n"
	"	stc\n"
	"	syscall\n"
	"	jmp 3f\n"
	"1:	stc\n"
	"2:	pause\n"
	"	inc %rax\n" /* leaves the carry flag alone */
	"	jnz 2b\n"
	"3:	push %rdi\n"
	"	mov 8(%rsp), %rdi\n"
	"	mov %rax, 1232(%rdi)\n"
	"	setc 1240(%rdi)\n"
	"	mov %rbx, 96(%rdi); mov %rbp, 104(%rdi); mov %rdx, 112(%rdi); mov %r8, 120(%rdi)\n"
	"	mov %r9, 128(%rdi); mov %r10, 136(%rdi); mov %r12, 144(%rdi); mov %r13, 152(%rdi)\n"
	"	mov %r14, 160(%rdi); mov %r15, 168(%rdi); mov %rsi, 176(%rdi)\n"
	"	pop %rax\n"
	"	mov %rax, 184(%rdi)\n"
	".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"	storev \\n\n"
	".endr\n"
	"	fstpl 1224(%rdi)\n"
	"	vzeroupper\n"
	"	pop %rdi\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n");
_Static_assert(offsetof(struct regs, out) == 96, "");
_Static_assert(offsetof(struct regs, vec_in) == 192, "");
_Static_assert(offsetof(struct regs, vec_out) == 704, "");
_Static_assert(offsetof(struct regs, st_in) == 1216, "");
_Static_assert(offsetof(struct regs, rax) == 1232, "");

const char *regs_kept(long call, uint64_t arg0, uint64_t arg1, long result)
{
	static __thread uint64_t seed;
	static __thread char why[100];
	struct regs r = { .rax = call };

	if (!seed)
		seed = (uintptr_t)&r;
	for (int i = 0; i < 12; i++)
		r.in[i] = ++seed * 0x9e3779b97f4a7c15;
	for (size_t i = 0; i < sizeof(r.vec_in); i++)
		r.vec_in[i / 32][i % 32] = seed + i * 7;
	r.st_in = 1.0 / seed;
	if (call >= 0) {
		r.in[10] = arg1;
		r.in[11] = arg0;
	}
	regs_round(&r);
	for (int i = 0; i < 12; i++)
		if (r.in[i] != r.out[i]) {
			snprintf(why, sizeof(why), "general register %d: %#jx became %#jx", i,
				 (uintmax_t)r.in[i], (uintmax_t)r.out[i]);
			return why;
		}
	if (memcmp(r.vec_in, r.vec_out, sizeof(r.vec_in)) != 0)
		return "vector registers";
	if (r.st_in != r.st_out)
		return "x87 register";
	if (r.carry != 1)
		return "carry flag";
	if ((long)r.rax != result) {
		snprintf(why, sizeof(why), "the call gave %ld, not %ld", (long)r.rax, result);
		return why;
	}
	return NULL;
}

#define ROUND_UP 0x4000

void regs_change_modes(void)
{
	uint16_t cw;

	__builtin_ia32_ldmxcsr((__builtin_ia32_stmxcsr() & ~0x6000U) | ROUND_UP);
	__asm__ volatile("fnstcw %0" : "=m"(cw));
	cw = (cw & ~0xc00) | ROUND_UP >> 3;
	__asm__ volatile("fldcw %0" : : "m"(cw));
}

bool regs_modes_kept(void)
{
	uint16_t cw;

	__asm__ volatile("fnstcw %0" : "=m"(cw));
	return (__builtin_ia32_stmxcsr() & 0x6000) == ROUND_UP && (cw & 0xc00) == ROUND_UP >> 3;
}
