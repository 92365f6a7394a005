// SPDX-License-Identifier: GPL-2.0-only
/*
 * The x87 stack of threads that compute, one term after another, and are in no system call when they
 * are stopped: what they have summed up is nowhere but in a register. The sum comes out as if nobody
 * had looked.
 */
#include "zdtm.h"

#define THREADS 3
#define CHUNK   20000 /* terms between two looks at `over` */

static struct {
	pthread_t thread[THREADS];
	uint32_t over;
	struct {
		volatile uint32_t chunks;
		long double sums[2];
	} of[THREADS];
} was;

/* clang-format off */
/*
 * 1/1 + 1/2 + 1/3 ... in st(0) and 1/1 - 1/2 + 1/3 ... in st(1), by `step`; in st(3) the number of the
 * term, in st(2) the sign. Ends after `stop` chunks, or at the end of one when it is told to; that
 * is how many there were.
 */
static uint32_t sum(long double sums[2], const float *step, uint32_t stop, const uint32_t *over,
		    volatile uint32_t *chunks)
{
	uint32_t done = 0;

	asm volatile("fninit\n"
		     "fld1\n"			/* term */
		     "fld1\n"			/* sign */
		     "fldz\n"			/* alternating */
		     "fldz\n"			/* plain */
		     "1:	mov	%[chunk], %%ecx\n"
		     "2:	fld1\n"
		     "	fdiv	%%st(4), %%st(0)\n"	/* 1/term, plain, alternating, sign, term */
		     "	fadd	%%st(0), %%st(1)\n"
		     "	fmul	%%st(3), %%st(0)\n"
		     "	faddp	%%st(0), %%st(2)\n"
		     "	fxch	%%st(2)\n"
		     "	fchs\n"
		     "	fxch	%%st(2)\n"
		     "	fxch	%%st(3)\n"
		     "	fadds	%[step]\n"
		     "	fxch	%%st(3)\n"
		     "	dec	%%ecx\n"
		     "	jnz	2b\n"
		     "	inc	%[done]\n"
		     "	mov	%[done], (%[chunks])\n"
		     "	cmp	%[stop], %[done]\n"
		     "	je	3f\n"
		     "	cmpl	$0, (%[over])\n"
		     "	je	1b\n"
		     "3:	fstpt	(%[sums])\n"
		     "	fstpt	16(%[sums])\n"
		     "	fninit\n"
		     : [done] "+&r"(done)
		     : [sums] "r"(sums), [step] "m"(*step), [stop] "r"(stop), [over] "r"(over),
		       [chunks] "r"(chunks), [chunk] "i"(CHUNK)
		     : "ecx", "cc", "memory", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)",
		       "st(6)", "st(7)");
	return done;
}
/* clang-format on */

static void computes(long i)
{
	const float step = 1 + i;
	long double again[2];
	uint32_t ignored = 0;
	volatile uint32_t chunks = 0;
	uint32_t done = sum(was.of[i].sums, &step, 0, &was.over, &was.of[i].chunks);

	EXPECT_EQ(sum(again, &step, done, &ignored, &chunks), done);
	for (int k = 0; k < 2; k++)
		EXPECT_MEM(&was.of[i].sums[k], &again[k], 10);
	/* It does depend on every term. */
	sum(again, &step, done - 1, &ignored, &chunks);
	EXPECT(again[0] < was.of[i].sums[0]);
}

static void setup(void)
{
	for (int i = 0; i < THREADS; i++)
		was.thread[i] = t_thread(computes, i);
	for (int i = 0; i < THREADS; i++)
		T_UNTIL(was.of[i].chunks > 1);
}

static void check(void)
{
	for (int i = 0; i < THREADS; i++) {
		uint32_t before = was.of[i].chunks;

		T_UNTIL(was.of[i].chunks != before);
	}
	__atomic_store_n(&was.over, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < THREADS; i++)
		t_thread_join(was.thread[i]);
}

ZDTM_TEST = {
	.doc = "sums that threads have in their x87 registers come out right",
	.object = "xstate",
	.setup = setup,
	.check = check,
};
