// SPDX-License-Identifier: GPL-2.0-only
/* zdtm probe */
#include <fnmatch.h>
#include <getopt.h>
#include <string.h>

#include "commands.h"
#include "document.h"
#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "say.h"

/* In the order in which the closing line counts them. */
static const struct verdict {
	const char *name;
	enum colour colour;
	bool bad;
} verdicts[] = {
	{ "conforms", GREEN, false }, { "new", BLUE, false },    { "absent", YELLOW, false },
	{ "regression", RED, true },  { "deviates", RED, true }, { "broken", RED, true },
};

static const struct verdict *verdict_of(const struct probe *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++)
		if (probe_is(p, verdicts[i].name))
			return &verdicts[i];
	return &verdicts[ARRAY_SIZE(verdicts) - 1];
}

static bool matches(const struct probe *p, void *arg)
{
	const struct texts *globs = arg;
	bool wanted = globs->n == 0;

	for (size_t i = 0; i < globs->n; i++) {
		const char *dot = strchr(p->name, '.');
		_cleanup_free_ char *file = need(strndup(p->name, dot ? dot - p->name : 0));

		/* "kcmp" is all of kcmp's. */
		wanted |= fnmatch(globs->list[i], p->name, 0) == 0 ||
			  fnmatch(globs->list[i], file, 0) == 0;
	}
	return wanted;
}

static void print_pretty(FILE *out, const struct probes *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct probe *p = &all->list[i];

		if (!p->verdict)
			continue;
		fprintf(out, "%s%-10s%s %-36s %s\n", colour(out, verdict_of(p)->colour), p->verdict,
			colour(out, PLAIN), p->name, p->what ?: "");
		if (p->reason && !probe_is(p, "conforms"))
			fprintf(out, "           %s\n", p->reason);
	}
}

static void print_ktap(FILE *out, const struct probes *all)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		n += all->list[i].verdict != NULL;
	fprintf(out, "KTAP version 1\n1..%zu\n", n);
	n = 0;
	for (size_t i = 0; i < all->n; i++) {
		const struct probe *p = &all->list[i];
		const char *reason = p->reason ?: p->verdict;

		if (!p->verdict)
			continue;
		if (!probe_is(p, "conforms") && !probe_is(p, "absent"))
			fprintf(out, "# %s: %s: %s\n", p->name, p->verdict, reason);
		fprintf(out, "%sok %zu %s", verdict_of(p)->bad ? "not " : "", ++n, p->name);
		if (probe_is(p, "absent"))
			fprintf(out, " # SKIP %.*s", (int)strcspn(reason, "#"), reason);
		fputc('\n', out);
	}
}

static void print_json(FILE *out, const struct probes *all, const struct kernel *kernel)
{
	struct json_object *json = json_object_new_object();
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].verdict)
			json_object_array_add(list, probe_json(&all->list[i]));
	json_object_object_add(json, "schema", json_object_new_int(1));
	json_object_object_add(json, "kernel", kernel_json(kernel));
	json_object_object_add(json, "probes", list);
	fprintf(out, "%s\n", json_object_to_json_string_ext(json, DOCUMENT_LAYOUT));
	json_object_put(json);
}

/* "34 conform, 2 absent..." as far as there are any. Gives how many are bad. */
static size_t close_line(FILE *out, const struct probes *all)
{
	size_t bad = 0, asked = 0;

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

int command_probe(int argc, char **argv)
{
	enum { FORMAT = 256, KERNEL };
	static const struct option options[] = {
		{ "format", required_argument, NULL, FORMAT },
		{ "kernel", required_argument, NULL, KERNEL },
		{ "output", required_argument, NULL, 'o' },
		{},
	};
	const char *format = "pretty", *output = NULL;
	struct kernel kernel = kernel_running();
	struct texts globs = {};
	struct probes probes;
	bool any = false;
	size_t bad;
	FILE *out;

	for (int c; (c = getopt_long(argc, argv, "o:", options, NULL)) >= 0;) {
		if (c == 'o')
			output = optarg;
		else if (c == FORMAT)
			format = optarg;
		else if (c == KERNEL)
			require_host_kernel(optarg);
		else
			return EXIT_MISUSE;
	}
	if (!streq(format, "pretty") && !streq(format, "ktap") && !streq(format, "json"))
		misuse("--format %s: there are pretty, ktap, json", format);
	for (int i = optind; i < argc; i++)
		texts_add(&globs, argv[i]);

	probes = probes_load(NULL);
	for (size_t i = 0; i < probes.n; i++)
		any |= matches(&probes.list[i], &globs);
	if (!any)
		misuse("no probe matches");
	progress("asking %s...", globs.n ? "them" : "all probes");
	probes_ask(&probes, &kernel, matches, &globs);
	progress("%s", "");

	out = open_output(output);
	if (streq(format, "json"))
		print_json(out, &probes, &kernel);
	else if (streq(format, "ktap"))
		print_ktap(out, &probes);
	else
		print_pretty(out, &probes);
	bad = close_line(output || streq(format, "pretty") ? stdout : stderr, &probes);
	if (output && fclose(out) != 0)
		die("%s could not be written", output);
	return bad ? EXIT_FAILURES : EXIT_FINE;
}
