// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 128 bytes below the stack pointer belong to the function that runs: who makes a task do
 * something else for a while has to leave them alone. Here they are full while the task sleeps.
 */
#include "zdtm.h"

enum { WORDS = 16 };

static struct {
	int pipe[2];
	pid_t child;
} was;

/* read() of one byte with a number in each word of the red zone. Gives how many are still there. */
static long read_with_full_red_zone(int fd, char *byte)
{
	long kept = 0;

	/* Below the red zone of this function, if the compiler has given it one. */
	asm volatile("subq	$128, %%rsp\n"
		     "	movq	$16, %%r8\n"
		     "1:	movq	%%r8, %%r9\n"
		     "	negq	%%r9\n"
		     "	movq	%%r8, (%%rsp, %%r9, 8)\n"
		     "	decq	%%r8\n"
		     "	jnz	1b\n"
		     "	xorl	%%eax, %%eax\n" /* read */
		     "	syscall\n"
		     "	movq	$16, %%r8\n"
		     "2:	movq	%%r8, %%r9\n"
		     "	negq	%%r9\n"
		     "	cmpq	%%r8, (%%rsp, %%r9, 8)\n"
		     "	jne	3f\n"
		     "	incq	%0\n"
		     "3:	decq	%%r8\n"
		     "	jnz	2b\n"
		     "	addq	$128, %%rsp\n"
		     : "+r"(kept)
		     : "D"((long)fd), "S"(byte), "d"(1L)
		     : "rax", "rcx", "r8", "r9", "r11", "memory", "cc");
	return kept;
}

static void child(long unused)
{
	char byte = 0;

	EXPECT_EQ(read_with_full_red_zone(was.pipe[0], &byte), WORDS);
	EXPECT_EQ(byte, 'x');
}

static void setup(void)
{
	SYS(pipe(was.pipe));
	was.child = t_fork(child, 0);
	t_wait_syscall(was.child, SYS_read);
}

static void check(void)
{
	t_write(was.pipe[1], "x", 1);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "what lies in the red zone below the stack pointer stays as it was",
	.object = "task",
	.setup = setup,
	.check = check,
};
