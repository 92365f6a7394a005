// SPDX-License-Identifier: GPL-2.0-only
/* The forms a report can take. */
#ifndef ZDTM_REPORT_H
#define ZDTM_REPORT_H

#include "session.h"

struct report {
	const char *name;
	bool for_people; /* so the closing line belongs to it */

	/* Each may be NULL. */
	void (*begin)(FILE *out, const struct session *s);
	void (*run)(FILE *out, const struct session *s, const struct run *run);
	void (*end)(FILE *out, const struct session *s);
};

extern const struct report report_pretty, report_ktap, report_junit, report_json;

/* Of what was written elsewhere a person wants to see this much: the failures. */
extern const struct report report_failures;

/* NULL when there is no such format. */
const struct report *report_find(const char *name);

#endif
