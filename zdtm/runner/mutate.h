// SPDX-License-Identifier: GPL-2.0-only
/* What came of changes to images, and telling it. */
#ifndef ZDTM_MUTATE_H
#define ZDTM_MUTATE_H

#include <json-c/json.h>
#include <stdio.h>

#include "session.h"

enum notice {
	UNNOTICED,
	BY_ENGINE, /* the restore failed, or what was restored ended at once */
	BY_CHECK,  /* the test's */
	BY_COUNT,  /* the test is content, but there are other tasks or files than before */
	BY_KERNEL, /* it complained */
	NOT_TRIED,
	NOTICES,
};
extern const char *const notice_names[NOTICES];

struct mutation {
	const struct test_case *test;
	const char *name, *field, *words; /* see change.h */
	enum notice notice;
	const char *reason; /* what whoever noticed it said; "" */
};

struct mutations {
	struct mutation *list; /* in order of test */
	size_t n;
};

/* Those of one test, as soon as they have been tried. `all`: those that were noticed, too. */
void mutations_tell(FILE *out, const struct mutation *list, size_t n, bool all);

/* Which fields nobody ever noticed; how many those are. */
size_t mutations_close(FILE *out, const struct mutations *m);

struct json_object *mutations_json(const struct session *s, const struct mutations *m);

#endif
