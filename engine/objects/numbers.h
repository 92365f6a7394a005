// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptor numbers to do as one likes with, for what the kernel wants under a certain number:
 * in a copy of the descriptor table, so that nobody who takes files from ours finds others.
 */
#ifndef OBJECTS_NUMBERS_H
#define OBJECTS_NUMBERS_H

/*
 * Runs fn(arg) in a process for a moment, which has all but the table in common with the caller,
 * and gives what it gave.
 */
int numbers_in_copy(int (*fn)(void *arg), void *arg);

/* There: puts `fd` at a number; *there is what was at it, for numbers_put_back(). */
int numbers_put(int fd, int number, int *there);
int numbers_put_back(int number, int there);

#endif
