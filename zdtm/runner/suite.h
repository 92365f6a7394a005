// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tests there are. Each program is asked for its declaration (-l, ATF's list of cases); there is
 * no list anywhere else.
 */
#ifndef ZDTM_SUITE_H
#define ZDTM_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum flavor {
	FLAVOR_H,
	FLAVOR_NS,
	FLAVOR_UNS,
	FLAVORS,
};
extern const char *const flavor_names[FLAVORS];

enum demand {
	DEMAND_KEEP,
	DEMAND_KEEP_OR_REFUSE,
	DEMAND_MUST_REFUSE,
	DEMAND_REPORT,
};
extern const char *const demand_names[];

/* One variant of one test. The strings live as long as the program. */
struct test_case {
	const char *name;     /* "static/unlink_fstat00@tmpfile" */
	const char *test;     /* "static/unlink_fstat00" */
	const char *variant;  /* "tmpfile"; NULL where a test has none */
	const char *known_as; /* its name in another suite, or NULL */
	const char *program;  /* path */
	const char *doc, *object;
	const char *const *needs, *const *engine; /* never NULL, end with NULL */
	bool flavors[FLAVORS];
	enum demand demand;
	unsigned int timeout; /* seconds */
	uint64_t caps;
	bool exclusive, cleanup;
};

struct suite {
	struct test_case *cases; /* in order of their names */
	size_t n;
};

/*
 * Does a GLOB of the command line mean this case? "static/foo" and "foo" mean all variants of a
 * test, "foo@tmpfile" one; each part may hold wildcards. So does the name that another suite has
 * for a variant.
 */
bool suite_match(const char *glob, const struct test_case *c);

/* Those that match one of the globs (ended with NULL); all of them when there is no glob. */
struct suite suite_load(const char *const *globs);

/* The same for the user's own globs: says which of them match none; the command ends if none does. */
struct suite suite_wanted(const char *const *globs);

/*
 * How many times as long as it declares each test may take here: on an emulated machine everything
 * takes longer. It is in all `timeout`s already.
 */
#define PATIENCE_VARIABLE "ZDTM_PATIENCE"
unsigned int suite_patience(void);

/* "need a b" to an array of words ended with NULL. */
const char *const *suite_words(const char *text);

#endif
