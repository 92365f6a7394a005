// SPDX-License-Identifier: GPL-2.0-only
/* What a dump that works does to its target and to directories. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/lib.h"

static void expect_killed(const struct target *t)
{
	int status;

	ATF_REQUIRE_EQ(waitpid(t->pid, &status, WNOHANG), t->pid);
	ATF_CHECK_MSG(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %#x", status);
	expect_nobody();
}

static void restore_well(const struct target *t, const char *dir)
{
	struct ran r = refcr("restore -d -D %s", dir);

	expect_fine(&r);
	expect_well(t);
}

ROOT_TC(kills, "a tree that was dumped is gone, and a restore brings it back as it was")
{
	struct target t;
	struct ran r;

	arena();
	t = target("many");
	empty("img");
	for (int i = 0; i < 3; i++) {
		r = refcr("dump -t %d -D img", t.pid);
		expect_fine(&r);
		if (i == 0)
			expect_killed(&t);
		expect_nobody();
		restore_well(&t, "img");
	}
	target_end(&t);
	expect_nobody();
}

ROOT_TC(leave_running, "-R leaves the tree running; the images are those of that moment")
{
	struct target t;
	struct ran r;

	arena();
	t = target("many");
	empty("img");
	r = refcr("dump -R -t %d -D img", t.pid);
	expect_fine(&r);
	expect_well(&t);
	target_kill(&t);
	restore_well(&t, "img");
	target_end(&t);
}

/* All but the one that is stopped all the time: the forker may have had a child just then. */
static void let_run_on(const struct target *t)
{
	for (unsigned int i = 0; i < t->state->n; i++) {
		pid_t pid = t->state->slot[i].pid, child;
		char path[64], *children, *at;

		snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
		at = children = read_file(path, NULL);
		while ((child = strtol(at, &at, 10)))
			if (child != t->state->stopped)
				kill(child, SIGCONT);
		free(children);
		kill(pid, SIGCONT);
	}
}

ROOT_TC(leave_stopped, "-s leaves the tree stopped as by SIGSTOP; SIGCONT lets it run on")
{
	struct target t;
	struct ran r;

	arena();
	t = target("many");
	empty("img");
	r = refcr("dump -s -t %d -D img", t.pid);
	expect_fine(&r);
	for (unsigned int i = 0; i < t.state->n; i++)
		await_state(t.state->slot[i].pid, 'T');
	let_run_on(&t);
	expect_well(&t);
	target_kill(&t);
	/* In the images they run. */
	restore_well(&t, "img");
	target_end(&t);
}

ROOT_TC(twice, "a second dump into a directory takes the place of the first")
{
	struct target t, other;
	struct ran r;

	arena();
	t = target("many");
	other = target("one");
	empty("img");
	r = refcr("dump -R -t %d -D img", t.pid);
	expect_fine(&r);
	r = refcr("dump -t %d -D img", other.pid);
	expect_fine(&r);
	waitpid(other.pid, NULL, 0);
	ATF_CHECK(!exists("img/.staging"));
	restore_well(&other, "img");
	target_end(&other);
	expect_well(&t);
	target_end(&t);
}

ROOT_TC(twice_fails, "a second dump that fails leaves the first as it was")
{
	struct target t;
	char *before;
	struct ran r;

	arena();
	t = target("many");
	empty("img");
	r = refcr("dump -R -t %d -D img -W .", t.pid);
	expect_fine(&r);
	before = strdup(names_in("img"));
	r = shell("cat img/* | sha256sum >sum");
	r = refcr("dump -R -t 12345 -D img -W .");
	expect_failed(&r, "task 12345: No such process");
	ATF_CHECK_STREQ(names_in("img"), before);
	r = shell("cat img/* | sha256sum -c sum");
	ATF_CHECK_EQ(r.status, 0);
	target_kill(&t);
	restore_well(&t, "img");
	target_end(&t);
}

