// SPDX-License-Identifier: GPL-2.0-only
/*
 * A dump that is killed at any moment has done its target no harm, and left nothing that looks like
 * a set of images. A target that dies, or is stopped, under a dump's hands is told apart from that.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/lib.h"

/* Everything is counted from the first task that is seized. */
#define FROM SYS_ptrace

struct dying_dump {
	struct target t;
	char args[64];
	char *maps; /* of a target that must get back exactly those; else NULL */
};

/* What looks like a complete set is one: only the tasks, which still run, are in its way. */
static void expect_complete_or_none(const struct target *t)
{
	char says[64];
	struct ran r;

	if (!exists("img/inventory.img"))
		return;
	snprintf(says, sizeof(says), "pid %d is in use", t->pid);
	r = refcr("restore -d -D img");
	expect_failed(&r, says);
}

static void kill_dump(unsigned int n, void *arg)
{
	struct dying_dump *d = arg;
	pid_t pid;
	int status;

	empty("img");
	pid = traced("%s", d->args);
	if (traced_until(pid, FROM, n, NULL, &status))
		traced_kill(pid);
	else
		traced_ended(pid, status);
	expect_well(&d->t);
	if (d->maps) {
		char *now = maps_of(d->t.pid);

		ATF_CHECK_STREQ(now, d->maps);
		free(now);
	}
	expect_complete_or_none(&d->t);
}

