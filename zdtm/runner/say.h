// SPDX-License-Identifier: GPL-2.0-only
/* What the command says to the person at it, and the exit statuses that go with it. */
#ifndef ZDTM_SAY_H
#define ZDTM_SAY_H

#include <stdbool.h>
#include <stdio.h>

enum {
	EXIT_FINE = 0,
	EXIT_FAILURES = 1,      /* a test failed, a probe deviates, something broke */
	EXIT_MISUSE = 2,        /* the command line asks for what there is not */
	EXIT_CANNOT_TEST = 125, /* this machine cannot run tests at all; git bisect run skips */
};

/* The subcommand's name, in front of every sentence. */
extern const char *say_command;

void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* complain() and end with EXIT_MISUSE, EXIT_CANNOT_TEST, or (our own bug or no memory) EXIT_FAILURES. */
_Noreturn void misuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void cannot_test(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Memory or die(). */
void *need(void *p);

/* Bright words when `f` is a terminal that wants them, else nothing. */
enum colour { PLAIN, RED, GREEN, YELLOW, BLUE, DIM };
const char *colour(FILE *f, enum colour c);

/* A line that the next one overwrites; nothing where stderr is no terminal. "" clears it. */
void progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The output file of -o, or stdout for NULL. */
FILE *open_output(const char *path);

/* Closes it, unless it is stdout; die() unless all that was printed to it has been written. */
void close_output(FILE *f);

#endif
