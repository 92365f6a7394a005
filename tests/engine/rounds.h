// SPDX-License-Identifier: GPL-2.0-only
/* What a thread of the target does in a round: each thing says by itself when it came out wrong. */
#ifndef TESTS_ENGINE_ROUNDS_H
#define TESTS_ENGINE_ROUNDS_H

#include <stdbool.h>

#include "target.h"

extern struct target_state *state;

#define MS 1000000L

/* Writes down what is wrong, unless something else was before. */
void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#define CHECK(cond, ...)                                                                           \
	do {                                                                                       \
		if (!(cond))                                                                       \
			fail(__VA_ARGS__);                                                         \
	} while (0)

static inline bool stopping(void)
{
	return __atomic_load_n(&state->stop, __ATOMIC_ACQUIRE);
}

/* Nothing, for a moment: there are others on this machine. */
void rest(void);

/* All registers, in a loop, and over a system call. */
void spin(void);
void sleep_with_regs(void);

/* Calls that end by their timeout, not sooner and not with another result. */
void sleeps(void);

void memory(void);

/* Signals of a timer, which are blocked outside of here, and queued ones. Of one thread only. */
void signals(void);
/* Before the first thread. */
void catch_signals(void);

#endif
