// SPDX-License-Identifier: GPL-2.0-only
/* zdtm matrix */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "document.h"
#include "engine/base/buf.h"
#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/parallel.h"
#include "engine/base/str.h"
#include "kernels.h"
#include "page.h"
#include "say.h"
#include "spawn.h"
#include "target.h"
#include "tree.h"
#include "workdir.h"

struct options {
	struct texts kernels, results, globs, flavors;
	struct texts brief; /* those of the kernels that have no modules: there is less to ask */
	const char *dir, *engine, *jobs;
};

/* ---- One kernel, one column --------------------------------------------------------------------- */

/* A `zdtm run` of its own does the work, for each kernel. */
struct column_job {
	const char *spec;
	bool brief;
	char *document, *said; /* files it writes; what it prints goes to `said` */
	pid_t pid;             /* 0: not started yet, or over */
	int status;
};

static char *path_for(const struct options *o, const char *spec, const char *suffix)
{
	char *path, *name;

	if (asprintf(&path, "%s/%s%s", o->dir, spec, suffix) < 0)
		die("out of memory");
	/* A path as a SPEC gives a name, not a folder, and none that is hidden. */
	name = path + strlen(o->dir) + 1;
	if (*name == '.')
		*name = '_';
	for (; *name && name < path + strlen(path) - strlen(suffix); name++)
		if (*name == '/')
			*name = '_';
	return path;
}

static void start(struct column_job *j, const struct options *o, bool quiet)
{
	_cleanup_free_ char *logs = NULL;
	struct texts argv = {};
	struct spawn s = {};
	int r;

	j->document = path_for(o, j->spec, ".json");
	j->said = path_for(o, j->spec, ".txt");
	logs = path_for(o, j->spec, ".logs");
	unlink(j->document);
	unlink(j->said);
	remove_tree(logs);
	texts_add(&argv, tree_path("bin/zdtm"));
	texts_add(&argv, "run");
	for (size_t i = 0; i < o->globs.n; i++) {
		texts_add(&argv, "-t");
		texts_add(&argv, o->globs.list[i]);
	}
	if (o->globs.n == 0)
		texts_add(&argv, "-a");
	for (size_t i = 0; i < o->flavors.n; i++) {
		texts_add(&argv, "-f");
		texts_add(&argv, o->flavors.list[i]);
	}
	for (const char *const *w = LIST("--probes", "--kernel", j->spec, "--engine", o->engine,
					 "--format", "json", "-o", j->document, "--logs", logs);
	     *w; w++)
		texts_add(&argv, *w);
	if (o->jobs) {
		texts_add(&argv, "-j");
		texts_add(&argv, o->jobs);
	}
	s.argv = argv.list;
	s.output = quiet ? j->said : NULL;
	r = spawn_start(&s, &j->pid);
	if (r < 0)
		die("%s: %s", argv.list[0], strerror(-r));
	free(argv.list);
}

static void show(const char *path)
{
	_cleanup_buf_ struct buf text = {};

	if (read_file_at(AT_FDCWD, path, &text) == 0 && text.data)
		fputs(text.data, stdout);
	fflush(stdout);
}

/* A kernel that could not be tried is a column all the same, and says why. */
static void excuse(const struct column_job *j)
{
	struct json_object *document = json_object_new_object(), *kernel = json_object_new_object();
	_cleanup_buf_ struct buf text = {};
	const char *reason = "nothing came of it";

	if (read_file_at(AT_FDCWD, j->said, &text) == 0 && text.len > 1) {
		text.data[text.len - 1] = '\0';
		reason = strrchr(text.data, '\n') ? strrchr(text.data, '\n') + 1 : text.data;
		reason = str_after(reason, "zdtm run: ") ?: reason;
	}
	json_object_object_add(kernel, "release", json_object_new_string(j->spec));
	json_object_object_add(document, "schema", json_object_new_int(1));
	json_object_object_add(document, "kernel", kernel);
	json_object_object_add(document, "error", json_object_new_string(reason));
	json_object_to_file_ext(j->document, document, DOCUMENT_LAYOUT);
	json_object_put(document);
}

static void finish(struct column_job *j, bool quiet)
{
	struct stat st;

	if (quiet) {
		printf("---- %s\n", j->spec);
		show(j->said);
	}
	/* It was opened before it was known that nothing would come of it. */
	if (stat(j->document, &st) < 0 || st.st_size == 0)
		excuse(j);
}

/* What takes longest first: at the end nothing is to be waited for alone. NULL: all have begun. */
static struct column_job *next_job(struct column_job *jobs, size_t n)
{
	struct column_job *next = NULL;

	for (size_t i = 0; i < n; i++)
		if (!jobs[i].document && (!next || (next->brief && !jobs[i].brief)))
			next = &jobs[i];
	return next;
}

static struct column_job *job_of(struct column_job *jobs, size_t n, pid_t pid)
{
	for (size_t i = 0; i < n; i++)
		if (jobs[i].pid == pid)
			return &jobs[i];
	return NULL;
}

