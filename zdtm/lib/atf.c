// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test program as kyua sees it. Its cases are its flavors and variants ("h", "h_tmpfile"); each
 * runs through the zdtm command, as everywhere else.
 *
 * libatf-c is opened here and not linked: the program that is dumped would carry the library's
 * mappings into every image set, and it is not what anybody tests.
 */
#include <atf-c/tc.h>
#include <atf-c/tp.h>
#include <dlfcn.h>
#include <limits.h>
#include <spawn.h>

#include "harness.h"

#define LIBATF "libatf-c.so.1"

#define ATF_FUNCTIONS(X)                                                                           \
	X(atf_tc_get_config_var_wd)                                                                \
	X(atf_tc_get_ident)                                                                        \
	X(atf_tc_init)                                                                             \
	X(atf_tc_fail)                                                                             \
	X(atf_tc_pass)                                                                             \
	X(atf_tc_set_md_var)                                                                       \
	X(atf_tc_skip)                                                                             \
	X(atf_tp_add_tc)                                                                           \
	X(atf_tp_get_config)                                                                       \
	X(atf_tp_main)

/* The library has it, its headers only inside a macro. */
int atf_tp_main(int argc, char **argv, atf_error_t (*add)(atf_tp_t *));

#define DECLARE(f) __typeof__(&f) f;
static struct {
	ATF_FUNCTIONS(DECLARE)
} atf;

static const struct flavor {
	unsigned int bit;
	const char *name;
	bool supported; /* by the runner */
} flavors[] = { { ZDTM_HOST, "h", true },
		{ ZDTM_NS, "ns", false },
		{ ZDTM_USERNS, "uns", false },
		{} };

static bool has_flavor(const struct flavor *f)
{
	return !zdtm_test.flavors || zdtm_test.flavors & f->bit;
}

static size_t count(const char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

/* Sets `key` to the words of both lists, if there are any. */
static void set_words(atf_tc_t *tc, const char *key, const char *const *a, const char *const *b)
{
	char text[4096] = "";
	size_t n = 0;

	for (size_t i = 0; i < count(a) + count(b); i++)
		n += snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "",
			      i < count(a) ? a[i] : b[i - count(a)]);
	if (n)
		atf.atf_tc_set_md_var(tc, key, "%s", text);
}

static const struct zdtm_variant *variant_of(const atf_tc_t *tc)
{
	const char *name = strchr(atf.atf_tc_get_ident(tc), '_');

	for (const struct zdtm_variant *v = zdtm_test.variants; name && v && v->name; v++)
		if (strcmp(v->name, name + 1) == 0)
			return v;
	return NULL;
}

/* One struct in the source, one list of properties here: runner, reports and documentation read it. */
static void head(atf_tc_t *tc)
{
	static const char *const demands[] = {
		[KEEP] = "keep",
		[KEEP_OR_REFUSE] = "keep-or-refuse",
		[MUST_REFUSE] = "must-refuse",
		[REPORT] = "report",
	};
	const struct zdtm_variant *v = variant_of(tc);
	unsigned int timeout = zdtm_test.timeout ? zdtm_test.timeout : ZDTM_TIMEOUT;
	enum zdtm_demand demand = v && v->demand ? v->demand : zdtm_test.demand;
	const char *known_as = v ? v->known_as : zdtm_test.known_as;
	const char *names[4] = {};
	size_t n = 0;

	for (const struct flavor *f = flavors; f->name; f++)
		if (has_flavor(f))
			names[n++] = f->name;

	atf.atf_tc_set_md_var(tc, "descr", "%s", zdtm_test.doc);
	/* The runner's own deadline comes first: it can tell what hangs. */
	atf.atf_tc_set_md_var(tc, "timeout", "%u", timeout + 10);
	atf.atf_tc_set_md_var(tc, "require.user", "root");
	atf.atf_tc_set_md_var(tc, "X-timeout", "%u", timeout);
	if (zdtm_test.object)
		atf.atf_tc_set_md_var(tc, "X-object", "%s", zdtm_test.object);
	set_words(tc, "X-flavors", names, NULL);
	atf.atf_tc_set_md_var(tc, "X-demand", "%s", demands[demand]);
	if (v)
		atf.atf_tc_set_md_var(tc, "X-variant", "%s", v->name);
	if (known_as)
		atf.atf_tc_set_md_var(tc, "X-known-as", "%s", known_as);
	set_words(tc, "X-needs", zdtm_test.needs, v ? v->needs : NULL);
	set_words(tc, "X-engine", zdtm_test.engine, v ? v->engine : NULL);
	if (zdtm_test.caps)
		atf.atf_tc_set_md_var(tc, "X-caps", "%#jx", (uintmax_t)zdtm_test.caps);
	if (zdtm_test.exclusive)
		atf.atf_tc_set_md_var(tc, "X-exclusive", "true");
	if (zdtm_test.cleanup)
		atf.atf_tc_set_md_var(tc, "X-cleanup", "true");
}

