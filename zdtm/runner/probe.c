// SPDX-License-Identifier: GPL-2.0-only
/* zdtm probe */
#include <fnmatch.h>
#include <getopt.h>
#include <string.h>

#include "commands.h"
#include "document.h"
#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "remote.h"
#include "say.h"
#include "target.h"
#include "verdicts.h"
#include "workdir.h"

/* "kcmp" is all of kcmp's. */
static bool glob_matches(const char *glob, const struct probe *p)
{
	const char *dot = strchr(p->name, '.');
	_cleanup_free_ char *file = need(strndup(p->name, dot ? dot - p->name : 0));

	return fnmatch(glob, p->name, 0) == 0 || fnmatch(glob, file, 0) == 0;
}

static bool matches(const struct probe *p, void *arg)
{
	const struct texts *globs = arg;
	bool wanted = globs->n == 0;

	for (size_t i = 0; i < globs->n; i++)
		wanted |= glob_matches(globs->list[i], p);
	return wanted;
}

/* The same questions, asked by each user of --as; one of whom is NULL when there is no --as. */
struct answers {
	struct probes by[8];
	size_t n;
};

static void print_verdict(FILE *out, const struct probe *p, int width)
{
	fprintf(out, "%s%-*s%s", colour(out, verdict_of(p)->colour), width, p->verdict,
		colour(out, PLAIN));
}

/* Wide enough for the longest verdict and for the user's name. */
static int column_width(const struct probes *p)
{
	return MAX(10, p->as ? (int)strlen(p->as) + 1 : 0);
}

static void print_pretty(FILE *out, const struct answers *a)
{
	if (a->n > 1) {
		for (size_t u = 0; u < a->n; u++)
			fprintf(out, "%-*s", column_width(&a->by[u]), a->by[u].as);
		fputc('\n', out);
	}
	for (size_t i = 0; i < a->by[0].n; i++) {
		const struct probe *p = &a->by[0].list[i];

		if (!p->verdict)
			continue;
		for (size_t u = 0; u < a->n; u++)
			print_verdict(out, &a->by[u].list[i], column_width(&a->by[u]));
		fprintf(out, " %-36s %s\n", p->name, p->what ?: "");
		for (size_t u = 0; u < a->n; u++) {
			p = &a->by[u].list[i];
			if (p->reason && !probe_is(p, "conforms"))
				fprintf(out, "           %s%s%s\n", a->n > 1 ? a->by[u].as : "",
					a->n > 1 ? ": " : "", p->reason);
		}
	}
}

/* ---- KTAP: an area is a test, its questions are the subtests ------------------------------------ */

static bool is_skipped(const struct probe *p)
{
	return probe_is(p, "absent");
}

static void ktap_line(FILE *out, const struct probe *p, const char *as, size_t nr)
{
	const char *reason = p->reason ?: p->verdict;

	if (verdict_of(p)->bad || probe_is(p, "new"))
		fprintf(out, "    # %s: %s: %s\n", p->name, p->verdict, reason);
	fprintf(out, "    %sok %zu %s%s%s", verdict_of(p)->bad ? "not " : "", nr,
		strchr(p->name, '.') + 1, as ? "@" : "", as ?: "");
	if (is_skipped(p) || probe_is(p, "gap"))
		fprintf(out, " # %s %.*s", is_skipped(p) ? "SKIP" : "XFAIL",
			(int)strcspn(reason, "#\n"), reason);
	fputc('\n', out);
}

/* Whether both are asked, and "kcmp" is in front of both. */
static bool same_area(const struct probe *a, const struct probe *b)
{
	size_t n = strcspn(a->name, ".") + 1;

	return a->verdict && b->verdict && strncmp(a->name, b->name, n) == 0;
}

static bool begins_area(const struct probes *p, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same_area(&p->list[k], &p->list[i]))
			return false;
	return p->list[i].verdict;
}

/* How many are asked of the area that begins at i. */
static size_t area_size(const struct probes *p, size_t i)
{
	size_t n = 0;

	for (size_t k = i; k < p->n; k++)
		n += same_area(&p->list[i], &p->list[k]);
	return n;
}

static void ktap_area(FILE *out, const struct answers *a, size_t first, size_t nr)
{
	const struct probe *one = &a->by[0].list[first];
	int name = strcspn(one->name, ".");
	size_t n = area_size(&a->by[0], first) * a->n, told = 0, bad = 0, skipped = 0;

	fprintf(out, "    KTAP version 1\n    # Subtest: %.*s\n    1..%zu\n", name, one->name, n);
	for (size_t i = first; told < n; i++)
		for (size_t u = 0; u < a->n; u++) {
			const struct probe *p = &a->by[u].list[i];

			if (!same_area(one, &a->by[0].list[i]))
				continue;
			ktap_line(out, p, a->by[u].as, ++told);
			bad += verdict_of(p)->bad;
			skipped += is_skipped(p);
		}
	fprintf(out, "%sok %zu %.*s%s\n", bad ? "not " : "", nr, name, one->name,
		skipped == n ? " # SKIP all of it" : "");
}

static void print_ktap(FILE *out, const struct answers *a)
{
	size_t areas = 0, nr = 0;

	for (size_t i = 0; i < a->by[0].n; i++)
		areas += begins_area(&a->by[0], i);
	fprintf(out, "KTAP version 1\n1..%zu\n", areas);
	for (size_t i = 0; i < a->by[0].n; i++)
		if (begins_area(&a->by[0], i))
			ktap_area(out, a, i, ++nr);
}

