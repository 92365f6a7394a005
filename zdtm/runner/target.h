// SPDX-License-Identifier: GPL-2.0-only
/* The kernel that a SPEC of the command line means, ready to be booted. */
#ifndef ZDTM_TARGET_H
#define ZDTM_TARGET_H

#include <stdbool.h>

#include "engine/base/buf.h"

struct target {
	const char *spec;    /* as the command line has it */
	const char *release; /* as its image says */
	const char *image;   /* what is booted */
	const char *modules; /* ext4 image of what belongs below /lib/modules; NULL: none */
	const char *config;  /* file with its configuration, or NULL */
	const char *early;   /* folder of modules it cannot reach its disk without; NULL: none */
	const char *lacks;   /* "modules, config": what could not be had with it; NULL: nothing */
};

/* The running kernel, for which nothing has to be booted. */
bool target_is_host(const char *spec);

/*
 * A bzImage, a kernel tree (which is built first), or a line or release of Debian's archive. What
 * there is not is a misuse; what does not build, cannot be fetched or is no kernel ends with
 * EXIT_CANNOT_TEST. What is made of a tree goes with the program.
 */
struct target target_find(const char *spec);

/* Where fetched kernels and guests' images are kept. */
const char *target_cache(void);

/*
 * Runs one of the scripts of ci/ and gives its exit status, and what it printed; the word list ends
 * with NULL. What it complains of goes to stderr.
 */
int target_script(const char *name, const char *const *words, struct buf *out);

#endif
