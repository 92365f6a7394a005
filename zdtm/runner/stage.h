// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a story takes place, and how its teller hears of what happens there: lines in the test's log,
 * and processes that end. Everything waits here, with one deadline.
 */
#ifndef ZDTM_STAGE_H
#define ZDTM_STAGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "census.h"
#include "engine/base/buf.h"
#include "images.h"
#include "story.h"

/* Tasks that a test has outside its tree. */
#define STAGE_OUTSIDE 8

/* A process we started, or one that a restore gave us back. */
struct child {
	pid_t pid; /* 0: there is none */
	bool ended;
	int status;
};

/* What has happened so far, and what we hear more of. */
struct stage {
	const struct story *story;
	struct result *result;
	double deadline; /* for everything, ms on stage_now() */

	struct child test, engine;
	struct census before;

	struct images images;

	int watch, signals, log; /* inotify on the log; SIGCHLD; the log itself */
	struct buf heard;        /* of the log */
	size_t understood;       /* bytes of it */
	bool ready, done;
	pid_t outside[STAGE_OUTSIDE];   /* 0: no more */
	char failure[1000], skip[1000]; /* the first fail line; the skip line */
	char difference[1000];          /* after an edit: what is not as before */
};

/* 0 or -errno. The log is there when this returns. */
int stage_open(struct stage *s);
void stage_done(struct stage *s);

/* Milliseconds on CLOCK_MONOTONIC. */
double stage_now(void);

/* Collects children that have ended, as all waiting does. */
void stage_reap(struct stage *s);

/* Until it is so; false when the deadline comes first. */
bool stage_wait(struct stage *s, bool (*so)(const struct stage *));

/* With a deadline of its own, in ms: for what takes only as long as the kernel needs to end tasks. */
bool stage_wait_for(struct stage *s, double ms, bool (*so)(const struct stage *));

/* What one can wait for. */
bool stage_ready_or_ended(const struct stage *s);
bool stage_test_ended(const struct stage *s);
bool stage_engine_ended(const struct stage *s);
bool stage_empty(const struct stage *s); /* but for those outside */

#endif
