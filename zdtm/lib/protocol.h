// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a test program and the runner have to say to each other. The tested tree may hold nothing
 * that reaches out of it (a pipe or a socket to the runner would be dumped with it), so:
 *
 * - the runner executes PROGRAM ZDTM_ARG_RUN FLAVOR [VARIANT] with the log, a regular file opened
 *   O_APPEND, as stdout and stderr;
 * - the test speaks by lines in that log, one write() each, beginning with ZDTM_SAYS;
 * - the runner speaks once, with the signal ZDTM_GO to the main thread: check() may begin.
 *
 * A "fail" line before "ready" means broken, after it failed.
 */
#ifndef ZDTM_PROTOCOL_H
#define ZDTM_PROTOCOL_H

#include <signal.h>

#define ZDTM_ARG_RUN     "--in-arena" /* FLAVOR [VARIANT]: setup, wait, check */
#define ZDTM_ARG_CLEANUP "--cleanup"  /* FLAVOR [VARIANT]: the declared cleanup */
#define ZDTM_ARG_TASK    "--task"     /* FUNCTION ARG [VARIANT]: a child, by t_exec() */

#define ZDTM_GO SIGPWR

#define ZDTM_SAYS         "zdtm: "
#define ZDTM_SAYS_READY   "ready"   /* setup is done, the main thread waits for ZDTM_GO */
#define ZDTM_SAYS_FAIL    "fail"    /* what went wrong, and where */
#define ZDTM_SAYS_SKIP    "skip"    /* why this machine cannot run it; then exits */
#define ZDTM_SAYS_NOTE    "note"    /* for the report */
#define ZDTM_SAYS_OUTSIDE "outside" /* the pid of a task that is none of the tree, and stays */
#define ZDTM_SAYS_DONE    "done"    /* check is done */

/* How the program ends. */
enum zdtm_exit {
	ZDTM_EXIT_FINE = 0,
	ZDTM_EXIT_FAILED = 1, /* and a fail line says why */
	ZDTM_EXIT_SKIP = 77,
};

/* Where .timeout says nothing. Seconds. */
#define ZDTM_TIMEOUT 30

#endif
