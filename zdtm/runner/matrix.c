// SPDX-License-Identifier: GPL-2.0-only
/* zdtm matrix */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "document.h"
#include "engine/base/cleanup.h"
#include "engine/base/parallel.h"
#include "engine/base/str.h"
#include "page.h"
#include "report.h"
#include "say.h"

static void tell(const struct session *s, const struct run *run, void *arg)
{
	report_failures.run(stdout, s, run);
}

static unsigned int count_bad(const struct probes *p)
{
	unsigned int n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += probe_is(&p->list[i], "deviates") || probe_is(&p->list[i], "regression") ||
		     probe_is(&p->list[i], "broken");
	return n;
}

/* All probes and tests here. Gives how many failed. */
static unsigned int run_here(const char *engine, unsigned int jobs, const char *dir,
			     struct page *page)
{
	static const bool flavors[FLAVORS] = { [FLAVOR_H] = true };
	struct session s = { .manner = manner_make(engine, engine), .jobs = jobs };
	struct suite suite = suite_load(((const char *const[]){ NULL }));
	_cleanup_free_ char *path = NULL;
	struct json_object *document;
	struct totals totals;
	unsigned int bad;

	require_machine(&s.manner);
	s.kernel = kernel_running();
	report_pretty.begin(stdout, &s);
	progress("asking all probes...");
	s.probes = probes_load(NULL);
	probes_ask(&s.probes, &s.kernel, NULL, NULL);
	progress("%s", "");
	session_plan(&s, &suite, flavors);
	session_look(&s, &suite);
	session_run(&s, tell, NULL);

	document = session_json(&s);
	if (asprintf(&path, "%s/results.json", dir) < 0)
		die("out of memory");
	if (json_object_to_file_ext(path, document, DOCUMENT_LAYOUT) < 0)
		die("%s", json_util_get_last_err());
	printf("%s\n", path);
	page_add(page, document);

	bad = count_bad(&s.probes);
	totals = session_totals(&s);
	printf("probes: ");
	page_summarise(stdout, &page->columns[page->n - 1].parts[PAGE_PROBES]);
	printf("\n%u passed, %u failed, %u skipped\n", totals.passed, totals.failed,
	       totals.skipped);
	return bad + totals.failed;
}

int command_matrix(int argc, char **argv)
{
	enum { KERNELS = 256, RESULTS, ENGINE };
	static const struct option options[] = {
		{ "kernels", required_argument, NULL, KERNELS },
		{ "results", required_argument, NULL, RESULTS },
		{ "engine", required_argument, NULL, ENGINE },
		{ "jobs", required_argument, NULL, 'j' },
		{ "output", required_argument, NULL, 'o' },
		{},
	};
	const char *dir = "out", *engine = getenv("ZDTM_ENGINE") ?: "refcr";
	unsigned int failed = 0;
	int jobs = parallel_cpus();
	bool here = false;
	struct page page = {};

	for (int c; (c = getopt_long(argc, argv, "j:o:", options, NULL)) >= 0;) {
		if (c == 'o') {
			dir = optarg;
		} else if (c == ENGINE) {
			engine = optarg;
		} else if (c == RESULTS) {
			page_add(&page, document_load(optarg));
		} else if (c == KERNELS) {
			here = true;
		} else if (c != 'j' || !parse_int(optarg, &jobs) || jobs < 1) {
			if (c == 'j')
				misuse("-j %s: a number from 1 up is wanted", optarg);
			return EXIT_MISUSE;
		}
	}
	if (optind < argc)
		misuse("what is '%s'?", argv[optind]);
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		misuse("cannot make %s: %s", dir, strerror(errno));

	/* Documents given and nothing said about kernels: only lay them side by side. */
	if (here || page.n == 0)
		failed = run_here(engine, jobs, dir, &page);
	page_write(dir, "matrix.html", page_html, &page);
	page_write(dir, "matrix.md", page_markdown, &page);
	return failed ? EXIT_FAILURES : EXIT_FINE;
}
