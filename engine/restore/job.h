// SPDX-License-Identifier: GPL-2.0-only
/* A job that comes back in the terminal of the caller: --shell-job. */
#ifndef RESTORE_JOB_H
#define RESTORE_JOB_H

#include "engine/restore.h"

/*
 * In main, before the fork: opens the terminal (r->job_terminal) and remembers how it is. Where we
 * are in the background ourselves the job stays there, and the terminal is left alone.
 */
int job_open(struct restore *r);

struct termios2;
/* The modes the job had its terminal set to: it has them whenever it is in front. */
int job_modes(const struct restore *r, const struct termios2 *set);

/* When the job runs: tells it if its window has another size than it knows. */
void job_begin(const struct restore *r);

/* Waits for the job to end, and stops with it: for the shell we are the job. */
int job_wait(struct restore *r);

#endif
