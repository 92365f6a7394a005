// SPDX-License-Identifier: GPL-2.0-only
/*
 * A session carried out in guests: as many boots of one kernel as it takes, for a kernel that a test
 * or probe brings down is booted anew for the rest.
 */
#ifndef ZDTM_REMOTE_H
#define ZDTM_REMOTE_H

#include "session.h"
#include "target.h"

struct remote {
	const struct target *target;
	struct session *session; /* its runs, and the kernel, are filled in */

	/* Questions: those of each list that have no verdict yet and are `wanted` (NULL: none is). */
	struct probes *lists;
	size_t n;
	bool (*wanted)(const struct probe *p, void *arg);
	void *arg; /* for wanted */

	bool console; /* keep what the kernel printed, whatever came of it */

	unsigned int downs; /* filled in: how often the kernel went down */
	const char *images; /* filled in: see guest_images() */
};

/* `tell` hears of the runs as from session_run(); the kernel is known by then. */
void remote_run(struct remote *r, session_tell *tell, void *arg);

#endif
