// SPDX-License-Identifier: GPL-2.0-only
/* Registers that are filled, used and looked at again. One file in arch/ for each CPU. */
#ifndef TESTS_ENGINE_REGS_H
#define TESTS_ENGINE_REGS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Fills every register with something that no round before had there, makes a system call, or goes
 * round in a loop -call times when that is negative, and looks whether all but those that a system
 * call costs are as they were, and the result is this one. NULL, or what is wrong.
 */
const char *regs_kept(long call, uint64_t arg0, uint64_t arg1, long result);

/* Modes of the FPU that are not what a thread begins with; are they still in force? */
void regs_change_modes(void);
bool regs_modes_kept(void);

#endif
