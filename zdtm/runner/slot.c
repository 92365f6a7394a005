// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "engine/base/cleanup.h"
#include "events.h"
#include "markup.h"
#include "say.h"
#include "slot.h"
#include "spawn.h"
#include "workdir.h"

static void make_directories(struct slot *slot, const struct manner *m)
{
	_cleanup_free_ char *name = need(strdup(slot->run->test->name));
	char which[24] = "";

	for (char *p = name; *p; p++)
		if (*p == '/')
			*p = '.';
	/* Where images are edited there are many runs of one test. */
	if (m->edit)
		snprintf(which, sizeof(which), ".%zu", slot->index);
	if (asprintf(&slot->dir, "%s/%s.%s%s", workdir(), name, flavor_names[slot->run->flavor],
		     which) < 0)
		die("out of memory");
	if (mkdir(slot->dir, 0755) < 0)
		cannot_test("cannot make %s: %s", slot->dir, strerror(errno));
	if (asprintf(&slot->work, m->work ? "%s/zdtm-XXXXXX" : "%s/work", m->work ?: slot->dir) < 0)
		die("out of memory");
	if ((m->work ? !mkdtemp(slot->work) : mkdir(slot->work, 0777) < 0) ||
	    chmod(slot->work, 0777) < 0)
		cannot_test("cannot make %s: %s", slot->work, strerror(errno));
}

/* Passed runs leave nothing; what did not pass leaves its logs and images. */
static void put_directories(struct slot *slot, const struct manner *m)
{
	/* Whom the kernel's fault is laid on another boot will tell, and keep. */
	bool again = slot->run->shared && events_are_heard();
	bool keep = m->keep || (result_is_kept(slot->run->result) && !again && !m->edit);

	if (!m->keep || !m->work)
		remove_tree(slot->work);
	if (!keep)
		remove_tree(slot->dir);
	free(slot->work);
	if (keep)
		slot->run->dir = slot->dir;
	else
		free(slot->dir);
	/* The next test may take the kernel down, and with it what is not on disk. */
	if (keep && events_are_heard())
		sync();
}

static void tell_in_arena(const char *trouble, void *arg)
{
	struct slot *slot = arg;

	if (trouble)
		result_decide(slot->run->result, BROKEN, SETUP, "no arena: %s", trouble);
	else
		story_tell(&slot->story);
	/*
	 * The arena's end takes its time: closing an inotify descriptor alone waits for a grace
	 * period of SRCU. Nobody has to wait for that before the next run begins.
	 */
	close(slot->ours);
}

void slot_start(struct slot *slot, struct session *s, struct run *run)
{
	_cleanup_free_ char *label = run_label(run);
	int pipe_ends[2];

	events_begin(label);

	*slot = (struct slot){ .run = run, .index = run - s->runs };
	make_directories(slot, &s->manner);
	slot->story = (struct story){
		.test = run->test,
		.flavor = run->flavor,
		.manner = &s->manner,
		.dir = slot->dir,
		.work = slot->work,
		.edit = run->edit,
		.result = run->result,
	};
	if (pipe2(pipe_ends, O_CLOEXEC) < 0)
		die("pipe: %s", strerror(errno));
	slot->over = pipe_ends[0];
	slot->ours = pipe_ends[1];
	slot->init = arena_start(&(struct arena){ .work = s->manner.work ? NULL : slot->work,
						  .walled = s->manner.edit ? slot->dir : NULL,
						  .init = tell_in_arena,
						  .arg = slot });
	if (slot->init < 0)
		cannot_test("no arena: %s", strerror(-slot->init));
	/* At once, for the next init must not inherit it. */
	close(slot->ours);
}

/*
 * A failure may be the kernel's: ask what the probes say about the object in question. All the
 * test's declared needs are met, or it would not have run.
 */
static void explain(struct session *s, struct run *run)
{
	struct probes about;

	if (run_counts_as(run) != COUNT_FAILED || !run->test->object || s->manner.edit)
		return;
	about = probes_load(run->test->object);
	probes_ask(&about, &s->kernel, NULL, NULL);
	for (size_t i = 0; i < about.n && !run->explained_by; i++)
		if (!probe_serves(&about.list[i]) && !about.list[i].gap &&
		    !probe_is(&about.list[i], "broken"))
			run->explained_by = &about.list[i];
}

static void make_printable(struct result *r)
{
	text_make_printable(r->reason);
	text_make_printable(r->engine);
	text_make_printable(r->more);
	text_make_printable(r->said);
	text_make_printable(r->kernel);
}

bool slot_finish(struct slot *slot, struct session *s)
{
	struct run *run = slot->run;
	struct result *r = run->result;
	char words[128];
	int status = 0;

	close(slot->over);
	if (r->outcome == UNDECIDED && waitpid(slot->init, &status, 0) > 0)
		result_decide(r, BROKEN, SETUP, "the arena's init %s",
			      status_text(status, words, sizeof(words)));
	if (slot->heard == WRONG && r->outcome != BROKEN) {
		run->spoilt = true;
		snprintf(r->reason, sizeof(r->reason), "the kernel: %s%s", klog_headline(r->kernel),
			 run->shared && !events_are_heard() ? ", while others ran, too" : "");
		r->outcome = FAILED;
		r->phase = NO_PHASE;
	}
	make_printable(r);
	put_directories(slot, &s->manner);
	explain(s, run);
	run->finished = true;
	events_run(run);
	slot->run = NULL;
	return run_counts_as(run) == COUNT_FAILED;
}

void slot_abandon(struct slot *slot)
{
	kill(slot->init, SIGKILL);
	waitpid(slot->init, NULL, 0);
	remove_tree(slot->work);
	remove_tree(slot->dir);
}