/* {"root": {"verdict", "reason"}, ...} */
static struct json_object *users_json(const struct answers *a, size_t i)
{
	struct json_object *json = json_object_new_object();

	for (size_t u = 0; u < a->n; u++) {
		struct json_object *one = probe_json(&a->by[u].list[i]);

		json_object_object_del(one, "name");
		json_object_object_del(one, "since");
		json_object_object_add(json, a->by[u].as, one);
	}
	return json;
}

static void print_json(FILE *out, const struct answers *a, const struct kernel *kernel)
{
	struct json_object *json = json_object_new_object();
	struct json_object *engine = json_object_new_object();
	struct json_object *list = json_object_new_array();

	json_object_object_add(engine, "name", json_object_new_string("none"));
	json_object_object_add(engine, "version", NULL);
	for (size_t i = 0; i < a->by[0].n; i++) {
		struct json_object *one;

		if (!a->by[0].list[i].verdict)
			continue;
		one = probe_json(&a->by[0].list[i]);
		if (a->by[0].as)
			json_object_object_add(one, "as", users_json(a, i));
		json_object_array_add(list, one);
	}
	json_object_object_add(json, "schema", json_object_new_int(1));
	json_object_object_add(json, "kernel", kernel_json(kernel));
	/* The document is that of `run`, which here has run nothing. */
	json_object_object_add(json, "engine", engine);
	json_object_object_add(json, "results", json_object_new_array());
	json_object_object_add(json, "probes", list);
	fprintf(out, "%s\n", json_object_to_json_string_ext(json, DOCUMENT_LAYOUT));
	json_object_put(json);
}

static void add_user(struct answers *a, const char *as)
{
	bool known = false;

	for (const char *const *user = probe_users; *user; user++)
		known |= streq(*user, as);
	if (!known)
		misuse("--as %s: there are root, cap_checkpoint_restore, userns-root, nobody", as);
	for (size_t u = 0; u < a->n; u++)
		if (streq(a->by[u].as, as))
			return;
	a->by[a->n++].as = as;
}

/* Everyone who asks gets a list of his own. */
static void load(struct answers *a, struct texts *globs)
{
	struct probes probes = probes_load(NULL);
	size_t size = probes.n * sizeof(*probes.list);
	size_t matching = 0;

	for (size_t g = 0; g < globs->n; g++) {
		size_t i = 0;

		while (i < probes.n && !glob_matches(globs->list[g], &probes.list[i]))
			i++;
		matching += i < probes.n;
		if (i == probes.n)
			complain("no probe matches '%s'", globs->list[g]);
	}
	if (globs->n && !matching)
		exit(EXIT_MISUSE);
	a->n = MAX(a->n, 1UL);
	for (size_t u = 0; u < a->n; u++) {
		a->by[u].list = memcpy(need(malloc(size)), probes.list, size);
		a->by[u].n = probes.n;
	}
}

static void ask_here(struct session *s, struct answers *a, struct texts *globs)
{
	for (size_t u = 0; u < a->n; u++) {
		progress("asking %s%s%s...", globs->n ? "them" : "all probes",
			 a->by[u].as ? " as " : "", a->by[u].as ?: "");
		probes_ask(&a->by[u], &s->kernel, matches, globs);
	}
	progress("%s", "");
}

static void ask_there(struct session *s, struct answers *a, struct texts *globs, const char *spec)
{
	struct target target = target_find(spec);
	struct remote r = { .target = &target,
			    .session = s,
			    .lists = a->by,
			    .n = a->n,
			    .wanted = matches,
			    .arg = globs };

	s->manner = manner_make("none", "none");
	s->jobs = 1;
	remote_run(&r, NULL, NULL);
	workdir_put();
}

int command_probe(int argc, char **argv)
{
	enum { FORMAT = 256, KERNEL, AS };
	static const struct option options[] = {
		{ "format", required_argument, NULL, FORMAT },
		{ "kernel", required_argument, NULL, KERNEL },
		{ "as", required_argument, NULL, AS },
		{ "output", required_argument, NULL, 'o' },
		{},
	};
	const char *format = "pretty", *output = NULL, *spec = NULL;
	struct session session = {};
	struct answers answers = {};
	struct texts globs = {};
	size_t bad = 0;
	FILE *out;

	for (int c; (c = getopt_long(argc, argv, "o:", options, NULL)) >= 0;) {
		if (c == 'o')
			output = optarg;
		else if (c == FORMAT)
			format = optarg;
		else if (c == KERNEL)
			spec = target_is_host(optarg) ? NULL : optarg;
		else if (c == AS)
			add_user(&answers, optarg);
		else
			return EXIT_MISUSE;
	}
	if (!streq(format, "pretty") && !streq(format, "ktap") && !streq(format, "json"))
		misuse("--format %s: there are pretty, ktap, json", format);
	for (int i = optind; i < argc; i++)
		texts_add(&globs, argv[i]);
	load(&answers, &globs);
	out = open_output(output);
	if (spec) {
		ask_there(&session, &answers, &globs, spec);
	} else {
		session.kernel = kernel_running();
		ask_here(&session, &answers, &globs);
	}

	if (streq(format, "json"))
		print_json(out, &answers, &session.kernel);
	else if (streq(format, "ktap"))
		print_ktap(out, &answers);
	else
		print_pretty(out, &answers);
	for (size_t u = 0; u < answers.n; u++)
		bad += verdicts_close(output || streq(format, "pretty") ? stdout : stderr,
				      &answers.by[u]);
	if (output)
		close_output(out);
	return bad ? EXIT_FAILURES : EXIT_FINE;
}
