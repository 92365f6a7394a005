// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "census.h"
#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "spawn.h"
#include "story.h"
#include "zdtm/lib/protocol.h"

/* A process we started, or one that a restore gave us back. */
struct child {
	pid_t pid; /* 0: there is none */
	bool ended;
	int status;
};

/* What has happened so far, and what we hear more of. */
struct stage {
	const struct story *story;
	struct result *result;
	double deadline; /* for everything, ms */

	struct child test, engine;
	struct census before;

	int watch, signals, log; /* inotify on the log; SIGCHLD; the log itself */
	struct buf heard;        /* of the log */
	size_t understood;       /* bytes of it */
	bool ready, done;
	char failure[1000], skip[1000]; /* the first fail line; the skip line */
};

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

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* ---- Listening -------------------------------------------------------------------------------- */

static const char *said(const char *line, const char *word)
{
	const char *rest = str_after(line, ZDTM_SAYS);

	rest = rest ? str_after(rest, word) : NULL;
	return rest && (*rest == ' ' || !*rest) ? rest + strspn(rest, " ") : NULL;
}

static void hear_line(struct stage *s, const char *line)
{
	struct result *r = s->result;
	size_t n = strlen(r->said);
	const char *text;

	if (said(line, ZDTM_SAYS_READY)) {
		s->ready = true;
	} else if (said(line, ZDTM_SAYS_DONE)) {
		s->done = true;
	} else if ((text = said(line, ZDTM_SAYS_SKIP))) {
		snprintf(s->skip, sizeof(s->skip), "%s", text);
	} else if ((text = said(line, ZDTM_SAYS_FAIL)) || (text = said(line, ZDTM_SAYS_NOTE))) {
		snprintf(r->said + n, sizeof(r->said) - n, "%s\n", text);
		if (said(line, ZDTM_SAYS_FAIL) && !s->failure[0])
			snprintf(s->failure, sizeof(s->failure), "%s", text);
	}
}

static void hear(struct stage *s)
{
	char *line, *end;

	if (read_rest(s->log, &s->heard) < 0)
		return;
	while (s->understood < s->heard.len) {
		line = s->heard.data + s->understood;
		end = memchr(line, '\n', s->heard.len - s->understood);
		if (!end)
			return;
		*end = '\0';
		hear_line(s, line);
		s->understood = end + 1 - s->heard.data;
	}
}

/* Ours, and the orphans of the arena. */
static void reap(struct stage *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *c = pid == s->test.pid     ? &s->test
				  : pid == s->engine.pid ? &s->engine
							 : NULL;

		if (c) {
			c->ended = true;
			c->status = status;
		}
	}
}

/* false when the deadline comes first. */
static bool wait_until(struct stage *s, bool (*so)(const struct stage *))
{
	struct pollfd fds[] = { { .fd = s->watch, .events = POLLIN },
				{ .fd = s->signals, .events = POLLIN } };
	char events[4096];

	for (;;) {
		double left = s->deadline - now_ms();

		/* In this order: what a task says last is in the log before we can reap it. */
		reap(s);
		hear(s);
		if (so(s))
			return true;
		if (left <= 0)
			return false;
		if (poll(fds, ARRAY_SIZE(fds), left + 1) <= 0)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
			if (fds[i].revents && read(fds[i].fd, events, sizeof(events)) < 0)
				return false;
	}
}

/* For what should be so already, and takes only as long as the kernel needs to end tasks. */
static bool soon(struct stage *s, bool (*so)(const struct stage *))
{
	double deadline = s->deadline;
	bool r;

	s->deadline = now_ms() + 3000;
	r = wait_until(s, so);
	s->deadline = deadline;
	return r;
}

static bool ready_or_ended(const struct stage *s)
{
	return s->ready || s->test.ended;
}

static bool test_ended(const struct stage *s)
{
	return s->test.ended;
}

static bool engine_ended(const struct stage *s)
{
	return s->engine.ended;
}

static bool nobody_left(const struct stage *s)
{
	/* -1 means everybody but ourselves and, in a pid namespace, its init: us again. */
	return kill(-1, 0) < 0 && errno == ESRCH;
}

