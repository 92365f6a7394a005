// SPDX-License-Identifier: GPL-2.0-only
/*
 * What binds a task although nobody can read or rebuild it: Landlock domains and keys. All that can
 * be found out is that there is something.
 */
#ifndef TASK_SECURITY_H
#define TASK_SECURITY_H

#include "engine/inject/inject.h"
#include "engine/task/task.h"

/* The questions of one thread. */
struct security_questions {
	int witness, thread_keys, process_keys;
	int session, session_keys;
	uint64_t description;
};

/* While the tree still runs: what finding out will take. A failure shows later. */
void security_prepare(pid_t root);
/* When it is done. */
void security_end(void);

int security_ask(const struct task *t, const struct thread *th, struct batch *b,
		 struct security_questions *q);
/* Refuses what was found. */
int security_answer(const struct task *t, const struct thread *th, struct batch *b,
		    const struct security_questions *q);

#endif