static _Noreturn void abandon(struct column_job *jobs, size_t n, int sig)
{
	for (size_t i = 0; i < n; i++)
		if (jobs[i].pid > 0)
			kill(jobs[i].pid, sig);
	while (waitpid(-1, NULL, 0) > 0)
		;
	complain("interrupted");
	exit(128 + sig);
}

static void show_progress(const struct column_job *jobs, size_t n)
{
	char names[256] = "";
	size_t len = 0, done = 0;

	for (size_t i = 0; i < n; i++) {
		done += jobs[i].document && !jobs[i].pid;
		if (jobs[i].pid && len < sizeof(names))
			len += snprintf(names + len, sizeof(names) - len, " %s", jobs[i].spec);
	}
	progress("%zu/%zu kernels:%s", done, n, names);
}

/* As many side by side as there are CPUs: an emulated guest keeps one busy. Gives the worst status. */
static int run_all(const struct options *o, struct column_job *jobs, size_t n)
{
	bool quiet = n > 1;
	struct column_job *next;
	size_t busy = 0, most = parallel_cpus();
	int worst = EXIT_FINE;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (;;) {
		int status, sig;
		pid_t pid;

		while (busy < most && (next = next_job(jobs, n))) {
			start(next, o, quiet);
			busy++;
		}
		if (!busy)
			break;
		show_progress(jobs, n);
		sig = sigwaitinfo(&set, NULL);
		if (sig > 0 && sig != SIGCHLD)
			abandon(jobs, n, sig);
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
			struct column_job *j = job_of(jobs, n, pid);

			j->pid = 0;
			j->status = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURES;
			busy--;
			progress("%s", "");
			finish(j, quiet);
			/* What could not be tried is a failure of the whole. */
			worst = MAX(worst, j->status ? EXIT_FAILURES : EXIT_FINE);
			if (n == 1 && j->status > EXIT_FAILURES)
				worst = j->status;
		}
	}
	progress("%s", "");
	return worst;
}

/* ---- The command line --------------------------------------------------------------------------- */

static void add_kernels(struct options *o, const char *list)
{
	char *at = need(strdup(list)), *spec;

	while ((spec = strsep(&at, ","))) {
		if (streq(spec, "all")) {
			size_t n;
			struct kernel_line *lines = kernels_lines(&n);

			for (size_t i = 0; i < n; i++) {
				texts_add(&o->kernels, lines[i].name);
				if (lines[i].bare)
					texts_add(&o->brief, lines[i].name);
			}
			free(lines);
		} else if (*spec) {
			texts_add(&o->kernels, spec);
		}
	}
}

static struct options parse(int argc, char **argv)
{
	enum { KERNELS = 256, RESULTS, ENGINE };
	static const struct option options[] = {
		{ "kernels", required_argument, NULL, KERNELS },
		{ "results", required_argument, NULL, RESULTS },
		{ "engine", required_argument, NULL, ENGINE },
		{ "test", required_argument, NULL, 't' },
		{ "flavor", required_argument, NULL, 'f' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "output", required_argument, NULL, 'o' },
		{},
	};
	struct options o = { .dir = "out", .engine = getenv("ZDTM_ENGINE") ?: "refcr" };
	int n;

	for (int c; (c = getopt_long(argc, argv, "j:o:t:f:", options, NULL)) >= 0;) {
		if (c == 'o')
			o.dir = optarg;
		else if (c == ENGINE)
			o.engine = optarg;
		else if (c == RESULTS)
			texts_add(&o.results, optarg);
		else if (c == KERNELS)
			add_kernels(&o, optarg);
		else if (c == 't')
			texts_add(&o.globs, optarg);
		else if (c == 'f')
			texts_add(&o.flavors, optarg);
		else if (c != 'j')
			exit(EXIT_MISUSE);
		else if (!parse_int(o.jobs = optarg, &n) || n < 1)
			misuse("-j %s: a number from 1 up is wanted", optarg);
	}
	if (optind < argc)
		misuse("what is '%s'?", argv[optind]);
	/* Documents given and nothing said about kernels: only lay them side by side. */
	if (o.kernels.n == 0 && o.results.n == 0)
		texts_add(&o.kernels, "host");
	return o;
}

int command_matrix(int argc, char **argv)
{
	struct options o = parse(argc, argv);
	struct column_job *jobs = need(calloc(o.kernels.n + 1, sizeof(*jobs)));
	struct page page = {};
	int status;

	if (mkdir(o.dir, 0755) < 0 && errno != EEXIST)
		misuse("cannot make %s: %s", o.dir, strerror(errno));
	for (size_t i = 0; i < o.results.n; i++)
		page_add(&page, o.results.list[i], NULL);
	for (size_t i = 0; i < o.kernels.n; i++) {
		jobs[i].spec = o.kernels.list[i];
		jobs[i].brief = texts_have(&o.brief, jobs[i].spec);
	}
	status = run_all(&o, jobs, o.kernels.n);
	for (size_t i = 0; i < o.kernels.n; i++)
		page_add(&page, jobs[i].document, jobs[i].spec);
	page_arrange(&page);
	page_write(o.dir, "matrix.html", page_html, &page);
	page_write(o.dir, "matrix.md", page_markdown, &page);
	page_write(o.dir, "matrix.json", page_json, &page);
	return status;
}
