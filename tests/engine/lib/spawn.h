// SPDX-License-Identifier: GPL-2.0-only
/* What run.c and trace.c share. */
#ifndef TESTS_ENGINE_SPAWN_H
#define TESTS_ENGINE_SPAWN_H

#include <stdarg.h>

#include "lib.h"

/* A shell that runs a command, or waits for its tracer first. */
pid_t spawn(bool traced, const char *before, const char *fmt, va_list ap);
const char *refcr_command(void);
/* What it said, once it has ended with this wait status. */
struct ran ended(pid_t pid, int status);

#endif
