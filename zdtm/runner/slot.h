// SPDX-License-Identifier: GPL-2.0-only
/* Where one run after another takes place: its arena, its files, and what becomes of them. */
#ifndef ZDTM_SLOT_H
#define ZDTM_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "klog.h"
#include "session.h"
#include "story.h"

struct slot {
	struct run *run; /* NULL: none */
	size_t index;    /* of the run */
	pid_t init;
	int over, ours;       /* a pipe: at an end when the init has no more to tell or is dead */
	char *dir, *work;     /* the run's directory; the work directory */
	enum complaint heard; /* the worst that the kernel has said meanwhile */
	struct story story;
};

/* Ends the runner when there is no arena to be had. */
void slot_start(struct slot *slot, struct session *s, struct run *run);

/* When `over` is at an end: decides what is still open, and gives whether the run failed. */
bool slot_finish(struct slot *slot, struct session *s);

/* Interrupted: kills what runs there, and nothing of it stays. */
void slot_abandon(struct slot *slot);

#endif
