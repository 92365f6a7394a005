// SPDX-License-Identifier: GPL-2.0-only
/* Taking hold of a thread, whatever its process does meanwhile. */
#ifndef TASK_SEIZE_H
#define TASK_SEIZE_H

#include "task.h"

/* Around all that follows: SIGALRM is in use meanwhile. */
void thread_seize_begin(unsigned int timeout_ms);
void thread_seize_end(void);

/*
 * Its stop is asked for, and can be waited for. -EAGAIN: it ended while we reached for it. -ETIMEDOUT:
 * the kernel did not let us within the timeout.
 */
int thread_seize(struct task *t, pid_t tid);

#endif
