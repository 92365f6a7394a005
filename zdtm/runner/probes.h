// SPDX-License-Identifier: GPL-2.0-only
/* The feature probes: what they declare and what they answer on this kernel. */
#ifndef ZDTM_PROBES_H
#define ZDTM_PROBES_H

#include <json-c/json.h>
#include <stdbool.h>

#include "kernel.h"

/* One question. The strings live as long as the program; those not declared are NULL. */
struct probe {
	const char *name;    /* "kcmp.epoll_tfd" */
	const char *program; /* path of the program that asks it */
	const char *what, *since, *until, *commit, *kconfig, *capability, *source, *guards;
	bool gap;            /* states what there is no interface for */
	const char *verdict; /* NULL: not asked yet; see below */
	const char *reason;  /* or NULL */
	bool fatal;          /* it brings the kernel down */
};

/*
 * Verdicts are the programs' own (conforms, absent, deviates, new, gap, broken), and one of ours:
 * "regression" is an absent interface that this kernel's version and configuration promise. Absences
 * for want of a privilege or of hardware, or because the administrator wants it so, are none: their
 * reasons begin with "privilege: ", "machine: " or "policy: ".
 */
bool probe_is(const struct probe *p, const char *verdict);

/* What a test may rest on. */
bool probe_serves(const struct probe *p);

struct probes {
	struct probe *list; /* in order of their names */
	size_t n;
	const char
		*as; /* the user who asks, as the programs' --as names it; NULL: whoever we are */
	bool singly; /* one question at a time */
};

/* All such names, ended with NULL. */
extern const char *const probe_users[];

/*
 * All declarations, or (when `program` is not NULL) those of one program: feature-probes/kcmp.c is
 * "kcmp". Nothing is asked yet.
 */
struct probes probes_load(const char *program);

/*
 * Adds a question by its name alone, unless it is there: nothing but the name need be known to ask it,
 * and on an emulated machine it takes seconds to have them all declared.
 */
void probes_name(struct probes *p, const char *name);

/* Makes an absence a regression where the declaration and this kernel say so. */
void probe_judge(struct probe *p, const struct kernel *k);

/* Asks those that `wanted` says (NULL: all), all programs side by side. */
void probes_ask(struct probes *p, const struct kernel *k,
		bool (*wanted)(const struct probe *p, void *arg), void *arg);

/* NULL when there is no such probe. */
struct probe *probes_find(const struct probes *p, const char *name);

/* {"name", "verdict", "reason", "since"} */
struct json_object *probe_json(const struct probe *p);

#endif
