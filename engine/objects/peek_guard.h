// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options of somebody else's socket that are changed for a moment. A process that shares our
 * descriptors puts them back should we be killed in that moment.
 */
#ifndef OBJECTS_PEEK_GUARD_H
#define OBJECTS_PEEK_GUARD_H

/* What they are. */
struct peek_options {
	int oobinline, passcred, passpidfd, peek_off;
};

struct peek_guard;

/* Starts the guard; it ends with us, at the latest. Before threads are made. */
int peek_guard_start(void);
void peek_guard_done(void);

/* Takes a socket under guard, where nothing is changed yet. A socket at a time for each thread. */
struct peek_guard *peek_guard_begin(int sk, const struct peek_options *was);
/* Changes one of them: SO_OOBINLINE, SO_PASSCRED, SO_PASSPIDFD or SO_PEEK_OFF. */
int peek_guard_set(struct peek_guard *g, int option, int value);
/* Puts all back. */
int peek_guard_end(struct peek_guard *g);

#endif
