// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dumper's half that runs inside a stopped task: it makes system calls on the engine's behalf
 * and stops again. It is copied into bytes of the task's text that nothing uses, has no data but
 * the block behind it, and touches neither the stack nor the FPU.
 *
 * It stops by sending its own thread a signal that the task neither catches nor blocks and whose
 * default is to be ignored (SIGURG, SIGWINCH...): a traced thread then stops before delivery, and
 * a thread that has lost its tracer just runs on. That is how an engine that is killed, at any
 * moment, does no harm: what follows the stop puts everything back as it was. A breakpoint would
 * kill the task there.
 *
 * Entry, with the registers the engine sets:
 *   gate_call  one system call, its number and arguments in place; the result goes to r14.
 *              r12 = 1: it is the mmap() of the area, to be undone if nobody is left to say where.
 *   gate_run   a list of system calls at r13: records of eight words (number, six arguments,
 *              result), ended by -1. -2 in the place of a number stores the result of the record
 *              before at the address that is its first argument.
 *   rbx, rbp, r15: process id, thread id and signal of the stop.
 */
#include <asm/unistd_64.h>

	.section .rodata
	.balign 8
	.globl gate_begin, gate_run, gate_stopped, gate_data, gate_end

gate_begin:
	syscall
	mov	%rax, %r14
	jmp	stop

gate_run:
	mov	(%r13), %rax
	test	%rax, %rax
	js	no_call
	mov	8(%r13), %rdi
	mov	16(%r13), %rsi
	mov	24(%r13), %rdx
	mov	32(%r13), %r10
	mov	40(%r13), %r8
	mov	48(%r13), %r9
	syscall
	mov	%rax, 56(%r13)
next:	add	$64, %r13
	jmp	gate_run

no_call:
	cmp	$-2, %rax
	jne	stop
	mov	-8(%r13), %rax
	mov	8(%r13), %rdi
	mov	%rax, (%rdi)
	jmp	next

stop:
	mov	$__NR_tgkill, %eax
	mov	%ebx, %edi
	mov	%ebp, %esi
	mov	%r15d, %edx
	syscall

	/*
	 * Still running: there is no tracer any more. From here on nobody but us can put the
	 * thread back. Signals stay out until the stack pointer is right again.
	 */
gate_stopped:
	mov	$__NR_rt_sigprocmask, %eax
	mov	$2, %edi		/* SIG_SETMASK */
	lea	all_blocked(%rip), %rsi
	xor	%edx, %edx
	mov	$8, %r10d
	syscall

	test	%r12, %r12
	jnz	1f
	mov	area(%rip), %r14
1:	test	%r14, %r14
	jz	2f
	mov	%r14, %rdi
	mov	area_size(%rip), %rsi
	mov	$__NR_munmap, %eax
	syscall

	/* From the flags on nothing may change them: only moves, and system calls, which keep them. */
2:	lea	saved_flags(%rip), %rsp
	popfq
	mov	saved_rsp(%rip), %rsp
	mov	$__NR_rt_sigprocmask, %eax
	mov	$2, %edi
	lea	saved_mask(%rip), %rsi
	mov	$0, %edx
	mov	$8, %r10d
	syscall
	mov	saved_rax(%rip), %rax
	mov	saved_rbx(%rip), %rbx
	mov	saved_rcx(%rip), %rcx
	mov	saved_rdx(%rip), %rdx
	mov	saved_rsi(%rip), %rsi
	mov	saved_rdi(%rip), %rdi
	mov	saved_rbp(%rip), %rbp
	mov	saved_r8(%rip), %r8
	mov	saved_r9(%rip), %r9
	mov	saved_r10(%rip), %r10
	mov	saved_r11(%rip), %r11
	mov	saved_r12(%rip), %r12
	mov	saved_r13(%rip), %r13
	mov	saved_r14(%rip), %r14
	mov	saved_r15(%rip), %r15
	jmp	*saved_rip(%rip)

	/* struct gate_data of gate.h */
	.balign 8
gate_data:
all_blocked:	.quad -1
area:		.quad 0
area_size:	.quad 0
saved_mask:	.quad 0
saved_flags:	.quad 0
saved_rax:	.quad 0
saved_rbx:	.quad 0
saved_rcx:	.quad 0
saved_rdx:	.quad 0
saved_rsi:	.quad 0
saved_rdi:	.quad 0
saved_rbp:	.quad 0
saved_rsp:	.quad 0
saved_r8:	.quad 0
saved_r9:	.quad 0
saved_r10:	.quad 0
saved_r11:	.quad 0
saved_r12:	.quad 0
saved_r13:	.quad 0
saved_r14:	.quad 0
saved_r15:	.quad 0
saved_rip:	.quad 0
gate_end:
	/* No bigger than GATE_SIZE_MAX of gate.h: .org does not go backwards. */
	.org gate_begin + 512

	.section .note.GNU-stack, "", @progbits
