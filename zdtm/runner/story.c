// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "census.h"
#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "spawn.h"
#include "stage.h"
#include "story.h"
#include "zdtm/lib/protocol.h"

void result_decide(struct result *r, enum outcome outcome, enum phase phase, const char *fmt, ...)
{
	va_list ap;

	if (r->outcome != UNDECIDED)
		return;
	r->outcome = outcome;
	r->phase = phase;
	va_start(ap, fmt);
	vsnprintf(r->reason, sizeof(r->reason), fmt, ap);
	va_end(ap);
}

bool result_is_kept(const struct result *r)
{
	return r->outcome != PASSED && r->outcome != SKIPPED;
}

static void decide_late(struct stage *s, enum outcome outcome, enum phase phase, const char *what)
{
	_cleanup_buf_ struct buf tasks = {};

	census_tell(&tasks);
	/* One that waits for a task which has failed and ended has a better reason. */
	result_decide(s->result, outcome, phase, "%s%s%s did not end within %u s; there are: %s",
		      s->failure, s->failure[0] ? "; " : "", what, s->story->test->timeout,
		      tasks.data ?: "no tasks");
}

/* The status of a test that should not have ended, and its last words. */
static const char *why_ended(const struct stage *s, char *to, size_t size)
{
	char status[128];

	if (s->failure[0])
		snprintf(to, size, "%s", s->failure);
	else
		snprintf(to, size, "the test %s",
			 status_text(s->test.status, status, sizeof(status)));
	return to;
}

/* ---- Setup ------------------------------------------------------------------------------------ */

static int start_test(struct stage *s, const char *how, struct child *c)
{
	char times[32];
	char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"LC_ALL=C",
		suite_patience() > 1 ? times : NULL,
		NULL,
	};
	const struct test_case *t = s->story->test;
	const char *const argv[] = { t->program, how, flavor_names[s->story->flavor], t->variant,
				     NULL };
	_cleanup_free_ char *log = NULL;
	struct spawn spawn = { .argv = argv, .env = env, .dir = s->story->work, .session = true };

	snprintf(times, sizeof(times), PATIENCE_VARIABLE "=%u", suite_patience());
	if (asprintf(&log, "%s/" STORY_TEST_LOG, s->story->dir) < 0)
		return -ENOMEM;
	spawn.output = log;
	*c = (struct child){};
	return spawn_start(&spawn, &c->pid);
}

/* In a transition nothing sits still: there would be differences without an engine, too. */
static bool sits_still(const struct stage *s)
{
	return str_after(s->story->test->test, "static/");
}

/*
 * Counts tasks and files before the dump. In a static test that is when everybody is asleep: a
 * thread that has just begun would change things under our hands, and the dump's. There are tests
 * that compute all the time: they are not waited for long.
 */
static int count_before(struct stage *s)
{
	const struct timespec a_little = { .tv_nsec = 200 * 1000 };
	int r = census_take(&s->before, s->story->work);

	for (int i = 0; r == 0 && sits_still(s) && i < 50 && census_running(&s->before); i++) {
		nanosleep(&a_little, NULL);
		census_done(&s->before);
		r = census_take(&s->before, s->story->work);
	}
	return r;
}

/* true when the test waits to be dumped. */
static bool set_up(struct stage *s)
{
	struct rlimit no_core;
	struct result *r = s->result;
	double start = stage_now();
	char why[1000];
	int err;

	/* Tests that let a child crash want no core file. The hard limit is theirs who do. */
	getrlimit(RLIMIT_CORE, &no_core);
	no_core.rlim_cur = 0;
	setrlimit(RLIMIT_CORE, &no_core);
	err = stage_open(s);
	if (err == 0)
		err = start_test(s, ZDTM_ARG_RUN, &s->test);
	if (err < 0) {
		result_decide(r, BROKEN, SETUP, "cannot start the test: %s", strerror(-err));
		return false;
	}
	if (!stage_wait(s, stage_ready_or_ended))
		decide_late(s, BROKEN, SETUP, "setup");
	else if (s->test.ended && s->skip[0])
		result_decide(r, SKIPPED, NO_PHASE, "%s", s->skip);
	else if (s->test.ended)
		result_decide(r, BROKEN, SETUP, "%s", why_ended(s, why, sizeof(why)));
	r->ms.setup = stage_now() - start;
	if (r->outcome != UNDECIDED)
		return false;

	err = count_before(s);
	if (err < 0)
		result_decide(r, BROKEN, SETUP, "cannot count tasks and files: %s", strerror(-err));
	return err == 0;
}

