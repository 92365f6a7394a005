// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that is mapped can be cut short by whoever may write to it, and who then touches a page of it
 * gets SIGBUS, which ends a process: here it is an answer.
 */
#ifndef BASE_SIGBUS_H
#define BASE_SIGBUS_H

#include <signal.h>
#include <stdbool.h>

/* Between these read_mapped() works, in all threads. The action of SIGBUS is the process's: one at a time. */
void sigbus_expect(struct sigaction *before);
void sigbus_done(const struct sigaction *before);

/*
 * Calls fn(arg), which reads mapped files and neither owns nor locks anything meanwhile: it is left
 * where it is, and the result false, when a page is not there.
 */
bool read_mapped(void (*fn)(void *arg), void *arg);

#endif
