// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads in restartable sequences that take as long as they are let: such a sequence reads and computes,
 * and stores at its end, in one instruction. Who is stopped in between goes on at the abort handler,
 * with the same registers, or gets to the end: nothing is ever half done, and nobody is in a sequence
 * the kernel does not know of.
 *
 * Before v6.1 a sequence could ask not to be restarted (the flags of rseq_cs); then it is completed,
 * however often it is stopped. Since then such flags end the thread.
 */
#include <linux/rseq.h>
#include <sys/rseq.h>
#include <sys/time.h>

#include "zdtm.h"

#define THREADS 2
#define SHORT   (1 << 10) /* square roots: some microseconds */
#define LONG    (1 << 20) /* some milliseconds, which nobody has on a busy machine */
#define FLAGS                                                                                      \
	(RSEQ_CS_FLAG_NO_RESTART_ON_PREEMPT | RSEQ_CS_FLAG_NO_RESTART_ON_SIGNAL |                  \
	 RSEQ_CS_FLAG_NO_RESTART_ON_MIGRATE)

enum { RESTARTS, NEVER };

enum { TURNING };

enum outcome { HALF, STORED, ABORTED };

static struct {
	pthread_t thread[THREADS];
	uint64_t stored[THREADS], aborted[THREADS];
} was;

static struct rseq_cs descriptor __attribute__((aligned(32)));

/* clang-format off */
/*
 * Adds one to *count at the end, if *seen is what the area says of a sequence from the beginning to
 * just before it; `cookie` comes through it in a register.
 */
static enum outcome sequence(uint64_t *count, uint64_t *seen, uint32_t rounds, uint64_t cookie)
{
	struct rseq *rseq = (void *)((char *)__builtin_thread_pointer() + __rseq_offset);
	uint64_t back = cookie;
	enum outcome outcome;

	asm volatile("	lea	%[descriptor], %%rax\n"
		     "	lea	1f(%%rip), %%rcx\n"
		     "	mov	%%rcx, 8(%%rax)\n"
		     "	lea	2f(%%rip), %%rdx\n"
		     "	sub	%%rcx, %%rdx\n"
		     "	mov	%%rdx, 16(%%rax)\n"
		     "	lea	4f(%%rip), %%rcx\n"
		     "	mov	%%rcx, 24(%%rax)\n"
		     "	mov	%[half], %[outcome]\n"
		     "	mov	%%rax, %c[section](%[rseq])\n"
		     "1:	mov	(%[count]), %%rcx\n"
		     "	mov	%[rounds], %%edx\n"
		     "	mov	$2, %%esi\n"
		     "	cvtsi2sd	%%esi, %%xmm0\n"
		     "5:	sqrtsd	%%xmm0, %%xmm0\n"
		     "	dec	%%edx\n"
		     "	jnz	5b\n"
		     /* The kernel clears it when it aborts; a restore that forgets it leaves 0 as well. */
		     "	mov	%c[section](%[rseq]), %%rax\n"
		     "	mov	%%rax, (%[seen])\n"
		     "	inc	%%rcx\n"
		     "	mov	%%rcx, (%[count])\n"
		     "2:	mov	%[stored], %[outcome]\n"
		     "	jmp	6f\n"
		     "	.long	%c[signature]\n"
		     "4:	mov	%[aborted], %[outcome]\n"
		     "6:	movq	$0, %c[section](%[rseq])\n"
		     : [outcome] "=&r"(outcome), [back] "+&r"(back), [descriptor] "+m"(descriptor)
		     : [rseq] "r"(rseq), [count] "r"(count), [seen] "r"(seen), [rounds] "r"(rounds),
		       [section] "i"(offsetof(struct rseq, rseq_cs)), [half] "i"(HALF),
		       [stored] "i"(STORED), [aborted] "i"(ABORTED), [signature] "i"(RSEQ_SIG)
		     : "rax", "rcx", "rdx", "rsi", "xmm0", "cc", "memory");
	EXPECT_EQ(back, cookie);
	return outcome;
}
/* clang-format on */

/* Until one gets to its end, and then until it is told to stop. */
static void works(long i)
{
	uint64_t count = 0, seen = 0, done = 0;
	uint32_t rounds = LONG;

	do {
		uint64_t before = count;
		enum outcome outcome = sequence(&count, &seen, rounds, (uintptr_t)&done ^ i);

		EXPECT(outcome == STORED || outcome == ABORTED);
		EXPECT_EQ(count, outcome == STORED ? before + 1 : before);
		if (outcome == STORED) {
			EXPECT_EQ(seen, (uintptr_t)&descriptor);
			rounds = rounds < LONG ? rounds * 2 : LONG;
			if (++done == 1)
				t_wake(TURNING);
		} else {
			rounds = rounds > SHORT ? rounds / 2 : SHORT;
			was.aborted[i]++;
		}
	} while (!t_over());
	was.stored[i] = done;
	EXPECT_EQ(count, done);
}

static volatile int ticks;

static void on_tick(int sig)
{
	ticks++;
}

/* Does a sequence with these flags end its thread, or itself, once a signal comes in its middle? */
static void tries(long unused)
{
	const struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	uint64_t count = 0, seen;

	signal(SIGALRM, on_tick);
	SYS(setitimer(ITIMER_REAL, &often, NULL));
	while (ticks < 10)
		if (sequence(&count, &seen, LONG, 0) == ABORTED)
			_exit(1);
}

static void setup(void)
{
	if (!__rseq_size)
		t_skip("no restartable sequences in kernel or C library");
	if (variant->arg == NEVER) {
		descriptor.flags = FLAGS;
		if (t_reap(t_fork(tries, 0)) != 0)
			t_skip("this kernel (since 6.1) lets no sequence ask not to be restarted");
	}
	for (int i = 0; i < THREADS; i++)
		was.thread[i] = t_thread(works, i);
	for (int i = 0; i < THREADS; i++)
		t_wait(TURNING);
}

static void check(void)
{
	struct rseq *rseq = (void *)((char *)__builtin_thread_pointer() + __rseq_offset);

	for (int i = 0; i < THREADS; i++) {
		t_thread_join(was.thread[i]);
		EXPECT_GT(was.stored[i], 0);
		if (variant->arg == NEVER)
			EXPECT_EQ(was.aborted[i], 0);
	}
	EXPECT_ERRNO(syscall(SYS_rseq, rseq, 32, 0, RSEQ_SIG), EBUSY);
}

ZDTM_TEST = {
	.doc = "long restartable sequences are aborted or completed, and never half done",
	.object = "rseq",
	.variants =
		VARIANTS({ "restarts", RESTARTS }, { "never", NEVER, .demand = KEEP_OR_REFUSE }),
	.setup = setup,
	.check = check,
};
