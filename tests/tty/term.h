// SPDX-License-Identifier: GPL-2.0-only
/* A terminal as somebody in front of it has it: types, and looks at what comes. */
#ifndef TESTS_TTY_TERM_H
#define TESTS_TTY_TERM_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Everything runs in namespaces of its own, where pids are free again and /dev/pts is empty. What
 * fails there says so and ends it; in_arena() then fails the test case.
 */
void in_arena(void (*body)(void));
_Noreturn void give_up(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#define NEED(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			give_up("line %d: %s", __LINE__, #cond);                                   \
	} while (0)

/* A shell command, and what it printed; the exit status of the last one. */
const char *run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
extern int status;

struct term {
	int fd;
	pid_t pid;
	char *text; /* all that came so far */
	size_t len, seen;
	const char *name;
};

/* Runs a program in a new terminal, which is its own. */
void term_start(struct term *t, const char *name, int rows, int cols, const char *const *argv);
void term_type(struct term *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Waits until this comes, behind what was waited for before; returns what follows, so far. */
const char *term_expect(struct term *t, const char *text);
/* Takes the terminal away, and waits for the program to end. */
void term_end(struct term *t);

#endif
