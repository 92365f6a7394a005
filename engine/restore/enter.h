// SPDX-License-Identifier: GPL-2.0-only
/* From a process that still is the engine into the restorer; and what main does when it is there. */
#ifndef RESTORE_ENTER_H
#define RESTORE_ENTER_H

#include "engine/restore.h"

/*
 * In the task: writes the programs of all its threads and goes into the restorer. Returns only on
 * failure (logged). exe_fd: its executable, open.
 */
int restorer_go(struct restore *r, struct restore_task *t, int exe_fd);

/*
 * In main, when a task waits in the restorer: keeps what it will have of seccomp from having any
 * effect until it is let go. Then, for all tasks: takes hold of all its threads; waits for that, sets
 * their registers and takes the restorer out; lets them run, or stop again. Each step is done for
 * all tasks before the next, so that nobody runs before everybody can.
 */
int release_suspend_seccomp(struct restore *r, struct restore_task *t);
int release_hold(struct restore *r, struct restore_task *t);
int release_set(struct restore *r, struct restore_task *t);
/* Held ones die with main, so that nobody runs half set. When all are set, this must end. */
int release_disown(struct restore *r, struct restore_task *t);
int release_go(struct restore *r, struct restore_task *t);
/* A task that its parent can wait for as continued is stopped and continued once. */
int release_bounce(struct restore *r, struct restore_task *t);

/* Waits until a task that was let go with a stop signal stands still. */
int release_await_stop(struct restore *r, struct restore_task *t);
/* SIGSTOPs that were pending of a task, sent when it has taken all others. */
int release_stops(struct restore *r, struct restore_task *t);

/* In main: makes the tasks it forks itself; their own children they make themselves. */
int tasks_fork(struct restore *r);

/* Ends the calling process so that wait(2) reports this status. */
_Noreturn void task_end_as(int status);

#endif