ROOT_TC(old_staging, "what a dump that was killed left behind goes with the next one")
{
	struct target t;
	struct ran r;

	arena();
	t = target("one");
	empty("img");
	r = refcr("dump -R -t %d -D img -W .", t.pid);
	expect_fine(&r);
	r = shell("mkdir img/.staging && echo >img/.staging/core-12345.img");
	r = refcr("dump -R -t %d -D img -W .", t.pid);
	expect_fine(&r);
	ATF_CHECK_MSG(!exists("img/.staging"), "%s", names_in("img"));
	target_end(&t);
}

ROOT_TC(other_uid, "a tree of another user is dumped and restored without CAP_SYS_RESOURCE")
{
	struct target t;
	struct ran r;

	arena();
	ATF_REQUIRE(prctl(PR_CAPBSET_DROP, 24 /* CAP_SYS_RESOURCE */) == 0);
	t = target_as("many", 12345);
	empty("img");
	r = refcr("dump -t %d -D img", t.pid);
	expect_fine(&r);
	expect_killed(&t);
	restore_well(&t, "img");
	r = shell("grep '^Uid:\t12345\t12345\t12345\t12345$' /proc/%d/status", t.pid);
	ATF_CHECK_EQ(r.status, 0);
	target_end(&t);
}

/* Ends four seconds after it was begun, whatever is done to it: that is the time it asked for. */
static pid_t sleeper(bool deaf)
{
	const struct timespec nap = { .tv_sec = 4 };
	pid_t pid = fork();

	if (pid == 0) {
		sigset_t all;

		setsid();
		closefrom(0);
		sigfillset(&all);
		if (deaf)
			sigprocmask(SIG_SETMASK, &all, NULL);
		_exit(nanosleep(&nap, NULL) == 0 ? 0 : 1);
	}
	return pid;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

ROOT_TC(sleeps_on, "a sleep that a dump interrupts lasts as long as it should")
{
	double begun, took;
	pid_t pid[2];
	int status;

	arena();
	empty("img");
	begun = now();
	for (int deaf = 0; deaf < 2; deaf++)
		pid[deaf] = sleeper(deaf);
	for (int deaf = 0; deaf < 2; deaf++)
		await_state(pid[deaf], 'S');
	/* Were it to begin anew, that would take longer the later it does. */
	nanosleep(&(struct timespec){ .tv_sec = 2 }, NULL);
	for (int i = 0; i < 6; i++) {
		struct ran r;

		/* Others may make us slow. */
		if (i >= 2 && now() > begun + 3)
			break;
		r = refcr("dump -R -t %d -D img", pid[i % 2]);
		expect_fine(&r);
	}
	for (int deaf = 0; deaf < 2; deaf++) {
		ATF_REQUIRE_EQ(waitpid(pid[deaf], &status, 0), pid[deaf]);
		took = now() - begun;
		ATF_CHECK_EQ(status, 0);
		ATF_CHECK_MSG(took > 3.99 && took < 5.5, "%s: %f s", deaf ? "deaf" : "plain", took);
	}
}

static volatile uint64_t *ticks;

static void on_tick(int sig)
{
	++*ticks;
}

/* Never at rest: a timer's signal is on its way to it nearly all the time. */
static pid_t ticker(void)
{
	const struct itimerspec often = { { 0, 5000 }, { 0, 5000 } };
	struct sigevent se = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	timer_t timer;
	pid_t pid;

	ticks = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ATF_REQUIRE(ticks != MAP_FAILED);
	pid = fork();
	if (pid == 0) {
		setsid();
		closefrom(0);
		signal(SIGRTMIN, on_tick);
		if (timer_create(CLOCK_MONOTONIC, &se, &timer) < 0 ||
		    timer_settime(timer, 0, &often, NULL) < 0)
			_exit(1);
		for (;;)
			;
	}
	return pid;
}

/* Until there are more; a few seconds. */
static void expect_ticks(void)
{
	uint64_t had = *ticks;
	double begun = now();

	while (*ticks < had + 3)
		ATF_REQUIRE_MSG(now() < begun + 10, "no ticks after %lu", had);
}

ROOT_TC(ticks_on, "a task that a timer interrupts all the time is stopped at once, and goes on")
{
	pid_t pid;

	arena();
	empty("img");
	pid = ticker();
	expect_ticks();
	/* A signal meets the engine's interrupt in some of them. */
	for (int i = 0; i < 60; i++) {
		struct ran r = refcr("dump -R -t %d -D img", pid);

		expect_fine(&r);
		expect_ticks();
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	expect_nobody();
}

#define SHARED_PAGES 64

/* The frames of memory that this process and a task have in common, as it has it. */
static void frames_of(pid_t pid, const void *at, uint64_t to[SHARED_PAGES])
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ATF_REQUIRE_MSG(fd >= 0, "%s", path);
	ATF_REQUIRE(pread(fd, to, SHARED_PAGES * 8, (uintptr_t)at / 4096 * 8) == SHARED_PAGES * 8);
	close(fd);
	for (int i = 0; i < SHARED_PAGES; i++)
		to[i] &= (1ULL << 55) - 1;
}

ROOT_TC(copies_nothing, "pages that tasks share after a fork are still shared after a dump")
{
	uint64_t parents[SHARED_PAGES], before[SHARED_PAGES], after[SHARED_PAGES];
	void *at = mmap(NULL, SHARED_PAGES * 4096, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ran r;
	pid_t pid;

	ATF_REQUIRE(at != MAP_FAILED);
	madvise(at, SHARED_PAGES * 4096, MADV_NOHUGEPAGE);
	memset(at, 1, SHARED_PAGES * 4096);
	arena();
	empty("img");
	pid = fork();
	if (pid == 0) {
		setsid();
		closefrom(0);
		for (;;)
			pause();
	}
	await_state(pid, 'S');
	frames_of(getpid(), at, parents);
	frames_of(pid, at, before);
	ATF_REQUIRE(before[0]);
	ATF_REQUIRE(memcmp(before, parents, sizeof(before)) == 0);
	r = refcr("dump -R -t %d -D img", pid);
	expect_fine(&r);
	frames_of(pid, at, after);
	ATF_CHECK(memcmp(after, before, sizeof(after)) == 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08 /* since 6.11 */
#endif

ROOT_TC(drops,
	"what may be dropped at any time is in no image: random state must not be there twice")
{
	char word[] = "nowhere else", *at, *pages;
	struct ran r;
	size_t size;
	pid_t pid;

	at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		atf_tc_skip("MAP_DROPPABLE: %s", strerror(errno));
	arena();
	empty("img");
	pid = fork();
	if (pid == 0) {
		setsid();
		closefrom(0);
		/* In there, and in no other page: the other one has it backwards. */
		for (size_t i = 0; i < sizeof(word) - 1; i++)
			at[sizeof(word) - 2 - i] = word[i];
		for (;;)
			pause();
	}
	await_state(pid, 'S');
	r = refcr("dump -R -t %d -D img", pid);
	expect_fine(&r);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	pages = read_file("img/pages-1.img", &size);
	ATF_CHECK(memmem(pages, size, word, sizeof(word) - 1));
	for (size_t i = 0; i < (sizeof(word) - 1) / 2; i++) {
		char c = word[i];

		word[i] = word[sizeof(word) - 2 - i];
		word[sizeof(word) - 2 - i] = c;
	}
	ATF_CHECK(!memmem(pages, size, word, sizeof(word) - 1));
}

ROOT_TC(execs_on,
	"a task of many threads that executes programs all the time is stopped, and goes on")
{
	struct target t;

	arena();
	t = target("execs");
	empty("img");
	/* Some of them come in the middle of an execve(2), and some of those lose something by it. */
	for (int i = 0; i < 100; i++) {
		struct ran r = refcr("dump -R -t %d -D img", t.pid);

		expect_fine(&r);
		expect_well(&t);
	}
	target_end(&t);
	expect_nobody();
}

#define CROWD 600

static void *idle(void *unused)
{
	while (pause() < 0)
		;
	return NULL;
}

/* A task of many threads, on one CPU with others that want all of it. */
static pid_t crowd(int *ready)
{
	pid_t pid = fork();

	if (pid == 0) {
		setsid();
		closefrom(0);
		for (int i = 1; i < CROWD; i++) {
			pthread_t t;

			if (pthread_create(&t, NULL, idle, NULL) != 0)
				_exit(1);
		}
		*ready = 1;
		idle(NULL);
	}
	return pid;
}

ROOT_TC(crowded,
	"a task of many threads is stopped, however long it takes to reach for all of them")
{
	int *ready = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid, hog[3];

	ATF_REQUIRE(ready != MAP_FAILED);
	arena();
	empty("img");
	pid = crowd(ready);
	for (double begun = now(); !*ready;)
		ATF_REQUIRE(now() < begun + 10);
	one_cpu();
	for (int i = 0; i < 3; i++) {
		hog[i] = fork();
		while (hog[i] == 0)
			;
	}
	for (int i = 0; i < 2; i++) {
		struct ran r = refcr("dump -R -t %d -D img", pid);

		expect_fine(&r);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 3; i++) {
		kill(hog[i], SIGKILL);
		waitpid(hog[i], NULL, 0);
	}
}

ROOT_TC(no_room, "of a task without room for the gate it says which limit is used up")
{
	struct rlimit full;
	struct target t;
	struct ran r;

	arena();
	t = target("one");
	empty("img");
	ATF_REQUIRE_EQ(prlimit(t.pid, RLIMIT_AS, NULL, &full), 0);
	full.rlim_cur = 4096;
	ATF_REQUIRE_EQ(prlimit(t.pid, RLIMIT_AS, &full, NULL), 0);
	r = refcr("dump -t %d -D img", t.pid);
	expect_failed(&r, "RLIMIT_AS");
	full.rlim_cur = full.rlim_max;
	ATF_REQUIRE_EQ(prlimit(t.pid, RLIMIT_AS, &full, NULL), 0);
	expect_well(&t);
	target_end(&t);
}

ROOT_TC(log_and_stats, "log and statistics go to the work directory, and say something")
{
	const char *criu = getenv("CRIU");
	struct target t;
	struct ran r;
	char *log;

	arena();
	t = target("many");
	empty("img");
	empty("work");
	r = refcr("dump -R -t %d -D img -W work -o log -v4 --display-stats", t.pid);
	expect_fine(&r);
	ATF_CHECK_STREQ(names_in("work"), "log stats-dump ");
	log = read_file("work/log", NULL);
	ATF_CHECK_MSG(strstr(log, "stand still"), "%s", log);
	ATF_CHECK_MSG(strstr(r.out, "Memory pages written: "), "%s", r.out);
	target_kill(&t);
	r = refcr("restore -d -D img -W work -o log2 -v4 --display-stats");
	expect_fine(&r);
	ATF_CHECK_STREQ(names_in("work"), "log log2 stats-dump stats-restore ");
	ATF_CHECK_MSG(strstr(r.out, "Pages restored: "), "%s", r.out);
	target_end(&t);

	if (criu) {
		char dir[PATH_MAX];

		snprintf(dir, sizeof(dir), "%s", criu);
		dirname(dir);
		r = shell("%s/crit show work/stats-dump && %s/crit show work/stats-restore", dir,
			  dir);
		ATF_CHECK_EQ(r.status, 0);
		ATF_CHECK_MSG(strstr(r.out, "pages_written"), "%s", r.out);
		ATF_CHECK_MSG(strstr(r.out, "restore_time"), "%s", r.out);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, kills);
	ATF_TP_ADD_TC(tp, leave_running);
	ATF_TP_ADD_TC(tp, leave_stopped);
	ATF_TP_ADD_TC(tp, twice);
	ATF_TP_ADD_TC(tp, twice_fails);
	ATF_TP_ADD_TC(tp, old_staging);
	ATF_TP_ADD_TC(tp, other_uid);
	ATF_TP_ADD_TC(tp, sleeps_on);
	ATF_TP_ADD_TC(tp, ticks_on);
	ATF_TP_ADD_TC(tp, copies_nothing);
	ATF_TP_ADD_TC(tp, drops);
	ATF_TP_ADD_TC(tp, execs_on);
	ATF_TP_ADD_TC(tp, crowded);
	ATF_TP_ADD_TC(tp, no_room);
	ATF_TP_ADD_TC(tp, log_and_stats);
	return atf_no_error();
}
