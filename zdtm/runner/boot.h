// SPDX-License-Identifier: GPL-2.0-only
/* Listening to one guest until it ends: what it tells goes into the session as it comes. */
#ifndef ZDTM_BOOT_H
#define ZDTM_BOOT_H

#include "commands.h"
#include "guest.h"
#include "remote.h"

enum ending {
	ENDED,   /* the command in there has ended */
	CRASHED, /* the guest has, and the command has not */
	HUNG,
};

struct boot {
	struct remote *r;
	struct guest guest;
	bool up;                /* it has told about itself */
	bool alone;             /* one thing at a time */
	size_t told;            /* runs and probes it told of */
	struct texts under_way; /* what has begun and not ended */
	struct run *last;       /* the run that ended last */
	struct texts spoilt;    /* runs during which the kernel went wrong, and did not go down */
	const char *log;        /* where the console's output will be kept */
	int status;             /* of the command in there; -1: not told */
};

/* Who hears of finished runs, in their order. */
struct telling {
	session_tell *tell;
	void *arg;
	size_t told;
};
void boot_tell(struct telling *t, const struct session *s);

/*
 * Afterwards the guest is gone. `t` may be NULL: what comes of it is not settled yet. `count` things
 * are expected of it, and its first sign of life within so many seconds.
 */
enum ending boot_listen(struct boot *b, struct telling *t, size_t count, unsigned int boot_seconds);

#endif
