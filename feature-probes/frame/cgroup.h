// SPDX-License-Identifier: GPL-2.0-only
/* Control groups of a probe's own, below the one it was started in. */
#ifndef FEATURE_PROBES_FRAME_CGROUP_H
#define FEATURE_PROBES_FRAME_CGROUP_H

#include <sys/types.h>

/*
 * A new cgroup in the unified hierarchy, or in that of a v1 controller, with nobody in it: its path.
 * It is removed after the probe. Absent where that hierarchy is not mounted or not ours to write.
 */
char *cgroup_new(void);
char *cgroup1_new(const char *controller);

/* Where a hierarchy ("" for the unified one) is mounted, NULL when it is not. */
char *cgroup_mount(const char *controller);

/* A task's path in a hierarchy, as /proc/PID/cgroup has it; NULL when it is not there. */
char *cgroup_of(pid_t pid, const char *controller);

/* One more below a cgroup of ours. */
char *cgroup_below(const char *parent, const char *name);

/* Moves a task (0: the caller). Fails as a system call does. */
int cgroup_move(const char *cgroup, pid_t pid);

/* Waits until a line of one of its files is there: "frozen 1" in "cgroup.events". */
void cgroup_await(const char *cgroup, const char *file, const char *line);

#endif
