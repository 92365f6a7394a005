// SPDX-License-Identifier: GPL-2.0-only
/* Calls that a tracer makes fail. One file in ../arch/ for each CPU. */
#ifndef TESTS_ENGINE_FAIL_H
#define TESTS_ENGINE_FAIL_H

#include <sys/types.h>

/* The tracee stands at the begin of a system call: it is not made, and fails with this. */
void fail_call(pid_t pid, int err);

#endif
