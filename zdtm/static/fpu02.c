// SPDX-License-Identifier: GPL-2.0-only
/*
 * How each thread rounds, and which floating-point exceptions it has seen: control and status
 * registers of its own. Asked back, and by dividing.
 */
#include <fenv.h>

#include "zdtm.h"

#define THREADS 3

enum { READY, GO };

static const int modes[] = { FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO };
static const int raised[] = { FE_INEXACT | FE_OVERFLOW, FE_DIVBYZERO, FE_INVALID | FE_UNDERFLOW };

static pthread_t threads[THREADS];

static double minus_third(void)
{
	volatile double one = -1, three = 3;

	return one / three;
}

static void thread(long i)
{
	double before;

	SYS_RC(fesetround(modes[i]));
	before = minus_third();
	feclearexcept(FE_ALL_EXCEPT);
	feraiseexcept(raised[i]);
	t_wake(READY);
	t_wait(GO);
	EXPECT_EQ(fetestexcept(FE_ALL_EXCEPT), raised[i]);
	EXPECT_EQ(fegetround(), modes[i]);
	EXPECT(minus_third() == before);
	/* Down is the only one that goes further from nought. */
	EXPECT_EQ(-3 * (long double)minus_third() > 1, modes[i] == FE_DOWNWARD);
}

static void setup(void)
{
	for (int i = 0; i < THREADS; i++) {
		threads[i] = t_thread(thread, i);
		t_wait(READY);
	}
	feclearexcept(FE_ALL_EXCEPT);
}

static void check(void)
{
	EXPECT_EQ(fegetround(), FE_TONEAREST);
	EXPECT_EQ(fetestexcept(FE_ALL_EXCEPT), 0);
	for (int i = 0; i < THREADS; i++)
		t_wake(GO);
	for (int i = 0; i < THREADS; i++)
		t_thread_join(threads[i]);
}

ZDTM_TEST = {
	.doc = "each thread keeps its rounding and its floating-point exceptions",
	.object = "xstate",
	.setup = setup,
	.check = check,
};