/* PREFIX/libexec/zdtm/static/NAME: ends prefix and gives "static/NAME". */
static const char *split_path(char *path)
{
	static const char middle[] = "/libexec/zdtm/";
	char *at = NULL;

	for (char *p = path; (p = strstr(p, middle)); p++)
		at = p;
	if (!at)
		atf.atf_tc_fail("%s is not where zdtm could find it: in .%s", path, middle);
	*at = '\0';
	return at + strlen(middle);
}

/* Runs the case and leaves the runner's verdict, "OUTCOME[ REASON]", in a file. Gives its status. */
static int run_through_zdtm(const atf_tc_t *tc, const char *verdict)
{
	const char *engine = atf.atf_tc_get_config_var_wd(tc, "engine", "");
	const struct zdtm_variant *v = variant_of(tc);
	char self[PATH_MAX] = "", zdtm[PATH_MAX + 16], test[PATH_MAX];
	const char *argv[16];
	int n = 0, status;
	pid_t pid;

	SYS(readlink("/proc/self/exe", self, sizeof(self) - 1));
	snprintf(test, sizeof(test), "%s%s%s", split_path(self), v ? "@" : "", v ? v->name : "");
	snprintf(zdtm, sizeof(zdtm), "%s/bin/zdtm", self);

	argv[n++] = zdtm;
	argv[n++] = "run";
	argv[n++] = "-t";
	argv[n++] = test;
	argv[n++] = "-f";
	argv[n++] = strndup(atf.atf_tc_get_ident(tc), strcspn(atf.atf_tc_get_ident(tc), "_"));
	argv[n++] = "--verdict";
	argv[n++] = verdict;
	if (engine[0]) {
		argv[n++] = "--engine";
		argv[n++] = engine;
	}
	argv[n] = NULL;

	/* kyua removes the directory we are in, and with it the logs of a failure. */
	setenv("TMPDIR", ".", 1);
	errno = posix_spawn(&pid, zdtm, NULL, NULL, (char **)argv, environ);
	if (errno)
		atf.atf_tc_fail("%s: %s", zdtm, strerror(errno));
	SYS(waitpid(pid, &status, 0));
	return status;
}

static void body(const atf_tc_t *tc)
{
	static const char verdict[] = "verdict";
	int status = run_through_zdtm(tc, verdict);
	FILE *f = fopen(verdict, "r");
	char outcome[32] = "", reason[2048] = "";

	if (WIFEXITED(status) && WEXITSTATUS(status) == 125)
		atf.atf_tc_skip("this machine cannot run tests");
	if (!f || fscanf(f, "%31s %2047[^\n]", outcome, reason) < 1)
		atf.atf_tc_fail("zdtm gave no verdict, status %#x", status);
	fclose(f);
	if (strcmp(outcome, "skipped") == 0)
		atf.atf_tc_skip("%s", reason);
	if (strcmp(outcome, "passed") != 0)
		atf.atf_tc_fail("%s: %s", outcome, reason);
	atf.atf_tc_pass();
}

static void add_case(atf_tp_t *tp, const struct flavor *f, const struct zdtm_variant *v)
{
	atf_tc_t *tc = SYS_PTR(malloc(sizeof(*tc)));
	char *name;

	SYS(asprintf(&name, "%s%s%s", f->name, v ? "_" : "", v ? v->name : ""));
	if (atf.atf_tc_init(tc, name, head, body, NULL,
			    (const char *const *)atf.atf_tp_get_config(tp)) ||
	    atf.atf_tp_add_tc(tp, tc))
		t_die("atf takes no case '%s'", name);
}

/* Flavors the runner cannot do yet are declared, and cases only where there would be none at all. */
static atf_error_t add_cases(atf_tp_t *tp)
{
	bool any = false;

	for (const struct flavor *f = flavors; f->name; f++)
		any |= has_flavor(f) && f->supported;
	for (const struct flavor *f = flavors; f->name; f++) {
		if (!has_flavor(f) || (any && !f->supported))
			continue;
		if (!zdtm_test.variants)
			add_case(tp, f, NULL);
		for (const struct zdtm_variant *v = zdtm_test.variants; v && v->name; v++)
			add_case(tp, f, v);
	}
	return NULL;
}

#define FIND(f) atf.f = (__typeof__(atf.f))SYS_PTR(dlsym(lib, #f));

int atf_personality(int argc, char **argv)
{
	void *lib = dlopen(LIBATF, RTLD_NOW);

	if (!lib) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	ATF_FUNCTIONS(FIND)
	return atf.atf_tp_main(argc, argv, add_cases);
}
