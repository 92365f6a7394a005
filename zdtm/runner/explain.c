// SPDX-License-Identifier: GPL-2.0-only
/* zdtm explain */
#include <getopt.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

#include "commands.h"
#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "say.h"

static void field(const char *name, const char *text)
{
	if (text && *text)
		printf("  %-12s %s\n", name, text);
}

static void words_field(const char *name, const char *const *words)
{
	for (; *words; words++)
		field(name, *words);
}

/* "CONFIG_KCMP=y CONFIG_EPOLL=y": what this kernel was built with, as far as that can be told. */
static void options_field(const struct kernel *k, const char *names)
{
	_cleanup_free_ char *copy = need(strdup(names ?: ""));
	char line[512] = "";

	for (char *at = copy, *name; (name = strsep(&at, " "));) {
		char *built_in = strstr(name, "=y");
		size_t n = strlen(line);
		const char *value;

		if (built_in)
			*built_in = '\0';
		value = *name ? kernel_option(k, name + (*name == '!')) : NULL;
		snprintf(line + n, sizeof(line) - n, "%s%s%s%s", n ? " " : "", name,
			 value ? "=" : "", value ?: "");
	}
	field("options", line);
}

static void explain_probe(const struct kernel *k, const struct probe *p)
{
	printf("%s (%s)\n", p->name,
	       p->gap ? "gap: there is no interface, as far as we know" : "probe");
	field(p->gap ? "states" : "asks", p->what);
	field("since", p->since);
	field("until", p->until);
	field("commit", p->commit);
	options_field(k, p->kconfig);
	field("capability", p->capability);
	field("source", p->source);
	field("guards", p->guards);
}

static void explain_test(const struct test_case *t)
{
	char flavors[32] = "", timeout[32];

	for (int f = 0; f < FLAVORS; f++)
		if (t->flavors[f])
			snprintf(flavors + strlen(flavors), sizeof(flavors) - strlen(flavors),
				 "%s%s", flavors[0] ? " " : "", flavor_names[f]);
	snprintf(timeout, sizeof(timeout), "%u s", t->timeout);
	printf("%s (test)\n", t->name);
	field("asks", t->doc);
	field("known as", t->known_as);
	field("object", t->object);
	field("demand", demand_names[t->demand]);
	field("flavors", flavors);
	words_field("needs", t->needs);
	words_field("option", t->engine);
	for (int cap = 0; cap < 64; cap++)
		if (t->caps >> cap & 1) {
			char *name = cap_to_name(cap);

			field("capability", name);
			cap_free(name);
		}
	field("timeout", timeout);
	field("alone", t->exclusive ? "yes" : NULL);
}

/* A test's needs and object lead to probes: what they ask, in a line each. */
static void explain_needs(const struct test_case *t, const struct probes *probes)
{
	for (const char *const *name = t->needs; *name; name++) {
		const struct probe *p = probes_find(probes, *name);

		printf("  %-12s %s\n", *name, p ? p->what ?: "" : "(there is no such probe)");
	}
}

/* What it answers here: to us and, where we can become them, to users of less privilege. */
static void explain_answers(const struct kernel *k, struct probe *probe)
{
	struct probes one = { .list = probe, .n = 1 };
	const struct probe asked = *probe;
	char words[48];

	probes_ask(&one, k, NULL, NULL);
	field("here", probe->verdict);
	field("", probe->reason);
	for (const char *const *user = probe_users + 1; geteuid() == 0 && *user; user++) {
		*probe = asked;
		one.as = *user;
		probes_ask(&one, k, NULL, NULL);
		snprintf(words, sizeof(words), "as %s:", *user);
		printf("  %-26s %s%s%s\n", words, probe->verdict,
		       probe_is(probe, "conforms") || !probe->reason ? "" : ", ",
		       probe_is(probe, "conforms") || !probe->reason ? "" : probe->reason);
	}
}

int command_explain(int argc, char **argv)
{
	struct kernel kernel = kernel_running();
	struct probes probes;

	if (getopt_long(argc, argv, "", &(struct option){}, NULL) >= 0)
		return EXIT_MISUSE;
	if (optind == argc)
		misuse("which test or probe?");
	probes = probes_load(NULL);
	for (int i = optind; i < argc; i++) {
		struct suite suite = suite_load(LIST(argv[i]));
		struct probe *probe = probes_find(&probes, argv[i]);

		if (suite.n == 0 && !probe)
			misuse("there is no test or probe '%s'", argv[i]);
		if (probe) {
			explain_probe(&kernel, probe);
			explain_answers(&kernel, probe);
		}
		for (size_t k = 0; k < suite.n; k++) {
			explain_test(&suite.cases[k]);
			explain_needs(&suite.cases[k], &probes);
		}
	}
	return EXIT_FINE;
}
