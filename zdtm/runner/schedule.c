// SPDX-License-Identifier: GPL-2.0-only
/* Running a session: which run begins when, and whom what the kernel says meanwhile is about. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "events.h"
#include "klog.h"
#include "say.h"
#include "session.h"
#include "slot.h"
#include "spawn.h"
#include "stage.h"
#include "workdir.h"

/* include/linux/proc_ns.h: no such number is given to another. */
#define PROC_PID_INIT_INO 0xEFFFFFFCU

/* How much longer than the test's own deadline its arena may take to end. Seconds. */
#define ARENA_GRACE 20

/* Behind the descriptors of jobs. */
enum { SIGNAL_FD, KLOG_FD, FIXED_FDS };

struct schedule {
	struct session *s;
	session_tell *tell;
	void *arg;   /* for tell */
	size_t most; /* so many jobs at once */
	struct slot *slots;
	struct pollfd *fds; /* one per job; then the two above */
	size_t busy, told, failed;
	bool alone; /* an exclusive one is running */
	bool spoilt; /* the kernel has gone wrong, and a fresh one is to be had: begin nothing more */
};

/* The next run that may begin now, NULL when none may. */
static struct run *next_run(const struct schedule *c)
{
	struct run *exclusive = NULL;

	if (c->busy == c->most || c->alone || c->spoilt)
		return NULL;
	for (size_t i = 0; i < c->s->n; i++) {
		struct run *run = &c->s->runs[i];
		bool running = false;

		for (size_t k = 0; k < c->most; k++)
			running |= c->slots[k].run == run;
		if (run->finished || running)
			continue;
		if (!run->test->exclusive)
			return run;
		if (!exclusive)
			exclusive = run;
	}
	return c->busy == 0 ? exclusive : NULL;
}

static void show_progress(const struct schedule *c)
{
	char names[256] = "";
	size_t n = 0, done = 0;

	for (size_t i = 0; i < c->s->n; i++)
		done += c->s->runs[i].finished;
	for (size_t i = 0; i < c->most && n < sizeof(names); i++)
		if (c->slots[i].run)
			n += snprintf(names + n, sizeof(names) - n, " %s",
				      c->slots[i].run->test->name);
	progress("%zu/%zu, %zu failed:%s", done, c->s->n, c->failed, names);
}

/* Those whose story is told already. Flags as for waitpid(). */
static void reap_inits(int flags)
{
	while (waitpid(-1, NULL, flags) > 0)
		;
}

static void begin_what_can(struct schedule *c)
{
	struct run *run;

	while ((run = next_run(c))) {
		struct slot *slot = c->slots;

		while (slot->run)
			slot++;
		/* Alone means that what ran before is gone, too. */
		if (run->test->exclusive)
			reap_inits(0);
		slot_start(slot, c->s, run);
		c->busy++;
		c->alone = run->test->exclusive;
	}
}

static void tell_what_can(struct schedule *c)
{
	struct session *s = c->s;

	if (c->told < s->n && s->runs[c->told].finished)
		progress("%s", "");
	while (c->told < s->n && s->runs[c->told].finished) {
		const struct run *run = &s->runs[c->told++];

		if (c->tell)
			c->tell(s, run, c->arg);
	}
}

/* Interrupted: all that runs is killed with its arena, and nothing of it stays. */
static _Noreturn void abandon(struct schedule *c, int sig)
{
	for (size_t i = 0; i < c->most; i++)
		if (c->slots[i].run)
			slot_abandon(&c->slots[i]);
	workdir_put();
	progress("%s", "");
	complain("interrupted");
	exit(128 + sig);
}

/* The kernel knows tasks by other numbers than we do where we are in a pid namespace made later. */
static bool knows_our_numbers(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == PROC_PID_INIT_INO;
}

static pid_t parent_of(pid_t task)
{
	_cleanup_buf_ struct buf stat = {};
	pid_t parent = 0;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/stat", task);
	if (read_file_at(AT_FDCWD, path, &stat) == 0)
		sscanf(strrchr(stat.data, ')') ?: "", ") %*c %d", &parent);
	return parent;
}

/* In whose arena a task is. NULL: in none, or it has ended. */
static struct slot *slot_of_task(struct schedule *c, pid_t task)
{
	for (; task > 1; task = parent_of(task))
		for (size_t i = 0; i < c->most; i++)
			if (c->slots[i].run && c->slots[i].init == task)
				return &c->slots[i];
	return NULL;
}

/*
 * What the kernel has complained of is told with the test whose task it names; when that is nobody's, or what
 * follows is not to be trusted, with all that ran meanwhile.
 */
