// SPDX-License-Identifier: GPL-2.0-only
/* zdtm diff */
#include <getopt.h>
#include <string.h>

#include "commands.h"
#include "document.h"
#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "say.h"

/* Better is more. A skipped test says nothing about the kernel: it can only appear or go. */
static const struct rank {
	const char *word;
	int rank;
} ranks[] = {
	{ "skipped", -1 }, { "failed", 0 },   { "broken", 0 },     { "refused", 1 },
	{ "passed", 2 },   { "deviates", 0 }, { "regression", 0 }, { "absent", 1 },
	{ "new", 2 },      { "conforms", 2 }, { "gap", 1 },
};

static int rank(const struct entry *e)
{
	for (size_t i = 0; e && i < ARRAY_SIZE(ranks); i++)
		if (streq(ranks[i].word, e->word))
			return ranks[i].rank;
	return -1;
}

enum change { SAME, BROKE, HEALED, NEW, GONE, CHANGES };

static const char *const change_names[] = {
	[BROKE] = "broke",
	[HEALED] = "healed",
	[NEW] = "new",
	[GONE] = "gone",
};

static enum change change_of(const struct entry *a, const struct entry *b)
{
	int was = rank(a), is = rank(b);

	if (was < 0 && is < 0)
		return SAME;
	if (was < 0)
		/* Nobody asked before, and the answer is bad: that is what one looks for here. */
		return is == 0 && a ? BROKE : NEW;
	if (is < 0)
		return GONE;
	return is < was ? BROKE : is > was ? HEALED : SAME;
}

static void print(const struct entry *a, const struct entry *b)
{
	const struct entry *last = b ?: a;

	printf("  %-40s %s -> %s", last->name, a ? a->word : "-", b ? b->word : "-");
	if (b && *b->phase)
		printf(" in %s", b->phase);
	if (b && *b->reason)
		printf(": %s", b->reason);
	putchar('\n');
}

/* Both lists are sorted: one walk meets every name once. */
static void walk(const struct entries *a, const struct entries *b, enum change wanted,
		 size_t *count)
{
	for (size_t i = 0, k = 0; i < a->n || k < b->n;) {
		const struct entry *x = i < a->n ? &a->list[i] : NULL;
		const struct entry *y = k < b->n ? &b->list[k] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->name, y->name);

		if (order < 0)
			y = NULL;
		if (order > 0)
			x = NULL;
		i += x != NULL;
		k += y != NULL;
		if (change_of(x, y) != wanted)
			continue;
		if ((*count)++ == 0)
			printf("%s:\n", change_names[wanted]);
		print(x, y);
	}
}

int command_diff(int argc, char **argv)
{
	struct entries results[2], probes[2];
	size_t counts[CHANGES] = {};

	if (getopt_long(argc, argv, "", &(struct option){}, NULL) >= 0)
		return EXIT_MISUSE;
	if (argc - optind != 2)
		misuse("two documents are wanted, before and after");
	for (int i = 0; i < 2; i++) {
		struct json_object *document = document_load(argv[optind + i]);

		printf("%s %s\n", i ? "+++" : "---", document_title(document));
		results[i] = document_results(document);
		probes[i] = document_probes(document);
	}
	for (enum change c = BROKE; c < CHANGES; c++) {
		walk(&probes[0], &probes[1], c, &counts[c]);
		walk(&results[0], &results[1], c, &counts[c]);
	}
	printf("%zu broke, %zu healed, %zu new, %zu gone\n", counts[BROKE], counts[HEALED],
	       counts[NEW], counts[GONE]);
	return counts[BROKE] ? EXIT_FAILURES : EXIT_FINE;
}
