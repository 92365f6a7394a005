// SPDX-License-Identifier: GPL-2.0-only
/* Tracing, as engines do it: seized, never attached. What goes wrong here is broken. */
#ifndef FEATURE_PROBES_FRAME_TRACE_H
#define FEATURE_PROBES_FRAME_TRACE_H

#include <sys/types.h>

/* Seizes a task, with PTRACE_O_* options, and lets it run. */
void seize(pid_t pid, long options);

/* Stops it: the wait status. */
int interrupt(pid_t pid);

/* Both. */
void seize_stopped(pid_t pid, long options);

/* Waits for the next stop of a tracee: the wait status. */
int await_stop(pid_t pid);

/* Lets it go; it runs on. */
void let_go(pid_t pid);

#endif
