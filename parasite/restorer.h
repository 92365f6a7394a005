// SPDX-License-Identifier: GPL-2.0-only
/*
 * The restorer: the last code of ours that runs in a task being restored, when nothing else of the
 * engine is left in its memory. It works through lists of system calls, written beforehand by the
 * engine (engine/restore/program.h), and ends waiting for main to take over.
 *
 * It is copied to where it runs: no libc, no data, no calls out of its own section.
 */
#ifndef PARASITE_RESTORER_H
#define PARASITE_RESTORER_H

#include <stdint.h>

enum step_kind {
	STEP_CALL,  /* make the call; an error ends the restore */
	STEP_DRAIN, /* repeat the call until it fails */
	STEP_THREAD, /* start a thread: arg[0] struct restorer_thread *, arg[1] struct clone_args * */
	STEP_TIMER, /* timer_create(arg[0], arg[1], arg[2]) until the id is arg[3] */
	STEP_TELL,  /* tell main that this one has reached the end of the present stage */
	STEP_AWAIT, /* wait until main has opened stage arg[0] */
	STEP_STAY,  /* the last: stay in the call until main takes over */
};

struct step {
	uint32_t kind;
	int32_t nr;
	uint64_t arg[6];
	const char *what; /* in main's memory, for its message */
};

/* The memory that main and every restored task share. The first words are futexes. */
struct restore_ctl {
	uint32_t stage;   /* how far main lets everybody go */
	uint32_t reached; /* how many have reached the end of it */
	uint32_t claimed; /* somebody in the restorer failed, and tells: */
	uint32_t failed;  /* has told, or failed earlier and logged it */
	int32_t failed_tid;
	int32_t failed_err;
	const char *failed_what;
};

/* One thread's part. */
struct restorer_thread {
	struct restore_ctl *ctl; /* where it is mapped beside the restorer */
	const struct step *step; /* the last is STEP_STAY */
	int32_t tid;
	int32_t done; /* the call of STEP_STAY has returned, with */
	int64_t result;
};

/* Entered on a stack of its own; never returns. */
void restorer_enter(struct restorer_thread *t);

extern const char __start_restorer[], __stop_restorer[];

#endif
