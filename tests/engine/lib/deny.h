// SPDX-License-Identifier: GPL-2.0-only
/* A kernel that lacks something, as far as a process can tell: a seccomp filter says so. */
#ifndef TESTS_ENGINE_DENY_H
#define TESTS_ENGINE_DENY_H

#include <stdint.h>

#define ANY -1

/* What is refused: a call, or only with this (lower half of an) argument. */
struct denial {
	int nr, err;
	int arg; /* which one; ANY: all calls */
	uint32_t value;
};

/* For this process and all it makes from now on. */
int deny(const struct denial *d);

#endif
