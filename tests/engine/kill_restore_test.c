// SPDX-License-Identifier: GPL-2.0-only
/* A restore that is killed at any moment leaves nobody behind, and so does one that fails. */
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/lib.h"

/* Everything is counted from the first task that is made. */
#define FROM SYS_clone3

struct dying_restore {
	struct target t;
	const char *args;
};

/* A tree that was dumped and is gone. */
static struct dying_restore begin(const char *args)
{
	struct dying_restore d = { .t = target("many"), .args = args };
	struct ran r;

	empty("img");
	r = refcr("dump -t %d -D img", d.t.pid);
	expect_fine(&r);
	waitpid(d.t.pid, NULL, 0);
	expect_nobody();
	return d;
}

static unsigned int count(const struct dying_restore *d)
{
	unsigned int stops = count_stops(FROM, d->args);

	expect_well(&d->t);
	target_kill(&d->t);
	expect_nobody();
	return stops;
}

/* Killed when nothing was left to do, it leaves the whole tree: then everybody works. */
static void expect_all_or_nobody(const struct target *t)
{
	const struct target_state *s = t->state;
	uint64_t from[TARGET_SLOTS];
	unsigned int working = 0;
	time_t deadline = time(NULL) + 10;

	for (unsigned int i = 0; i < s->n; i++)
		from[i] = __atomic_load_n(&s->slot[i].rounds, __ATOMIC_ACQUIRE);
	while (strangers((const pid_t[]){ 0 }) > 0 && working < s->n) {
		/* A sibling is ours to bury. */
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		working = 0;
		for (unsigned int i = 0; i < s->n; i++)
			working +=
				__atomic_load_n(&s->slot[i].rounds, __ATOMIC_ACQUIRE) > from[i] + 1;
		if (time(NULL) > deadline)
			expect_nobody();
		nanosleep(&(struct timespec){ .tv_nsec = 200 * 1000 }, NULL);
	}
	if (working == s->n) {
		printf("it was complete\n");
		expect_well(t);
		target_kill(t);
	}
	expect_nobody();
	ATF_CHECK_MSG(!s->failed, "%s", s->why);
}

static void kill_restore(unsigned int n, void *arg)
{
	struct dying_restore *d = arg;
	pid_t pid = traced("%s", d->args);
	int status;

	if (traced_until(pid, FROM, n, NULL, &status))
		traced_kill(pid);
	else
		traced_ended(pid, status);
	expect_all_or_nobody(&d->t);
}

static void killed_restores(const char *args, unsigned int rounds)
{
	struct dying_restore d = begin(args);

	at_moments(count(&d), rounds, kill_restore, &d);
}

ROOT_TC(killed, "a restore killed at any moment leaves nobody behind")
{
	arena();
	killed_restores("restore -d -D img", 25);
}

ROOT_TC(killed_sibling, "nor does one with --restore-sibling")
{
	arena();
	killed_restores("restore -d -S -D img", 15);
}

/* ---- tasks that die ---- */

static void kill_task(unsigned int n, void *arg)
{
	struct dying_restore *d = arg;
	pid_t pid = traced("%s", d->args), victim = d->t.state->slot[n % d->t.state->n].pid;
	struct ran r;
	int status;

	if (traced_until(pid, FROM, n, NULL, &status)) {
		(void)kill(victim, SIGKILL);
		traced_let_go(pid);
		r = refcr_end(pid);
	} else {
		r = traced_ended(pid, status);
	}
	if (r.status != 0) {
		expect_failed(&r, "");
		expect_nobody();
	} else {
		/* It was not there yet, or was all there. */
		target_kill(&d->t);
		expect_nobody();
	}
}

ROOT_TC(task_dies, "a restore that loses a task fails, with a sentence, and leaves nobody behind")
{
	struct dying_restore d;

	arena();
	d = begin("restore -d -D img");
	at_moments(count(&d), 12, kill_task, &d);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, killed);
	ATF_TP_ADD_TC(tp, killed_sibling);
	ATF_TP_ADD_TC(tp, task_dies);
	return atf_no_error();
}
