// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program that the tests of refcr dump and restore: many tasks and threads, each of which does
 * something that an engine can spoil, checks every round that it came out right, and counts it in a
 * file that target and test both have mapped. The file stays when the tasks are gone.
 */
#ifndef TESTS_ENGINE_TARGET_H
#define TESTS_ENGINE_TARGET_H

#include <stdint.h>

#define TARGET_SLOTS 32

struct target_slot {
	char what[24];
	int32_t pid, tid;
	uint64_t rounds;
};

struct target_state {
	uint32_t ready;   /* everybody has done a round */
	uint32_t stop;    /* the test wants it to end */
	uint32_t n;       /* slots in use */
	uint32_t telling; /* somebody writes down the first failure */
	uint32_t failed;
	int32_t stopped; /* a child that is stopped by SIGSTOP all the time; 0: none */
	char why[200];   /* the first failure */
	struct target_slot slot[TARGET_SLOTS];
};

#endif