static bool differs(struct stage *s, bool untouched, char *to, size_t size)
{
	struct census after;
	bool r = true;
	int err;

	if (!sits_still(s))
		return false;
	err = census_take(&after, s->story->work);
	if (err < 0)
		snprintf(to, size, "tasks and files cannot be counted: %s", strerror(-err));
	else
		r = census_differs(&s->before, &after, untouched, to, size);
	census_done(&after);
	return r;
}

/* ---- Dump and restore ------------------------------------------------------------------------- */

/* Runs the engine to its end. true when it ended well; else result->engine holds its own words. */
static bool run_engine(struct stage *s, const struct engine *e, const char *const argv[],
		       enum phase phase, const char *images, const char *log, double *ms)
{
	_cleanup_free_ char *output = NULL, *log_path = NULL;
	struct spawn spawn = { .argv = argv, .dir = s->story->dir };
	double start = stage_now();
	struct result *r = s->result;
	char why[128];
	int err;

	if (asprintf(&output, "%s/" STORY_ENGINE_LOG, s->story->dir) < 0 ||
	    asprintf(&log_path, "%s/%s", images, log) < 0)
		return false;
	spawn.output = output;
	s->engine = (struct child){};
	err = spawn_start(&spawn, &s->engine.pid);
	if (err < 0) {
		result_decide(r, BROKEN, phase, "cannot start %s: %s", e->name, strerror(-err));
		return false;
	}
	if (!stage_wait(s, stage_engine_ended)) {
		snprintf(why, sizeof(why), "%s %s", e->name, phase_names[phase]);
		decide_late(s, FAILED, phase, why);
		return false;
	}
	*ms += stage_now() - start;
	if (WIFEXITED(s->engine.status) && WEXITSTATUS(s->engine.status) == 0)
		return true;

	engine_error_lines(log_path, output, r->engine, sizeof(r->engine), r->more,
			   sizeof(r->more));
	if (WIFSIGNALED(s->engine.status))
		result_decide(r, FAILED, phase, "%s %s %s", e->name, phase_names[phase],
			      status_text(s->engine.status, why, sizeof(why)));
	return false;
}

/* true when the tree is in the images and nowhere else. */
static bool dump(struct stage *s, const char *images)
{
	const struct engine *e = &s->story->manner->dump;
	_cleanup_buf_ struct buf tasks = {};
	struct result *r = s->result;
	const char *argv[ENGINE_ARGS];
	double frozen, begun;
	int err;

	err = images_make(&s->images, images, !s->story->manner->work);
	if (err < 0) {
		result_decide(r, BROKEN, DUMP, "%s: %s", images, strerror(-err));
		return false;
	}
	engine_dump_argv(e, s->test.pid, images, s->story->test->engine, argv);
	if (!run_engine(s, e, argv, DUMP, images, ENGINE_DUMP_LOG, &r->ms.dump))
		return false;
	/* There are engines that do not wait for the end of what they kill, which whoever restores must. */
	begun = stage_now();
	if (!stage_wait_for(s, 3000, stage_empty)) {
		census_tell(&tasks);
		result_decide(r, FAILED, DUMP, "after a dump that succeeded there still are: %s",
			      tasks.data ?: "tasks");
		return false;
	}
	r->ms.dump += stage_now() - begun;
	frozen = engine_frozen_ms(images);
	if (frozen >= 0)
		r->ms.frozen = (r->ms.frozen > 0 ? r->ms.frozen : 0) + frozen;
	if (s->story->test->demand == DEMAND_MUST_REFUSE)
		result_decide(r, FAILED, DUMP, "%s claims to have saved what nobody can save",
			      e->name);
	return r->outcome == UNDECIDED;
}

/*
 * The dump was refused, and the target must not have noticed. What was sent SIGKILL takes a moment to
 * end, and has lost this and that on the way: its end is the truer finding.
 */