static void killed_dumps(const char *how, unsigned int rounds)
{
	struct dying_dump d = { .t = target(how) };
	struct ran r;

	snprintf(d.args, sizeof(d.args), "dump -R -t %d -D img", d.t.pid);
	empty("img");
	if (strcmp(how, "one") == 0)
		d.maps = maps_of(d.t.pid);
	at_moments(count_stops(FROM, d.args), rounds, kill_dump, &d);

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

ROOT_TC(one, "a dump killed at any moment leaves a single thread as it was, and its memory")
{
	arena();
	killed_dumps("one", 40);
}

static void kill_last(unsigned int n, void *arg)
{
	struct dying_dump *d = arg;
	struct ran r;
	pid_t pid;
	int status;

	empty("img");
	pid = traced("%s", d->args);
	if (traced_until(pid, FROM, n, NULL, &status))
		traced_kill(pid);
	else
		traced_ended(pid, status);
	if (!exists("img/inventory.img")) {
		expect_well(&d->t);
		return;
	}
	/* Some of them may have been ended already: the images make up for all. */
	target_kill(&d->t);
	expect_nobody();
	r = refcr("restore -d -D img");
	expect_fine(&r);
	expect_well(&d->t);
}

ROOT_TC(ending,
	"killed while it ends the tree it has dumped, it has left a set to restore that from")
{
	struct dying_dump d;
	unsigned int stops;

	arena();
	d.t = target("many");
	empty("img");
	stops = count_stops(FROM, refcr_args("dump -R -t %d -D img", d.t.pid));
	snprintf(d.args, sizeof(d.args), "dump -t %d -D img", d.t.pid);
	at_moments(stops, 15, kill_last, &d);
	target_end(&d.t);
}

ROOT_TC(many, "a dump killed at any moment leaves a tree of tasks and threads running")
{
	arena();
	killed_dumps("many", 15);
}

/* Which files there are in the directory, by what names; its inventory's size. */
struct face {
	uint64_t names;
	off_t size;
};

static struct face look(void)
{
	struct stat st = {};
	struct face f = {};
	struct dirent *e;
	DIR *d = opendir("img");

	ATF_REQUIRE(d);
	while ((e = readdir(d)))
		for (size_t i = 0; i <= strlen(e->d_name); i++)
			f.names +=
				(e->d_ino + i) * (unsigned char)e->d_name[i] * 0x9e3779b97f4a7c15;
	closedir(d);
	(void)stat("img/inventory.img", &st);
	f.size = st.st_size;
	return f;
}

/* Kills a dump at the n-th moment when the directory shows another face than before. */
static bool kill_at_change(const struct target *t, unsigned int n)
{
	pid_t pid = traced("dump -R -t %d -D img", t->pid);
	struct face before = look(), now;
	int status;
	long nr;

	while (traced_step(pid, &nr, &status)) {
		now = look();
		if (memcmp(&now, &before, sizeof(now)) == 0)
			continue;
		before = now;
		if (n-- > 0)
			continue;
		traced_kill(pid);
		return true;
	}
	traced_ended(pid, status);
	return false;
}

static void killed_changes(bool first)
{
	struct target t = target("one");
	unsigned int n = 0;
	struct ran r;
	bool killed;

	one_cpu();
	empty("img");
	do {
		if (first)
			empty("img");
		else
			r = refcr("dump -R -t %d -D img", t.pid);
		killed = kill_at_change(&t, n++);
		expect_well(&t);
		expect_complete_or_none(&t);
	} while (killed);
	ATF_CHECK_MSG(n > 10, "%u moments", n);

	/* Nothing of those is left beside the next one. */
	r = refcr("dump -R -t %d -D img", t.pid);
	expect_fine(&r);
	ATF_CHECK_MSG(!exists("img/.staging"), "%s", names_in("img"));
	expect_complete_or_none(&t);
	target_end(&t);
}

ROOT_TC(inventory, "whenever there is an inventory to be seen, the set is complete")
{
	arena();
	killed_changes(true);
}

ROOT_TC(second, "so it is when a second dump takes the place of the first")
{
	arena();
	killed_changes(false);
}

/* ---- targets that die ---- */

struct dying_target {
	bool root;
};

static void kill_target(unsigned int n, void *arg)
{
	const struct dying_target *d = arg;
	struct target t = target("many");
	pid_t victim = d->root ? t.pid : target_child(&t), pid;
	struct ran r;
	int status;

	empty("img");
	pid = traced("dump -R -t %d -D img", t.pid);
	if (traced_until(pid, FROM, n, NULL, &status)) {
		ATF_REQUIRE_EQ(kill(victim, SIGKILL), 0);
		traced_let_go(pid);
		r = refcr_end(pid);
	} else {
		r = traced_ended(pid, status);
	}
	/* Either it came in time to be noticed, or too late to matter. */
	if (r.status != 0) {
		char says[32];

		/* A dead child that it had not waited for goes with it, and may be missed first. */
		snprintf(says, sizeof(says), "task %d", victim);
		expect_failed(&r, strstr(r.err, "Error: zombie ") ? "zombie " : says);
		expect_empty("img");
	} else {
		ATF_CHECK(exists("img/inventory.img"));
	}
	target_kill(&t);
	expect_nobody();
}

static void dying_targets(bool root)
{
	struct target t = target("many");
	unsigned int stops;

	empty("img");
	stops = count_stops(FROM, refcr_args("dump -R -t %d -D img", t.pid));
	target_kill(&t);
	at_moments(stops, 7, kill_target, &(struct dying_target){ root });
}

ROOT_TC(root_dies, "a dump whose root is killed under its hands says so, and leaves no images")
{
	arena();
	dying_targets(true);
}

ROOT_TC(child_dies, "a dump that loses a child under its hands says so, and leaves no images")
{
	arena();
	dying_targets(false);
}

/* ---- signals meanwhile ---- */

static void stop_target(unsigned int n, void *arg)
{
	struct dying_dump *d = arg;
	pid_t pid = traced("%s", d->args);
	struct ran r;
	int status;

	if (traced_until(pid, FROM, n, NULL, &status)) {
		ATF_REQUIRE_EQ(kill(d->t.pid, SIGSTOP), 0);
		traced_let_go(pid);
		r = refcr_end(pid);
	} else {
		r = traced_ended(pid, status);
		ATF_REQUIRE_EQ(kill(d->t.pid, SIGSTOP), 0);
	}
	expect_fine(&r);
	await_state(d->t.pid, 'T');
	ATF_REQUIRE_EQ(kill(d->t.pid, SIGCONT), 0);
	expect_well(&d->t);
}

ROOT_TC(stopped_meanwhile,
	"SIGSTOP in the middle of a dump stops the target, when the dump is over")
{
	struct dying_dump d;

	arena();
	d.t = target("many");
	snprintf(d.args, sizeof(d.args), "dump -R -t %d -D img", d.t.pid);
	empty("img");
	at_moments(count_stops(FROM, d.args), 6, stop_target, &d);
	target_end(&d.t);
}

ROOT_TC(two_at_once,
	"of two dumps of one tree the second is refused, by name, and the first goes on")
{
	struct target t;
	char says[64];
	struct ran r;
	pid_t first;
	int status;

	arena();
	t = target("many");
	empty("img");
	empty("other");
	first = traced("dump -R -t %d -D img", t.pid);
	ATF_REQUIRE(traced_until(first, SYS_process_vm_readv, 2, NULL, &status));
	snprintf(says, sizeof(says), "task %d is traced by task %d", t.pid, first);
	r = refcr("dump -t %d -D other", t.pid);
	expect_failed(&r, says);
	expect_empty("other");
	traced_let_go(first);
	r = refcr_end(first);
	expect_fine(&r);
	expect_complete_or_none(&t);
	expect_well(&t);
	target_end(&t);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, one);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, ending);
	ATF_TP_ADD_TC(tp, inventory);
	ATF_TP_ADD_TC(tp, second);
	ATF_TP_ADD_TC(tp, root_dies);
	ATF_TP_ADD_TC(tp, child_dies);
	ATF_TP_ADD_TC(tp, stopped_meanwhile);
	ATF_TP_ADD_TC(tp, two_at_once);
	return atf_no_error();
}
