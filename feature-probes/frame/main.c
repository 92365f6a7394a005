// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two faces of a probe program: an ATF test program, so that kyua can run it as it is, and a
 * line of JSON per question for the zdtm command.
 */
#include <atf-c.h>
#include <getopt.h>

#include "ask.h"
#include "registry.h"

static const char *program(void)
{
	return probes ? probe_area(probes) : "";
}

/* The probe of that name, which may have "kcmp." in front. */
static const struct probe *find(const char *name)
{
	char whole[128];

	snprintf(whole, sizeof(whole), "%s.%s", program(), name);
	return probe_find(name) ?: probe_find(whole);
}

/*
 * JSON
 */

static int usage(FILE *to)
{
	fprintf(to,
		"usage: %s --declare\n"
		"       %s [--as root|cap_checkpoint_restore|userns-root|nobody] --ask [CASE...]\n"
		"       %s -l | CASE        as an ATF test program\n",
		program(), program(), program());
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
				fprintf(stderr, "%s: --as %s: no such user\n", program(), optarg);
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
		probes_declare();
		return 0;
	}
	for (int i = optind; i < argc; i++) {
		if (!find(argv[i])) {
			fprintf(stderr, "%s: no such case: %s\n", program(), argv[i]);
			return 2;
		}
	}
	for (int i = optind; i < argc; i++)
		probe_answer(stdout, find(argv[i]), as);
	if (optind == argc)
		for (const struct probe *p = probes; p; p = p->next)
			probe_answer(stdout, p, as);
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
	const struct probe *p = find(atf_tc_get_ident(tc));

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
	const struct probe *p = find(atf_tc_get_ident(tc));
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
