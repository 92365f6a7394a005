// SPDX-License-Identifier: GPL-2.0-only
/*
 * Main and the tasks it makes go through a restore in step: nobody begins a stage before everybody
 * has reached the end of the one before. One failure anywhere ends it for all.
 */
#ifndef RESTORE_STAGES_H
#define RESTORE_STAGES_H

#include "engine/restore.h"
#include "parasite/restorer.h"

enum stage {
	STAGE_BORN,   /* every task exists, in its session; leaders of groups lead them */
	STAGE_GROUPS, /* everybody is in its process group: most zombies and helpers may end */
	STAGE_FILES,  /* everybody has its files: the last of them may */
	/* These two only if somebody has seccomp: */
	STAGE_CONFINE, /* memory and threads: in the restorer from here on; main suspends seccomp */
	STAGE_FILTERS, /* what the threads of a task have in common of it */
	STAGE_THREADS, /* memory, threads, credentials: in the restorer from here on */
	STAGE_STOPPED, /* stopped tasks are done, timers and signals included, and stop again */
	STAGE_DONE,    /* so are all others */
};

/* The shared page. */
int stages_init(struct restore *r);

/* In a task: its part of the stage is done; returns when everybody's is. Does not return on failure. */
void stage_reach(struct restore *r, enum stage stage);

/* In a task: waits until main lets everybody leave this stage, without taking part in it. */
void stage_await_open(struct restore *r, enum stage stage);

/* In a task: something failed, and was logged. Main will end us. */
_Noreturn void stage_fail(struct restore *r);

/*
 * In main: lets everybody into the stage behind `before`... and waits until n have reached the end
 * of `stage`. -errno (logged) when somebody failed or died instead.
 */
int stage_await(struct restore *r, enum stage stage, unsigned int n);

/* Lets everybody leave a stage that all have reached. */
void stage_open(struct restore *r, enum stage stage);

/* In a task: waits until *word is not 0 (a file another task opens). */
void stage_await_word(struct restore *r, uint32_t *word);
void stage_set_word(uint32_t *word);

/* The same for a number: counts it up, waits until it has come to n; or both, all n together. */
void stage_count(uint32_t *word);
void stage_await_count(struct restore *r, uint32_t *word, uint32_t n);
void stage_meet(struct restore *r, uint32_t *word, uint32_t n);

/* One task at a time; a word that is 0 is free. */
void stage_lock(struct restore *r, uint32_t *word);
void stage_unlock(uint32_t *word);

#endif