static void decide_late(struct stage *s, enum outcome outcome, enum phase phase, const char *what)
{
	_cleanup_buf_ struct buf tasks = {};

	census_tell(&tasks);
	result_decide(s->result, outcome, phase, "%s did not end within %u s; there are: %s", what,
		      s->story->test->timeout, tasks.data ?: "no tasks");
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

static int open_ears(struct stage *s)
{
	_cleanup_free_ char *path = NULL;
	sigset_t child;

	if (asprintf(&path, "%s/" STORY_TEST_LOG, s->story->dir) < 0)
		return -ENOMEM;
	s->log = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0666);
	s->watch = inotify_init1(IN_CLOEXEC);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	s->signals = signalfd(-1, &child, SFD_CLOEXEC);
	if (s->log < 0 || s->watch < 0 || s->signals < 0 ||
	    inotify_add_watch(s->watch, path, IN_MODIFY) < 0)
		return -errno;
	return 0;
}

static int start_test(struct stage *s, const char *how, struct child *c)
{
	static char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"LC_ALL=C",
		NULL,
	};
	const struct test_case *t = s->story->test;
	const char *const argv[] = { t->program, how, flavor_names[s->story->flavor], t->variant,
				     NULL };
	_cleanup_free_ char *log = NULL;
	struct spawn spawn = { .argv = argv, .env = env, .dir = s->story->work, .session = true };

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
	/* Tests that let a child crash want no core file, nor a helper that collects it. */
	const struct rlimit no_core = {};
	struct result *r = s->result;
	double start = now_ms();
	char why[1000];
	int err;

	setrlimit(RLIMIT_CORE, &no_core);
	err = open_ears(s);
	if (err == 0)
		err = start_test(s, ZDTM_ARG_RUN, &s->test);
	if (err < 0) {
		result_decide(r, BROKEN, SETUP, "cannot start the test: %s", strerror(-err));
		return false;
	}
	if (!wait_until(s, ready_or_ended))
		decide_late(s, BROKEN, SETUP, "setup");
	else if (s->test.ended && s->skip[0])
		result_decide(r, SKIPPED, NO_PHASE, "%s", s->skip);
	else if (s->test.ended)
		result_decide(r, BROKEN, SETUP, "%s", why_ended(s, why, sizeof(why)));
	r->ms.setup = now_ms() - start;
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
	bool r;

	if (!sits_still(s))
		return false;
	r = census_take(&after, s->story->work) == 0 &&
	    census_differs(&s->before, &after, untouched, to, size);
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
	double start = now_ms();
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
	if (!wait_until(s, engine_ended)) {
		snprintf(why, sizeof(why), "%s %s", e->name, phase_names[phase]);
		decide_late(s, FAILED, phase, why);
		return false;
	}
	*ms += now_ms() - start;
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
	double frozen;

	if (mkdir(images, 0755) < 0) {
		result_decide(r, BROKEN, DUMP, "%s: %s", images, strerror(errno));
		return false;
	}
	engine_dump_argv(e, s->test.pid, images, s->story->test->engine, argv);
	if (!run_engine(s, e, argv, DUMP, images, ENGINE_DUMP_LOG, &r->ms.dump))
		return false;
	frozen = engine_frozen_ms(images);
	if (frozen >= 0)
		r->ms.frozen = (r->ms.frozen > 0 ? r->ms.frozen : 0) + frozen;
	if (!soon(s, nobody_left)) {
		census_tell(&tasks);
		result_decide(r, FAILED, DUMP, "after a dump that succeeded there still are: %s",
			      tasks.data ?: "tasks");
		return false;
	}
	if (s->story->test->demand == DEMAND_MUST_REFUSE)
		result_decide(r, FAILED, DUMP, "%s claims to have saved what nobody can save",
			      e->name);
	return r->outcome == UNDECIDED;
}