static void hear_kernel(struct schedule *c, bool all)
{
	char text[sizeof(((struct result *)NULL)->kernel)] = "";
	enum complaint worst = klog_take(text, sizeof(text), all);
	pid_t task = worst == WARNED ? klog_task(text) : 0;
	struct slot *only = task && knows_our_numbers() ? slot_of_task(c, task) : NULL;

	for (size_t i = 0; text[0] && i < c->most; i++) {
		struct slot *slot = &c->slots[i];
		char *to = slot->run ? slot->run->result->kernel : NULL;

		if (!to || (only && slot != only))
			continue;
		/* Warnings before it must not leave it without room. */
		if (worst == WRONG && slot->heard != WRONG)
			to[0] = '\0';
		snprintf(to + strlen(to), sizeof(text) - strlen(to), "%s", text);
		slot->heard = MAX(slot->heard, worst);
		slot->run->shared |= worst == WRONG && c->busy > 1;
	}
	/* In a guest the rest is for the next boot. */
	c->spoilt |= worst == WRONG && events_are_heard();
}

/* In a guest, where nobody minds: the kernel writes down where all blocked tasks are. */
static void ask_who_is_stuck(struct schedule *c)
{
	hear_kernel(c, false);
	if (write_file_at(AT_FDCWD, "/proc/sysrq-trigger", "w") == 0)
		hear_kernel(c, true);
	c->spoilt = true;
}

/*
 * poll() of all there is to wait for; meanwhile, who listens from outside hears that we live. The kernel
 * is heard at once: who runs now is whom it is about, and not who may have begun a moment later.
 */
static int poll_alive(struct schedule *c, int ms)
{
	double told = stage_now(), end = told + ms, left;
	size_t jobs = c->most;
	int r;

	while ((left = end - stage_now()) > 0) {
		if (events_are_heard())
			left = MIN(left, told + EVENTS_TICK * 1000 - stage_now());
		r = poll(c->fds, jobs + FIXED_FDS, MAX(left, 0) + 1);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			die("poll: %s", strerror(errno));
		if (c->fds[jobs + KLOG_FD].revents) {
			hear_kernel(c, false);
			r--;
		}
		if (r != 0)
			return r;
		if (stage_now() - told >= EVENTS_TICK * 1000) {
			events_tick();
			told = stage_now();
		}
	}
	return 0;
}

static void wait_for_one(struct schedule *c)
{
	size_t jobs = c->most;
	unsigned int longest = 0;
	int r;

	for (size_t i = 0; i < jobs; i++) {
		struct run *run = c->slots[i].run;

		c->fds[i] = (struct pollfd){ .fd = run ? c->slots[i].over : -1 };
		if (run && run->test->timeout > longest)
			longest = run->test->timeout;
	}
	r = poll_alive(c, (longest + ARENA_GRACE) * 1000);
	if (c->fds[jobs + SIGNAL_FD].revents) {
		struct signalfd_siginfo info;

		if (read(c->fds[jobs + SIGNAL_FD].fd, &info, sizeof(info)) == sizeof(info))
			abandon(c, info.ssi_signo);
	}
	hear_kernel(c, false);
	for (size_t i = 0; i < jobs; i++) {
		struct slot *slot = &c->slots[i];

		if (!slot->run)
			continue;
		/* An arena keeps its own deadline. One that does not is stuck in the kernel or us. */
		if (r == 0) {
			if (events_are_heard())
				ask_who_is_stuck(c);
			result_decide(slot->run->result, BROKEN, SETUP, "the arena does not end");
			kill(slot->init, SIGKILL);
		} else if (!c->fds[i].revents) {
			continue;
		}
		c->alone = false;
		c->busy--;
		c->failed += slot_finish(slot, c->s);
	}
}

/* Descriptors beside those of jobs: the command's, and what an arena opens, which inherits the jobs'. */
#define OTHER_FILES 64

/* poll() takes no more than there may be open. */
static size_t jobs_possible(const struct session *s)
{
	size_t most = MAX(MIN(s->n, s->jobs), 1UL);
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
		most = MIN(most, files.rlim_cur > OTHER_FILES ? files.rlim_cur - OTHER_FILES : 1);
	return most;
}

void session_run(struct session *s, session_tell *tell, void *arg)
{
	size_t most = jobs_possible(s);
	struct schedule c = {
		.s = s,
		.tell = tell,
		.arg = arg,
		.most = most,
		.slots = need(calloc(most, sizeof(struct slot))),
		.fds = need(calloc(most + FIXED_FDS, sizeof(struct pollfd))),
	};

	klog_open();
	c.fds[most + SIGNAL_FD] = (struct pollfd){ interruptions_open(), POLLIN, 0 };
	c.fds[most + KLOG_FD] = (struct pollfd){ klog_fd(), POLLIN, 0 };
	for (;;) {
		begin_what_can(&c);
		tell_what_can(&c);
		if (c.busy == 0)
			break;
		show_progress(&c);
		wait_for_one(&c);
		reap_inits(WNOHANG);
	}
	/* A guest whose tasks do not end is left to its own end. */
	reap_inits(c.spoilt ? WNOHANG : 0);
	progress("%s", "");
	workdir_put();
	close(c.fds[most].fd);
	free(c.slots);
	free(c.fds);
}