static void look_for_harm(struct stage *s)
{
	struct result *r = s->result;
	char what[600];
	bool marked;

	stage_reap(s);
	marked = !s->test.ended && differs(s, true, what, sizeof(what));
	if (marked)
		stage_wait_for(s, 100, stage_test_ended);
	if (s->test.ended)
		result_decide(r, FAILED, DUMP, "the dump failed, and its target %s",
			      status_text(s->test.status, what, sizeof(what)));
	else if (marked)
		result_decide(r, FAILED, DUMP, "the dump failed and left its mark: %s", what);
}

static bool restored_root_is(pid_t pid, const char *pidfile)
{
	_cleanup_buf_ struct buf b = {};
	uint64_t number;

	if (read_file_at(AT_FDCWD, pidfile, &b) < 0)
		return false;
	b.data[strcspn(b.data, "\n")] = '\0';
	return parse_u64(b.data, 10, &number) && number == (uint64_t)pid && kill(pid, 0) == 0;
}

static bool edit(struct stage *s, const char *images)
{
	const struct manner *m = s->story->manner;
	int r = m->edit ? m->edit(images, s->story->edit) : 0;

	if (r < 0)
		result_decide(s->result, BROKEN, RESTORE, "the images cannot be edited: %s",
			      strerror(-r));
	return r == 0;
}

/* After an edit the test is asked first. */
static void tell_difference(struct stage *s, const char *what)
{
	if (s->story->manner->edit)
		snprintf(s->difference, sizeof(s->difference), "%s", what);
	else
		result_decide(s->result, FAILED, RESTORE, "not as before: %s", what);
}

/* true when the tree is back. */
static bool restore(struct stage *s, const char *images)
{
	const struct engine *e = &s->story->manner->restore;
	_cleanup_free_ char *pidfile = NULL;
	struct result *r = s->result;
	const char *argv[ENGINE_ARGS];
	bool edited = s->story->manner->edit, well;
	char what[1000];

	if (asprintf(&pidfile, "%s/root.pid", images) < 0)
		return false;
	engine_restore_argv(e, images, pidfile, edited, s->story->test->engine, argv);
	/* What comes back is a new child of ours: the old one's end is no news any more. */
	s->test.ended = false;
	well = run_engine(s, e, argv, RESTORE, images, ENGINE_RESTORE_LOG, &r->ms.restore);
	if (r->outcome != UNDECIDED)
		return false;
	if (!well && stage_wait_for(s, 3000, stage_empty))
		result_decide(r, FAILED, RESTORE, "%s could not restore what was dumped", e->name);
	else if (!well)
		result_decide(r, FAILED, RESTORE, "%s could not restore, and left tasks behind",
			      e->name);
	else if (s->test.ended)
		result_decide(r, FAILED, RESTORE, "restored, and then: %s",
			      why_ended(s, what, sizeof(what)));
	else if (!restored_root_is(s->test.pid, pidfile))
		result_decide(r, FAILED, RESTORE, "restored, says %s, but there is no task %d",
			      e->name, s->test.pid);
	else if (differs(s, false, what, sizeof(what)))
		tell_difference(s, what);
	return r->outcome == UNDECIDED;
}

/* ---- Check ------------------------------------------------------------------------------------ */

/* true when the test is content with what it finds. */
static bool check(struct stage *s, enum phase blame)
{
	struct result *r = s->result;
	double start = stage_now();
	char why[1000];

	/* To the main thread alone: any other might take a signal sent to the process. */
	syscall(SYS_tgkill, s->test.pid, s->test.pid, ZDTM_GO);
	if (!stage_wait(s, stage_test_ended))
		decide_late(s, FAILED, blame, "check");
	r->ms.check = stage_now() - start;
	if (r->outcome != UNDECIDED)
		return false;
	/* A failure counts even when a child told of it that nobody has waited for. */
	if (s->done && !s->failure[0] && WIFEXITED(s->test.status) &&
	    WEXITSTATUS(s->test.status) == ZDTM_EXIT_FINE)
		return true;

	why_ended(s, why, sizeof(why));
	if (blame == DUMP)
		result_decide(r, FAILED, DUMP, "the dump failed and harmed its target: %s", why);
	else if (s->story->test->demand == DEMAND_REPORT && s->story->manner->dump.path &&
		 s->failure[0])
		result_decide(r, PASSED, NO_PHASE, "not kept, as is to be expected: %s", why);
	else
		result_decide(r, FAILED, CHECK, "%s", why);
	return false;
}

