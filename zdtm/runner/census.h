// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is in the arena, with which descriptors, and which files are in the work directory. Taken
 * before a dump and after it, so that what an engine leaves behind or takes away is seen in every
 * test, whatever the test itself looks at.
 */
#ifndef ZDTM_CENSUS_H
#define ZDTM_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "engine/base/buf.h"

struct census_task {
	pid_t pid, ppid, pgid, sid;
	char comm[64];
	bool zombie, stopped;
	bool running; /* or about to: one of its threads is not asleep */
	int threads;
	int mappings; /* lines of /proc/PID/maps */
	int *fds;     /* ascending */
	size_t n_fds;
};

struct census {
	struct census_task *tasks; /* by pid, without the arena's init */
	size_t n_tasks;
	char **files; /* paths below the work directory, sorted */
	size_t n_files;
};

/* 0 or -errno, -E2BIG for more files than a test has. A task that ends meanwhile is left out. */
int census_take(struct census *c, const char *work);
void census_done(struct census *c);

/* Is any task still on its way? */
bool census_running(const struct census *c);

/*
 * The first difference as a sentence in `to`, false when there is none. With `untouched` the tasks
 * are the same ones, never restored: then the number of their mappings counts as well.
 */
bool census_differs(const struct census *before, const struct census *after, bool untouched,
		    char *to, size_t size);

/* "task 4 (foo) S in futex_do_wait, ..." for all tasks in the arena but its init. */
void census_tell(struct buf *to);

#endif
