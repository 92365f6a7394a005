// SPDX-License-Identifier: GPL-2.0-only
/*
 * SIGKILL at any moment. An engine that dies in the middle of a dump has done its target no harm,
 * one that dies in the middle of a restore leaves nobody behind; and a target that dies under a
 * dump's hands ends the dump, with a sentence.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/lib.h"
#include "lib/spawn.h"

/* How many moments there are: a whole run's stops after its first call of `from`. */
static unsigned int count_stops(long from, const char *args)
{
	unsigned int stops;
	int status;

	ATF_REQUIRE(!traced_until(traced("%s", args), from, -1, &stops, &status));
	ATF_REQUIRE_MSG(status == 0, "refcr %s: status %#x", args, status);
	return stops;
}

static void empty(const char *dir)
{
	shell("rm -rf %s && mkdir %s", dir, dir);
}

/* ---- dump ---- */

struct dying_dump {
	struct target t;
	char args[64];
	char *maps; /* of a target that must get back exactly those; else NULL */
};

static char *maps_of(pid_t pid)
{
	char path[64], *text, *end;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	text = read_file(path, NULL);
	/* The stack may grow at any time. */
	end = strstr(text, "[stack]");
	ATF_REQUIRE(end);
	while (*end != '\n')
		*end-- = '\0';
	return text;
}

static void kill_dump(unsigned int n, void *arg)
{
	struct dying_dump *d = arg;
	pid_t pid;
	int status;

	empty("img");
	pid = traced("%s", d->args);
	if (traced_until(pid, SYS_ptrace, n, NULL, &status)) {
		traced_kill(pid);
		/* Unless it was killed after its work. */
		if (exists("img/inventory.img"))
			printf("the set was complete\n");
	}
	expect_well(&d->t);
	if (d->maps) {
		char *now = maps_of(d->t.pid);

		ATF_CHECK_STREQ(now, d->maps);
		free(now);
	}
}

static void killed_dumps(const char *how, unsigned int rounds)
{
	struct dying_dump d = { .t = target(how) };
	struct ran r;

	snprintf(d.args, sizeof(d.args), "dump -R -t %d -D img", d.t.pid);
	empty("img");
	if (strcmp(how, "one") == 0)
		d.maps = maps_of(d.t.pid);
	at_moments(count_stops(SYS_ptrace, d.args), rounds, kill_dump, &d);

	/* What is left of all the gates is in nobody's way. */
	empty("img");
	r = refcr("dump -t %d -D img", d.t.pid);
	expect_fine(&r);
	waitpid(d.t.pid, NULL, 0);
	r = refcr("restore -d -D img");
	expect_fine(&r);
	expect_well(&d.t);
	target_end(&d.t);
	expect_nobody();
}

ROOT_TC(dump_one, "a dump killed at any moment leaves a single thread as it was, and its memory")
{
	arena();
	killed_dumps("one", 40);
}

ROOT_TC(dump_many, "a dump killed at any moment leaves a tree of tasks and threads running")
{
	arena();
	killed_dumps("many", 40);
}

/* ---- restore ---- */

struct dying_restore {
	struct target t;
	const char *args;
};

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
}

static void kill_restore(unsigned int n, void *arg)
{
	struct dying_restore *d = arg;
	pid_t pid = traced("%s", d->args);
	int status;

	if (traced_until(pid, SYS_clone3, n, NULL, &status))
		traced_kill(pid);
	else
		ended(pid, status);
	expect_all_or_nobody(&d->t);
}

static void killed_restores(const char *args, unsigned int rounds)
{
	struct dying_restore d = { .t = target("many"), .args = args };
	unsigned int stops;
	struct ran r;

	empty("img");
	r = refcr("dump -t %d -D img", d.t.pid);
	expect_fine(&r);
	waitpid(d.t.pid, NULL, 0);
	expect_nobody();

	stops = count_stops(SYS_clone3, args);
	expect_well(&d.t);
	target_kill(&d.t);
	expect_nobody();
	at_moments(stops, rounds, kill_restore, &d);
}

ROOT_TC(restore, "a restore killed at any moment leaves nobody behind")
{
	arena();
	killed_restores("restore -d -D img", 40);
}

ROOT_TC(restore_sibling, "nor does one with --restore-sibling")
{
	arena();
	killed_restores("restore -d -S -D img", 20);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, dump_one);
	ATF_TP_ADD_TC(tp, dump_many);
	ATF_TP_ADD_TC(tp, restore);
	ATF_TP_ADD_TC(tp, restore_sibling);
	return atf_no_error();
}
