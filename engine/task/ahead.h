// SPDX-License-Identifier: GPL-2.0-only
/* A look at the tree while it still runs, of which nothing is certain: tasks may come, go and change. */
#ifndef TASK_AHEAD_H
#define TASK_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ahead_task {
	pid_t pid;
	int proc;           /* while it is looked at */
	uint64_t own_bytes; /* private memory, swapped out or not */
	bool has_memfd;     /* among its first descriptors */
};

struct ahead {
	struct ahead_task *task;
	size_t n, cap;
};

/*
 * Has the kernel look up what will be looked up when the tree stands still. A task that is not in the
 * result, for whatever reason, costs time then, and nothing else.
 */
void tree_look_ahead(pid_t root, struct ahead *ret);
void ahead_done(struct ahead *a);

bool ahead_has_memfd(const struct ahead *a);

#endif
