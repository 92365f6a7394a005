// SPDX-License-Identifier: GPL-2.0-only
/* What came of one run of one test. */
#ifndef ZDTM_RESULT_H
#define ZDTM_RESULT_H

enum outcome {
	UNDECIDED,
	PASSED,
	FAILED,  /* state lost or changed, or the engine broke */
	REFUSED, /* the dump failed with an error, and the target was unharmed */
	SKIPPED, /* a declared need is missing */
	BROKEN,  /* the test could not be set up: never the kernel's fault */
	OUTCOMES,
};
extern const char *const outcome_names[OUTCOMES];

enum phase {
	NO_PHASE,
	SETUP,
	DUMP,
	RESTORE,
	CHECK,
	PHASES,
};
extern const char *const phase_names[PHASES];

/* Milliseconds, negative where it did not come to that. Of several cycles the mean. */
struct timing {
	double setup, dump, frozen, restore, check;
};

/*
 * Filled in by the arena's init and read by the command, which is another process: so there is
 * nothing in it but numbers and text, and it lies in shared memory.
 */
struct result {
	enum outcome outcome;
	enum phase phase; /* where it failed or was refused */
	struct timing ms;
	char reason[1000]; /* one line; "" when there is nothing to tell */
	char engine[1000]; /* the engine's own error line */
	char more[1000];   /* and what it said next, a line each */
	char said[4000];   /* all of the test's failures and notes, a line each */
	/* What the kernel complained of meanwhile, a line each: a lockdep splat is some 100 lines. */
	char kernel[12000];
};

#endif
