// SPDX-License-Identifier: GPL-2.0-only
/* Everything one `zdtm run` is about: what is to be run, how, and what came of it. */
#ifndef ZDTM_SESSION_H
#define ZDTM_SESSION_H

#include <json-c/json.h>
#include <stdio.h>

#include "kernel.h"
#include "probes.h"
#include "result.h"
#include "story.h"
#include "suite.h"

/* One test, one variant, one flavor. */
struct run {
	const struct test_case *test;
	enum flavor flavor;
	const void *edit;      /* how its images are edited, if they are */
	struct result *result; /* in memory shared with the arena */
	bool finished;
	const char *dir; /* where its logs are; NULL when nothing was kept */
	const char *log; /* the kernel's, when that is what tells of it; NULL: see run_log() */
	const struct probe *explained_by; /* what the kernel lacks, after a failure */
	bool spoilt; /* the kernel went wrong meanwhile, which is why it failed */
	bool shared; /* and so it did for others that ran at that moment */
};

struct session {
	struct kernel kernel;
	const char *booted; /* the SPEC it was booted by; NULL: it is the running one */
	struct manner manner;
	struct run *runs; /* in order of test, flavor, variant */
	size_t n;
	struct probes probes; /* those asked have a verdict */
	unsigned int jobs;    /* 0: as many as there are CPUs where they run */
	const char *
		beside; /* folder of the document: logs below it are told relative to it; or NULL */
};

/*
 * Runs all of it, `jobs` side by side, those that are exclusive last and alone. `tell` hears of each
 * run in their order, as soon as it and all before it are finished.
 */
typedef void session_tell(const struct session *s, const struct run *run, void *arg);
void session_run(struct session *s, session_tell *tell, void *arg);

/* Results for `n` runs, undecided yet. */
struct result *session_results(size_t n);
void session_results_done(struct result *results, size_t n);

/* The runs of one program lie side by side: the index behind the last that belongs with i's. */
size_t session_group_end(const struct session *s, size_t i);

/* What the closing line counts. Broken is failed; a refusal is what the test lets it be. */
enum count { COUNT_PASSED, COUNT_FAILED, COUNT_SKIPPED };
enum count run_counts_as(const struct run *run);

struct totals {
	unsigned int passed, failed, skipped;
};
struct totals session_totals(const struct session *s);

/* The file that tells most of why it did not pass; NULL when nothing was kept. Static memory. */
const char *run_log(const struct run *run);

/* The command that does just this again. Static memory. */
const char *run_again(const struct session *s, const struct run *run);

/* The one document: kernel, engine, results, probes. */
struct json_object *session_json(const struct session *s);

#endif