/* The dump was refused, and the target must not have noticed. */
static void look_for_harm(struct stage *s)
{
	struct result *r = s->result;
	char what[600];

	reap(s);
	if (s->test.ended)
		result_decide(r, FAILED, DUMP, "the dump failed, and its target %s",
			      status_text(s->test.status, what, sizeof(what)));
	else if (differs(s, true, what, sizeof(what)))
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

/* true when the tree is back. */
static bool restore(struct stage *s, const char *images)
{
	const struct engine *e = &s->story->manner->restore;
	_cleanup_free_ char *pidfile = NULL;
	struct result *r = s->result;
	const char *argv[ENGINE_ARGS];
	char what[1000];
	bool well;

	if (asprintf(&pidfile, "%s/root.pid", images) < 0)
		return false;
	engine_restore_argv(e, images, pidfile, s->story->test->engine, argv);
	/* What comes back is a new child of ours: the old one's end is no news any more. */
	s->test.ended = false;
	well = run_engine(s, e, argv, RESTORE, images, ENGINE_RESTORE_LOG, &r->ms.restore);
	if (r->outcome != UNDECIDED)
		return false;
	if (!well && soon(s, nobody_left))
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
		result_decide(r, FAILED, RESTORE, "not as before: %s", what);
	return r->outcome == UNDECIDED;
}

/* ---- Check ------------------------------------------------------------------------------------ */

/* true when the test is content with what it finds. */
static bool check(struct stage *s, enum phase blame)
{
	struct result *r = s->result;
	double start = now_ms();
	char why[1000];

	/* To the main thread alone: any other might take a signal sent to the process. */
	syscall(SYS_tgkill, s->test.pid, s->test.pid, ZDTM_GO);
	if (!wait_until(s, test_ended))
		decide_late(s, FAILED, blame, "check");
	r->ms.check = now_ms() - start;
	if (r->outcome != UNDECIDED)
		return false;
	if (s->done && WIFEXITED(s->test.status) && WEXITSTATUS(s->test.status) == ZDTM_EXIT_FINE)
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
		if (!restore(s, images))
			return;
	}
	mean_timing(r, m->cycles);
	if (check(s, CHECK))
		result_decide(r, PASSED, NO_PHASE, "%s", "");
}

/* ---- Afterwards ------------------------------------------------------------------------------- */

static void clean_up(struct stage *s)
{
	char why[128];

	/* Time for this comes on top: a test that hung needs its cleanup most. */
	kill(-1, SIGKILL);
	if (!soon(s, nobody_left) || start_test(s, ZDTM_ARG_CLEANUP, &s->test) < 0 ||
	    !soon(s, test_ended) || s->test.status != 0) {
		/* A test that passed but leaves the machine changed has not passed. */
		if (s->result->outcome == PASSED)
			s->result->outcome = UNDECIDED;
		result_decide(s->result, BROKEN, CHECK, "cleanup %s",
			      s->test.ended ? status_text(s->test.status, why, sizeof(why))
					    : "did not end");
	}
}

/* A tmpfs can be seen only from in here, and dies with us. */
static void copy_work(const struct story *story)
{
	_cleanup_free_ char *from = NULL, *to = NULL;
	pid_t pid;

	if (asprintf(&from, "%s/.", story->work) < 0 || asprintf(&to, "%s/kept", story->dir) < 0)
		return;
	mkdir(to, 0755);
	if (spawn_start(&(struct spawn){ .argv = LIST("/bin/cp", "-a", from, to) }, &pid) == 0)
		waitpid(pid, NULL, 0);
}

void story_tell(const struct story *story)
{
	struct stage s = {
		.story = story,
		.result = story->result,
		.deadline = now_ms() + story->test->timeout * 1000.0,
	};

	story->result->ms = (struct timing){ -1, -1, -1, -1, -1 };
	act(&s);
	if (story->result->outcome == UNDECIDED)
		result_decide(story->result, BROKEN, NO_PHASE, "no memory");
	if (story->test->cleanup)
		clean_up(&s);
	if (story->manner->keep && !story->manner->work)
		copy_work(story);
	census_done(&s.before);
	buf_done(&s.heard);
}