/* Not the engine's doing when nothing was dumped: the test's author should hear of it. */
static void check_without_engine(struct stage *s)
{
	char what[600];

	if (differs(s, true, what, sizeof(what)))
		result_decide(s->result, BROKEN, SETUP, "a static test that does not sit still: %s",
			      what);
	else if (check(s, CHECK))
		result_decide(s->result, PASSED, NO_PHASE, "%s", "");
}

static void decide_refused(struct stage *s)
{
	const char *engine = s->story->manner->dump.name;

	if (s->story->test->demand == DEMAND_MUST_REFUSE)
		result_decide(s->result, PASSED, NO_PHASE, "%s", "");
	else
		result_decide(s->result, REFUSED, DUMP, "%s refused the dump", engine);
}

static void mean_timing(struct result *r, unsigned int cycles)
{
	r->ms.dump /= cycles;
	r->ms.restore /= cycles;
	if (r->ms.frozen > 0)
		r->ms.frozen /= cycles;
}

static void act(struct stage *s)
{
	const struct manner *m = s->story->manner;
	struct result *r = s->result;

	if (!set_up(s))
		return;
	if (!m->dump.path) {
		check_without_engine(s);
		return;
	}

	r->ms.dump = 0;
	for (unsigned int i = 1; i <= m->cycles; i++) {
		_cleanup_free_ char *images = NULL;

		if (asprintf(&images, "%s/images-%u", s->story->dir, i) < 0)
			return;
		if (!dump(s, images)) {
			if (r->outcome == UNDECIDED)
				look_for_harm(s);
			if (r->outcome == UNDECIDED && check(s, DUMP))
				decide_refused(s);
			return;
		}
		r->ms.restore = i == 1 ? 0 : r->ms.restore;
		if (!edit(s, images) || !restore(s, images))
			return;
	}
	mean_timing(r, m->cycles);
	if (!check(s, CHECK))
		return;
	if (s->difference[0])
		result_decide(r, FAILED, RESTORE, "not as before: %s", s->difference);
	result_decide(r, PASSED, NO_PHASE, "%s", "");
}

/* ---- Afterwards ------------------------------------------------------------------------------- */

static void clean_up(struct stage *s)
{
	char why[128];

	/* Time for this comes on top: a test that hung needs its cleanup most. */
	kill(-1, SIGKILL);
	if (!stage_wait_for(s, 3000, stage_empty) ||
	    start_test(s, ZDTM_ARG_CLEANUP, &s->test) < 0 ||
	    !stage_wait_for(s, 3000, stage_test_ended) || s->test.status != 0) {
		/* A test that passed but leaves the machine changed has not passed. */
		if (s->result->outcome == PASSED)
			s->result->outcome = UNDECIDED;
		result_decide(s->result, BROKEN, CHECK, "cleanup %s",
			      s->test.ended ? status_text(s->test.status, why, sizeof(why))
					    : "did not end");
	}
}

static void copy_work(const struct story *story)
{
	_cleanup_free_ char *to = NULL;

	if (asprintf(&to, "%s/kept", story->dir) >= 0)
		copy_tree(story->work, to);
}

void story_tell(const struct story *story)
{
	struct stage s = {
		.story = story,
		.result = story->result,
		.deadline = stage_now() + story->test->timeout * 1000.0,
	};

	story->result->ms = (struct timing){ -1, -1, -1, -1, -1 };
	act(&s);
	if (story->result->outcome == UNDECIDED)
		result_decide(story->result, BROKEN, NO_PHASE, "no memory");
	if (story->test->cleanup)
		clean_up(&s);
	if (story->manner->keep && !story->manner->work)
		copy_work(story);
	if (story->manner->keep || (result_is_kept(story->result) && !story->manner->edit))
		images_keep(&s.images);
	stage_done(&s);
}
