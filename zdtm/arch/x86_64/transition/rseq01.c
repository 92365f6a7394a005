// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that add to a counter of the CPU they are on, without any lock: in a restartable
 * sequence, long enough to be found in it. Who is stopped there must begin anew: what it would
 * store would undo what others have added meanwhile.
 */
#include <linux/rseq.h>
#include <sched.h>
#include <sys/rseq.h>

#include "zdtm.h"

#define THREADS 4
#define SPIN    2000 /* some microseconds inside */
#define CPUS    1024

enum { TURNING };

static struct {
	pthread_t thread[THREADS];
	uint64_t done[THREADS], aborted[THREADS];
	volatile uint64_t count[CPUS];
} was;

/* clang-format off */
/* false: the sequence was interrupted, and nothing has been stored. */
static bool add_one(void)
{
	struct rseq *rseq = (void *)((char *)__builtin_thread_pointer() + __rseq_offset);
	uint32_t stored;

	asm volatile(".pushsection .data.rel.ro, \"aw\"\n"
		     "	.balign	32\n"
		     "3:	.long	0, 0\n"
		     "	.quad	1f, 2f - 1f, 4f\n"
		     ".popsection\n"
		     "	lea	3b(%%rip), %%rax\n"
		     "	mov	%%rax, %c[section](%[rseq])\n"
		     "1:	mov	%c[cpu](%[rseq]), %%eax\n"
		     "	mov	(%[count], %%rax, 8), %%rcx\n"
		     "	mov	%[spin], %%edx\n"
		     "5:	dec	%%edx\n"
		     "	jnz	5b\n"
		     "	inc	%%rcx\n"
		     "	mov	%%rcx, (%[count], %%rax, 8)\n"
		     "2:	mov	$1, %[stored]\n"
		     "	jmp	6f\n"
		     "	.long	%c[signature]\n"
		     "4:	xor	%[stored], %[stored]\n"
		     "6:\n"
		     : [stored] "=&r"(stored)
		     : [rseq] "r"(rseq), [count] "r"(was.count), [spin] "i"(SPIN),
		       [section] "i"(offsetof(struct rseq, rseq_cs)),
		       [cpu] "i"(offsetof(struct rseq, cpu_id)), [signature] "i"(RSEQ_SIG)
		     : "rax", "rcx", "rdx", "cc", "memory");
	return stored;
}
/* clang-format on */

static void adds(long i)
{
	while (!t_over())
		if (!add_one())
			was.aborted[i]++;
		else if (++was.done[i] == 100)
			t_wake(TURNING);
}

static void setup(void)
{
	if (!__rseq_size)
		t_skip("no restartable sequences in kernel or C library");
	for (int i = 0; i < THREADS; i++)
		was.thread[i] = t_thread(adds, i);
	for (int i = 0; i < THREADS; i++)
		t_wait(TURNING);
}

static void check(void)
{
	uint64_t done = 0, aborted = 0, count = 0;

	for (int i = 0; i < THREADS; i++) {
		t_thread_join(was.thread[i]);
		done += was.done[i];
		aborted += was.aborted[i];
	}
	for (int i = 0; i < CPUS; i++)
		count += was.count[i];
	EXPECT_EQ(count, done);
	EXPECT_GT(aborted, 0);
}

ZDTM_TEST = {
	.doc = "a restartable sequence that was interrupted begins anew",
	.object = "rseq",
	.setup = setup,
	.check = check,
};
