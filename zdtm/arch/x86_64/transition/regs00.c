// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread and a process that compare their registers, general and SSE, with what was loaded into
 * them, over and over and without a system call: a dump stops them between any two instructions.
 */
#include "zdtm.h"

enum { LOOKERS = 2, TURNING = 0 };

struct state {
	uint64_t general[12]; /* rbx rcx rdx rsi r8-r15 */
	double sse[16];
	volatile uint32_t *stop, *rounds;
};

static struct {
	pthread_t thread;
	pid_t process;
	volatile uint32_t *stop, *rounds; /* shared */
} was;

/* clang-format off */
/* 0 when it was told to stop, else a register has changed. */
static long look_until_stopped(struct state *s)
{
	long wrong;

	asm volatile("mov	0(%[s]), %%rbx\n"
		     "mov	8(%[s]), %%rcx\n"
		     "mov	16(%[s]), %%rdx\n"
		     "mov	24(%[s]), %%rsi\n"
		     ".irp i, 8, 9, 10, 11, 12, 13, 14, 15\n"
		     "	mov	8 * (\\i - 4)(%[s]), %%r\\i\n"
		     ".endr\n"
		     ".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
		     "	movsd	96 + 8 * \\i(%[s]), %%xmm\\i\n"
		     ".endr\n"
		     "1:	cmp	0(%[s]), %%rbx\n"
		     "	jne	2f\n"
		     "	cmp	8(%[s]), %%rcx\n"
		     "	jne	2f\n"
		     "	cmp	16(%[s]), %%rdx\n"
		     "	jne	2f\n"
		     "	cmp	24(%[s]), %%rsi\n"
		     "	jne	2f\n"
		     ".irp i, 8, 9, 10, 11, 12, 13, 14, 15\n"
		     "	cmp	8 * (\\i - 4)(%[s]), %%r\\i\n"
		     "	jne	2f\n"
		     ".endr\n"
		     ".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
		     "	ucomisd	96 + 8 * \\i(%[s]), %%xmm\\i\n"
		     "	jne	2f\n"
		     "	jp	2f\n"
		     ".endr\n"
		     "	mov	232(%[s]), %%rax\n"
		     "	incl	(%%rax)\n"
		     "	mov	224(%[s]), %%rax\n"
		     "	cmpl	$0, (%%rax)\n"
		     "	je	1b\n"
		     "	xor	%%eax, %%eax\n"
		     "	jmp	3f\n"
		     "2:	mov	$1, %%eax\n"
		     "3:\n"
		     : "=&a"(wrong)
		     : [s] "D"(s)
		     : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
		       "r15", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
		       "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc",
		       "memory");
	return wrong;
}
/* clang-format on */

static void looks(long nr)
{
	struct state s = { .stop = was.stop, .rounds = &was.rounds[nr] };

	t_fill_mem(s.general, sizeof(s.general));
	for (int i = 0; i < 16; i++)
		s.sse[i] = 1000 * nr + i + 0.125;
	EXPECT_EQ(look_until_stopped(&s), 0);
}

static void setup(void)
{
	was.stop = SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	was.rounds = was.stop + 16;
	was.thread = t_thread(looks, 0);
	was.process = t_fork(looks, 1);
	for (int i = 0; i < LOOKERS; i++)
		T_UNTIL(was.rounds[i] > 0);
}

static void check(void)
{
	for (int i = 0; i < LOOKERS; i++) {
		uint32_t before = was.rounds[i];

		T_UNTIL(was.rounds[i] - before > 1000);
	}
	*was.stop = 1;
	t_thread_join(was.thread);
	t_join(was.process);
}

ZDTM_TEST = {
	.doc = "registers of tasks that run hold, wherever they are stopped",
	.object = "task",
	.setup = setup,
	.check = check,
};
