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

/* ---- What several of them do ------------------------------------------------------------------ */

/* A list of texts that options collect. Always ended with NULL. */
struct texts {
	const char **list;
	size_t n;
};
void texts_add(struct texts *t, const char *text);

/* An engine for each half of the work; the same text twice is one engine. */
struct manner manner_make(const char *dump, const char *restore);

/* Ends with EXIT_CANNOT_TEST where no test could be run, whatever it was; says why. */
void require_machine(const struct manner *m);

/* Fills the session's runs from the suite. Asks what they need, unless all probes are asked already. */
void session_plan(struct session *s, const struct suite *suite, const bool flavors[FLAVORS]);

/* --kernel and --kernels: only the running one, so far. */
void require_host_kernel(const char *spec);

#endif
