// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "stage.h"
#include "zdtm/lib/protocol.h"

double stage_now(void)
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

static void add_outside(struct stage *s, const char *pid)
{
	for (size_t i = 0; i < STAGE_OUTSIDE; i++)
		if (!s->outside[i]) {
			s->outside[i] = atoi(pid);
			return;
		}
}

static void hear_line(struct stage *s, const char *line)
{
	struct result *r = s->result;
	size_t n = strlen(r->said);
	const char *text;

	if (said(line, ZDTM_SAYS_READY)) {
		s->ready = true;
	} else if ((text = said(line, ZDTM_SAYS_OUTSIDE))) {
		add_outside(s, text);
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
void stage_reap(struct stage *s)
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

bool stage_wait(struct stage *s, bool (*so)(const struct stage *))
{
	struct pollfd fds[] = { { .fd = s->watch, .events = POLLIN },
				{ .fd = s->signals, .events = POLLIN } };
	char events[4096];

	for (;;) {
		double left = s->deadline - stage_now();

		/* In this order: what a task says last is in the log before we can reap it. */
		stage_reap(s);
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

bool stage_wait_for(struct stage *s, double ms, bool (*so)(const struct stage *))
{
	double deadline = s->deadline;
	bool r;

	s->deadline = stage_now() + ms;
	r = stage_wait(s, so);
	s->deadline = deadline;
	return r;
}

bool stage_ready_or_ended(const struct stage *s)
{
	return s->ready || s->test.ended;
}

bool stage_test_ended(const struct stage *s)
{
	return s->test.ended;
}

bool stage_engine_ended(const struct stage *s)
{
	return s->engine.ended;
}

static bool is_outside(const struct stage *s, pid_t pid)
{
	for (size_t i = 0; i < STAGE_OUTSIDE && s->outside[i]; i++)
		if (s->outside[i] == pid)
			return true;
	return false;
}

static bool only_outside(const struct stage *s)
{
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	struct dirent *d;
	int pid;

	while (proc && (d = readdir(proc)))
		if (parse_int(d->d_name, &pid) && pid != 1 && !is_outside(s, pid))
			return false;
	return proc;
}

bool stage_empty(const struct stage *s)
{
	/* -1 means everybody but ourselves and, in a pid namespace, its init: us again. */
	if (kill(-1, 0) < 0 && errno == ESRCH)
		return true;
	return s->outside[0] && only_outside(s);
}

/* ---- Beginning and end ------------------------------------------------------------------------ */

int stage_open(struct stage *s)
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

void stage_done(struct stage *s)
{
	images_done(&s->images);
	census_done(&s->before);
	buf_done(&s->heard);
}
