// SPDX-License-Identifier: GPL-2.0-only
/* Reading a set of images into a plan. Nothing is made yet; everything is checked. */
#ifndef RESTORE_PLAN_H
#define RESTORE_PLAN_H

#include "engine/restore.h"
#include "engine/task/task.h"

/* The tree, and the core, fs and ids images of its tasks. */
int plan_tasks(struct restore *r);

/* Adds a task the images do not know: a helper. NULL when there is no memory. */
struct restore_task *plan_add_helper(struct restore *r, pid_t pid);

/* A task, without anything known of it but its pid. NULL when there is no memory. */
struct restore_task *plan_add_task(struct restore *r, pid_t pid, struct restore_task *parent);

/* At dump: could the sessions and groups of this tree be rebuilt? */
int plan_sessions_of(const struct tree *tree, const struct options *opts, struct arena *arena);
/*
 * The task that will have this pid while files are opened: one of the tree, or else a helper that main
 * forks. It stays until everybody has its files. NULL: logged.
 */
struct restore_task *plan_task_for(struct restore *r, pid_t pid);

/* Sessions and groups: who forks whom, and which helpers that takes. */
int plan_sessions(struct restore *r);

/*
 * After that: a process group of the session of t (its leader, or of a job anybody) that may have no
 * members, to be told to the session's terminal: it takes a helper.
 */
int plan_need_group(struct restore *r, struct restore_task *t, pid_t pgid);

/* After a reader failed: says what is wrong with which image; returns r. */
int plan_bad(struct restore *r, int err);

#endif
