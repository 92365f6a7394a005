// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two faces of a probe program: an ATF test program, so that kyua can run it as it is, and a
 * line of JSON per question for the zdtm command.
 */
#include <atf-c.h>
#include <getopt.h>
#include <json-c/json.h>

#include "ask.h"

struct probe *probes;

void probe_register(struct probe *p)
{
	struct probe **at = &probes;

	while (*at && (*at)->line < p->line)
		at = &(*at)->next;
	p->next = *at;
	*at = p;
}

const char *probe_program(void)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s", probes ? probe_basename(probes->file) : "");
	name[strcspn(name, ".")] = '\0';
	return name;
}

/* The probe of that name, which may have "kcmp." in front. */
static const struct probe *probe_find(const char *name)
{
	const char *behind = str_after(name, probe_program());

	if (behind && *behind == '.')
		name = behind + 1;
	for (const struct probe *p = probes; p; p = p->next)
		if (streq(p->name, name))
			return p;
	return NULL;
}

/*
 * JSON
 */

static void add_text(struct json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, text ? json_object_new_string(text) : NULL);
}

static void add_name(struct json_object *to, const struct probe *p)
{
	char name[128];

	snprintf(name, sizeof(name), "%s.%s", probe_program(), p->name);
	add_text(to, "name", name);
}

static void print_json(struct json_object *json)
{
	puts(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN |
							  JSON_C_TO_STRING_NOSLASHESCAPE));
	fflush(stdout);
	json_object_put(json);
}

static void declare_all(void)
{
	struct json_object *all = json_object_new_array();

	for (const struct probe *p = probes; p; p = p->next) {
		struct json_object *one = json_object_new_object();

		add_name(one, p);
		add_text(one, "what", p->what);
		add_text(one, "since", p->since);
		add_text(one, "until", p->until);
		add_text(one, "commit", p->commit);
		add_text(one, "kconfig", p->kconfig);
		add_text(one, "capability", p->capability);
		add_text(one, "source", p->source);
		add_text(one, "guards", p->guards);
		json_object_object_add(one, "gap", json_object_new_boolean(p->gap));
		json_object_array_add(all, one);
	}
	print_json(all);
}

static void ask_and_print(const struct probe *p, enum asker as)
{
	struct json_object *json = json_object_new_object();
	const char *tmp = getenv("TMPDIR");
	static struct answer a;

	ask(p, as, tmp ?: "/tmp", &a);
	add_name(json, p);
	add_text(json, "verdict", verdict_name(a.verdict));
	add_text(json, "reason", a.reason[0] ? a.reason : NULL);
	if (a.detail[0])
		add_text(json, "detail", a.detail);
	print_json(json);
}

static int usage(FILE *to)
{
	fprintf(to,
		"usage: %s --declare\n"
		"       %s [--as root|cap_checkpoint_restore|userns-root|nobody] --ask [CASE...]\n"
		"       %s -l | CASE        as an ATF test program\n",
		probe_program(), probe_program(), probe_program());
	return to == stdout ? 0 : 2;
}

static int json_main(int argc, char **argv)
{
	static const struct option options[] = { { "declare", no_argument, NULL, 'd' },
						 { "ask", no_argument, NULL, 'a' },
						 { "as", required_argument, NULL, 'u' },
						 { "help", no_argument, NULL, 'h' },
						 {} };
	bool declare = false, asking = false;
	enum asker as = AS_IS;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (c) {
		case 'd':
			declare = true;
			break;
		case 'a':
			asking = true;
			break;
		case 'u':
			as = asker_by_name(optarg);
			if (as == AS_NOT_KNOWN) {
				fprintf(stderr, "%s: --as %s: no such user\n", probe_program(),
					optarg);
				return usage(stderr);
			}
			break;
		case 'h':
			return usage(stdout);
		default:
			return usage(stderr);
		}
	}
	if (declare == asking || (declare && optind < argc))
		return usage(stderr);

	if (declare) {
		declare_all();
		return 0;
	}
	for (int i = optind; i < argc; i++) {
		if (!probe_find(argv[i])) {
			fprintf(stderr, "%s: no such case: %s\n", probe_program(), argv[i]);
			return 2;
		}
	}
	for (int i = optind; i < argc; i++)
		ask_and_print(probe_find(argv[i]), as);
	if (optind == argc)
		for (const struct probe *p = probes; p; p = p->next)
			ask_and_print(p, as);
	return 0;
}

/*
 * ATF
 */

static void md_text(atf_tc_t *tc, const char *key, const char *text)
{
	if (text)
		atf_tc_set_md_var(tc, key, "%s", text);
}

static void atf_head(atf_tc_t *tc)
{
	const struct probe *p = probe_find(atf_tc_get_ident(tc));

	md_text(tc, "descr", p->what);
	/* The frame keeps the deadline; kyua only steps in when that should fail. */
	atf_tc_set_md_var(tc, "timeout", "%u", (p->seconds ?: PROBE_SECONDS) + 20);
	if (p->capability)
		atf_tc_set_md_var(tc, "require.user", "root");
	md_text(tc, "X-since", p->since);
	md_text(tc, "X-until", p->until);
	md_text(tc, "X-commit", p->commit);
	md_text(tc, "X-kconfig", p->kconfig);
	md_text(tc, "X-capability", p->capability);
	md_text(tc, "X-source", p->source);
	md_text(tc, "X-guards", p->guards);
	md_text(tc, "X-gap", p->gap ? "yes" : NULL);
}

static void atf_body(const atf_tc_t *tc)
{
	const struct probe *p = probe_find(atf_tc_get_ident(tc));
	const char *user = atf_tc_get_config_var_wd(tc, "as", "");
	enum asker as = *user ? asker_by_name(user) : AS_IS;
	static struct answer a;

	if (as == AS_NOT_KNOWN)
		atf_tc_fail("broken: as=%s: no such user", user);
	/* The directory it is run in is kyua's to clean up, whatever happens to us. */
	ask(p, as, ".", &a);
	if (a.detail[0])
		fprintf(stderr, "%s\n", a.detail);
	switch (a.verdict) {
	case CONFORMS:
		atf_tc_pass();
	case NEW:
		fprintf(stderr, "new: %s\n", a.reason);
		atf_tc_pass();
	case ABSENT:
		atf_tc_skip("%s", a.reason);
	case MISSING:
		atf_tc_expect_fail("%s", a.reason);
		atf_tc_fail("%s", a.reason);
	case DEVIATES:
		atf_tc_fail("%s", a.reason);
	default:
		atf_tc_fail("broken: %s", a.reason);
	}
}

static atf_error_t add_cases(atf_tp_t *tp)
{
	for (const struct probe *p = probes; p; p = p->next) {
		atf_tc_t *tc = calloc(1, sizeof(*tc));
		char **config = atf_tp_get_config(tp);
		atf_error_t err;

		err = tc ? atf_tc_init(tc, p->name, atf_head, atf_body, NULL,
				       (const char *const *)config)
			 : atf_no_memory_error();
		if (!atf_is_error(err))
			err = atf_tp_add_tc(tp, tc);
		if (atf_is_error(err))
			return err;
	}
	return atf_no_error();
}

int atf_tp_main(int argc, char **argv, atf_error_t (*add)(atf_tp_t *));

int main(int argc, char **argv)
{
	if (streq(argv[0], IDLE_PROGRAM))
		linger();
	if (argc > 1 && str_after(argv[1], "--"))
		return json_main(argc, argv);
	return atf_tp_main(argc, argv, add_cases);
}
