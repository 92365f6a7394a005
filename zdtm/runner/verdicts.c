// SPDX-License-Identifier: GPL-2.0-only
#include "verdicts.h"

#include "engine/base/cleanup.h"

/* In the order in which the closing line counts them. */
static const struct verdict verdicts[] = {
	{ "conforms", GREEN, false }, { "new", BLUE, false },      { "absent", YELLOW, false },
	{ "gap", DIM, false },        { "regression", RED, true }, { "deviates", RED, true },
	{ "broken", RED, true },
};

const struct verdict *verdict_of(const struct probe *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++)
		if (probe_is(p, verdicts[i].name))
			return &verdicts[i];
	return &verdicts[ARRAY_SIZE(verdicts) - 1];
}

size_t verdicts_close(FILE *out, const struct probes *all)
{
	size_t bad = 0, asked = 0;

	if (all->as)
		fprintf(out, "%s: ", all->as);
	for (size_t v = 0; v < ARRAY_SIZE(verdicts); v++) {
		size_t n = 0;

		for (size_t i = 0; i < all->n; i++)
			n += all->list[i].verdict && verdict_of(&all->list[i]) == &verdicts[v];
		if (n)
			fprintf(out, "%s%zu %s", asked ? ", " : "", n, verdicts[v].name);
		asked += n;
		bad += verdicts[v].bad ? n : 0;
	}
	fputc('\n', out);
	return bad;
}

void verdicts_bad(FILE *out, const struct probes *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct probe *p = &all->list[i];

		if (p->verdict && verdict_of(p)->bad)
			fprintf(out, "%s%-10s%s %-36s %s\n           %s\n",
				colour(out, verdict_of(p)->colour), p->verdict, colour(out, PLAIN),
				p->name, p->what ?: "", p->reason ?: "");
	}
}
