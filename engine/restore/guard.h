// SPDX-License-Identifier: GPL-2.0-only
/*
 * Main can be killed at any moment, and what it has made by then must not stay: parents that have
 * died are noticed only by their own children, who need not be ours (--restore-sibling), and the
 * last step before the release gives up on being told. So a process stands by that does nothing but
 * wait for main's end.
 */
#ifndef RESTORE_GUARD_H
#define RESTORE_GUARD_H

#include "engine/restore.h"

/*
 * Before main has anything that nobody else may have. undo() is for what outlives the tasks, when
 * they are gone.
 */
int guard_begin(struct restore *r, void (*undo)(struct restore *r));

/* From here on the tree lives on whatever becomes of main: one store, for all tasks at once. */
void guard_release(struct restore *r);

/* It is gone; does nothing when there is none. */
void guard_end(struct restore *r);

#endif
