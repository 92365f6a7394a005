// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page fault, of which each first call and each new piece of memory costs one, takes longer than most
 * system calls.
 */
#ifndef BASE_WARM_H
#define BASE_WARM_H

/* The program's code and data, some heap and some stack are there now, and the heap keeps what it has. */
void warm_up(void);

#endif
