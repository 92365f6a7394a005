// SPDX-License-Identifier: GPL-2.0-only
/* What a guest is booted for. */
#ifndef ZDTM_JOB_H
#define ZDTM_JOB_H

#include "commands.h"
#include "remote.h"

/* How many times as long things take there as on the machine the deadlines were made for. */
#define EMULATED_PATIENCE 3

/*
 * The arguments of `zdtm inside` for all that is open or, where there are any, the suspects only: they
 * are done one at a time. *count is how many runs and questions that is.
 */
struct texts job_write(const struct remote *r, const struct texts *suspects, bool kvm,
		       size_t *count);

/* The guest's images, with the engines in them that do not lie in our own tree. */
const char *job_images(const struct manner *m);

#endif
