// SPDX-License-Identifier: GPL-2.0-only
/* What probes answer, told to people. */
#ifndef ZDTM_VERDICTS_H
#define ZDTM_VERDICTS_H

#include <stdio.h>

#include "probes.h"
#include "say.h"

struct verdict {
	const char *name;
	enum colour colour;
	bool bad;
};

/* Of a probe that was asked. */
const struct verdict *verdict_of(const struct probe *p);

/* The bad ones, with their reasons. */
void verdicts_bad(FILE *out, const struct probes *all);

/* One line: "34 conforms, 2 absent..." as far as there are any. Gives how many are bad. */
size_t verdicts_close(FILE *out, const struct probes *all);

#endif
