// SPDX-License-Identifier: GPL-2.0-only
/*
 * The restorer: the last code of ours that runs in a task being restored, when nothing else of the
 * engine is left in its memory. It works through lists of system calls (see
 * engine/restore/program.h) and waits to be released.
 */
#ifndef PARASITE_RESTORER_H
#define PARASITE_RESTORER_H

#include <stdint.h>

enum step_kind {
	STEP_CALL,   /* make the call; an error ends the restore */
	STEP_TRY,    /* make the call, whatever comes of it */
	STEP_DRAIN,  /* repeat the call until it fails */
	STEP_THREAD, /* start a thread: arg[0] struct restorer_thread * */
	STEP_TIMER,  /* timer_create(arg[0], arg[1]) until the id is arg[2]: kernels before 6.16 */
	STEP_REACH, /* tell main: one more has reached stage arg[0]; wait until main lets it go on */
	STEP_BLOCK, /* stay in the call for good, main takes over; its result, if it ends, to ret */
	STEP_END,
};

struct step {
	uint32_t kind;
	int32_t nr;
	uint64_t arg[6];
	int64_t ret;
	const char *what;
};

/* The page that main and every restored task share. All words are futexes. */
struct restore_ctl {
	uint32_t stage;     /* set by main: tasks may go on until they reach the next one */
	uint32_t reached;   /* how many have reached the end of the present stage */
	uint32_t failed;    /* 1: somebody failed; */
	int32_t failed_pid; /* and who, with what, and why */
	int32_t failed_err;
	const char *failed_what;
};

struct restorer_thread {
	struct restorer_args *args;
	const struct step *program;
	uint64_t stack_top;
	int32_t tid;
};

struct restorer_args {
	struct restore_ctl *ctl;
	const struct step *program; /* of the main thread */
	int32_t pid;
};

/* What a thread of the restored task tells about itself is found by main at these. */
void restorer_main(struct restorer_args *args);

extern const char __start_restorer[], __stop_restorer[];

#endif
