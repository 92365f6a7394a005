// SPDX-License-Identifier: GPL-2.0-only
/* What the archive offers. */
#ifndef ZDTM_KERNELS_H
#define ZDTM_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

/* A line of kernels. Texts may be empty. */
struct kernel_line {
	const char *name, *release, *cached; /* the newest there is, and what we have */
	const char *missing;                 /* of it, in words */
	bool bare;                           /* without modules */
};

/* All of them; *n is their number. */
struct kernel_line *kernels_lines(size_t *n);

#endif
