// SPDX-License-Identifier: GPL-2.0-only
/* zdtm list */
#include <getopt.h>
#include <sys/capability.h>

#include "commands.h"
#include "document.h"
#include "engine/base/cleanup.h"
#include "say.h"

static struct json_object *words_json(const char *const *words)
{
	struct json_object *json = json_object_new_array();

	for (; *words; words++)
		json_object_array_add(json, json_object_new_string(*words));
	return json;
}

static struct json_object *caps_json(uint64_t caps)
{
	struct json_object *json = json_object_new_array();

	for (int cap = 0; cap < 64; cap++)
		if (caps >> cap & 1) {
			char *name = cap_to_name(cap);

			json_object_array_add(json, json_object_new_string(name ?: "?"));
			cap_free(name);
		}
	return json;
}

static struct json_object *case_json(const struct test_case *t)
{
	struct json_object *json = json_object_new_object();
	struct json_object *flavors = json_object_new_array();

	for (int f = 0; f < FLAVORS; f++)
		if (t->flavors[f])
			json_object_array_add(flavors, json_object_new_string(flavor_names[f]));
	json_object_object_add(json, "name", json_object_new_string(t->name));
	if (t->known_as)
		json_object_object_add(json, "known_as", json_object_new_string(t->known_as));
	json_object_object_add(json, "doc", json_object_new_string(t->doc));
	json_object_object_add(json, "object",
			       t->object ? json_object_new_string(t->object) : NULL);
	json_object_object_add(json, "flavors", flavors);
	json_object_object_add(json, "demand", json_object_new_string(demand_names[t->demand]));
	json_object_object_add(json, "needs", words_json(t->needs));
	json_object_object_add(json, "caps", caps_json(t->caps));
	json_object_object_add(json, "engine", words_json(t->engine));
	json_object_object_add(json, "timeout", json_object_new_int(t->timeout));
	json_object_object_add(json, "exclusive", json_object_new_boolean(t->exclusive));
	return json;
}

static void print_json(const struct suite *suite)
{
	struct json_object *json = json_object_new_array();

	for (size_t i = 0; i < suite->n; i++)
		json_object_array_add(json, case_json(&suite->cases[i]));
	puts(json_object_to_json_string_ext(json, DOCUMENT_LAYOUT));
	json_object_put(json);
}

int command_list(int argc, char **argv)
{
	static const struct option options[] = {
		{ "test", required_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'J' },
		{},
	};
	struct texts globs = {};
	struct suite suite;
	bool json = false;

	texts_add(&globs, NULL);
	for (int c; (c = getopt_long(argc, argv, "t:", options, NULL)) >= 0;) {
		if (c == 't')
			texts_add(&globs, optarg);
		else if (c == 'J')
			json = true;
		else
			return EXIT_MISUSE;
	}
	if (optind < argc)
		misuse("what is '%s'? tests are chosen with -t GLOB", argv[optind]);

	suite = suite_wanted(globs.list);
	if (json) {
		print_json(&suite);
		return EXIT_FINE;
	}
	for (size_t i = 0; i < suite.n; i++)
		printf("%-36s %s\n", suite.cases[i].name, suite.cases[i].doc);
	return EXIT_FINE;
}
