// SPDX-License-Identifier: GPL-2.0-only
/* Commands of the caller's that are run before and after the steps of a dump or restore. */
#ifndef ENGINE_SCRIPT_H
#define ENGINE_SCRIPT_H

#include <sys/types.h>

#include "engine/options.h"

/*
 * Runs each --action-script, told of the action by its environment; root: of the tree, 0 while there
 * is none. 0, or -errno (logged) when one fails: those behind it are not run.
 */
int script_run(const struct options *o, const char *action, pid_t root);

#endif
