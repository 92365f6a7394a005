// SPDX-License-Identifier: GPL-2.0-only
/* One test from setup to check, as told by the arena's init. */
#ifndef ZDTM_STORY_H
#define ZDTM_STORY_H

#include "engine.h"
#include "result.h"
#include "suite.h"

/* How all runs of one command are to be done. */
struct manner {
	struct engine dump, restore;
	unsigned int cycles; /* dumps and restores between the halves */
	const char *work;    /* directory for the work directories; NULL: a tmpfs in each arena */
	bool keep;           /* the work directory is copied out when all is over */

	/*
	 * Does something to the images between dump and restore, with what the run has for it; 0 or
	 * -errno. Then failures are what one waits for: nothing is kept of them, nobody asks why, and
	 * what the test does not notice is noticed only after it.
	 */
	int (*edit)(const char *images, const void *how);
};

struct story {
	const struct test_case *test;
	enum flavor flavor;
	const struct manner *manner;
	const char *dir;       /* the run's own directory: logs, images */
	const char *work;      /* the work directory, where the test finds itself */
	const void *edit;      /* how, for manner->edit */
	struct result *result; /* shared with the command */
};

/* Inside the run's directory. */
#define STORY_TEST_LOG   "test.log"
#define STORY_ENGINE_LOG "engine.log"

/* Returns when the test is over and its result is decided; its tasks may still be there. */
void story_tell(const struct story *story);

/* Do logs and images of such a run stay? */
bool result_is_kept(const struct result *r);

/* Sets the outcome, unless there is one: the first thing that went wrong is what counts. */
void result_decide(struct result *r, enum outcome outcome, enum phase phase, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
