// SPDX-License-Identifier: GPL-2.0-only
/* The subcommands. Each takes its own argv (argv[0] is its name) and gives the exit status. */
#ifndef ZDTM_COMMANDS_H
#define ZDTM_COMMANDS_H

#include "session.h"

int command_list(int argc, char **argv);
int command_run(int argc, char **argv);
int command_probe(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_matrix(int argc, char **argv);
int command_kernels(int argc, char **argv);
int command_mutate(int argc, char **argv);
int command_inside(int argc, char **argv);

/* ---- What several of them do ------------------------------------------------------------------ */

/* A list of texts that options collect. Always ended with NULL. */
struct texts {
	const char **list;
	size_t n;
};
void texts_add(struct texts *t, const char *text);
bool texts_have(const struct texts *t, const char *text);
void texts_remove(struct texts *t, const char *text);

/* An engine for each half of the work; the same text twice is one engine. */
struct manner manner_make(const char *dump, const char *restore);

/* Ends with EXIT_CANNOT_TEST where no test could be run, whatever it was; says why. */
void require_machine(const struct manner *m);

/* Fills the session's runs from the suite. */
void session_plan(struct session *s, const struct suite *suite, const bool flavors[FLAVORS]);

/* Asks what they need and has not been asked yet; those that lack something here are finished. */
void session_look(struct session *s, const struct suite *suite);

#endif
