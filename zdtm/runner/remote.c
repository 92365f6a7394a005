// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accel.h"
#include "boot.h"
#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "job.h"
#include "klog.h"
#include "labels.h"
#include "say.h"
#include "workdir.h"

/* Until the first sign of life. Seconds: emulated, on a machine that has other things to do. */
#define BOOT_SECONDS 120
#define KVM_SECONDS  20 /* what is not up by then does not come up */

/* ---- When it went wrong ------------------------------------------------------------------------- */

static char *last_line_of(const char *text)
{
	const char *line, *last = "";
	size_t len, last_len = 0;

	while (text && next_line(&text, &line, &len))
		if (len > 0 && (last = line))
			last_len = len;
	return need(strndup(last, last_len));
}

static char *text_file(const char *path)
{
	_cleanup_buf_ struct buf b = {};

	return read_file_at(AT_FDCWD, path, &b) == 0 && b.data ? TAKE_PTR(b.data)
							       : need(strdup(""));
}

/* From its first complaint to its end, what the console shows. */
static char *complaint_of(const char *console)
{
	char *text = text_file(console);
	const char *at = text, *line;
	size_t len;

	while (next_line(&at, &line, &len))
		if (klog_judge(line, len) != NO_COMPLAINT)
			return need(strdup(line));
	return need(strdup(""));
}

/* The command in there could not do its work, and says why. */
static _Noreturn void not_able(struct boot *b)
{
	_cleanup_free_ char *path = NULL, *said = NULL;

	guest_fetch(&b->guest, "stderr", b->guest.dir);
	if (asprintf(&path, "%s/stderr", b->guest.dir) < 0)
		die("out of memory");
	said = last_line_of(text_file(path));
	remove_tree(b->guest.dir);
	workdir_drop();
	if (b->status == EXIT_CANNOT_TEST)
		cannot_test("kernel %s: %s", b->r->target->spec, said);
	die("kernel %s: zdtm in the guest ended with %d: %s", b->r->target->spec, b->status, said);
}

static void blame_run(struct run *run, const char *what, const char *complaint, const char *log)
{
	struct result *r = run->result;

	r->outcome = UNDECIDED;
	result_decide(r, FAILED, NO_PHASE, "%s", what);
	snprintf(r->kernel, sizeof(r->kernel), "%s", complaint);
	run->log = log;
	run->finished = true;
}

/* Of the programs that were asking, what has no answer yet. */
static size_t open_questions(const struct boot *b)
{
	size_t n = 0;

	for (size_t u = 0; u < b->r->n; u++)
		for (size_t i = 0; i < b->r->lists[u].n; i++)
			n += labels_mean(&b->under_way, &b->r->lists[u].list[i]) &&
			     remote_is_open(b->r, &b->r->lists[u].list[i]);
	return n;
}

/* The crash is laid on whatever a label means. */
static void blame(struct boot *b, const char *label, const char *what, const char *complaint,
		  const char *log)
{
	struct remote *r = b->r;
	struct run *run = label_run(r->session, label);

	if (run && !run->finished)
		blame_run(run, what, complaint, log);
	for (size_t u = 0; u < r->n; u++)
		for (size_t i = 0; i < r->lists[u].n; i++) {
			struct probe *p = &r->lists[u].list[i];

			if (!label_means(label, p) || !remote_is_open(r, p))
				continue;
			p->verdict = "deviates";
			p->reason = need(strdup(what));
			p->fatal = true;
		}
}

/* "the kernel crashed: BUG: unable to handle ..." */
static char *what_happened(struct boot *b, enum ending how, const char *console)
{
	const char *line = how == HUNG ? klog_stuck(console) : "";
	char *text;

	if (!*line)
		line = klog_headline(console);
	if (asprintf(&text, "the kernel %s%s%s", how == HUNG ? "hung" : "crashed",
		     *line ? ": " : "", line) < 0)
		die("out of memory");
	return text;
}

/* ---- All of it ---------------------------------------------------------------------------------- */

/* A crash with several things under way, which are being tried again one by one. */
struct case_open {
	struct texts suspects;
	char *what, *complaint;
	const char *log;
};

/* Nothing can be said of a kernel that does not get as far as our first program. */
static _Noreturn void not_up(struct boot *b, enum ending how, const char *console_path)
{
	_cleanup_free_ char *console = text_file(console_path), *qemu = text_file(b->guest.log);
	const char *line = klog_headline(console);

	if (!*line)
		line = last_line_of(console);
	if (!*line)
		line = last_line_of(qemu);
	remove_tree(b->guest.dir);
	cannot_test("kernel %s (%s) does not boot: %s%s%s; see %s", b->r->target->spec,
		    b->r->target->release,
		    how == HUNG ? "no sign of life in time" : "it ended before its first program",
		    *line ? ": " : "", line, console_path);
}

/* Who was alone at work when it happened is it; of several it may be any. */
static void attribute(struct boot *b, enum ending how, struct case_open *c, const char *log)
{
	_cleanup_free_ char *complaint = complaint_of(log), *what = NULL;

	if (b->told == 0 && b->under_way.n == 0)
		not_up(b, how, log);
	what = what_happened(b, how, complaint);
	complain("kernel %s: %s", b->r->target->spec, what);
	if (b->under_way.n > 1 || (!b->alone && open_questions(b) > 1)) {
		*c = (struct case_open){ b->under_way, TAKE_PTR(what), TAKE_PTR(complaint), log };
		return;
	}
	c->suspects.n = 0;
	if (b->under_way.n == 1) {
		blame(b, b->under_way.list[0], what, complaint, log);
	} else if (b->last) {
		_cleanup_free_ char *after = NULL;

		if (asprintf(&after, "right after it %s", what) < 0)
			die("out of memory");
		blame_run(b->last, after, complaint, log);
	}
}

/* None of them does it alone: then it was all of them together. */
static void blame_all(struct boot *b, struct case_open *c)
{
	for (size_t i = 0; i < c->suspects.n; i++) {
		struct run *run = label_run(b->r->session, c->suspects.list[i]);
		_cleanup_free_ char *what = NULL;

		if (!run)
			continue;
		if (asprintf(&what, "%s, while others ran, too; alone it %s", c->what,
			     outcome_names[run->result->outcome]) < 0)
			die("out of memory");
		blame_run(run, what, c->complaint, c->log);
	}
	c->suspects.n = 0;
}

/* The kernel went wrong while several ran, and lives: each is tried alone. */
static void suspect(struct boot *b, struct case_open *c)
{
	struct run *first = label_run(b->r->session, b->spoilt.list[0]);

	/* The others could not even be set up. */
	if (b->spoilt.n == 1) {
		first->finished = true;
		return;
	}
	*c = (struct case_open){ b->spoilt, need(strdup(first->result->reason)),
				 need(strdup(first->result->kernel)), b->log };
	complain("kernel %s: %s", b->r->target->spec, c->what);
}

/* Suspects were tried alone, and the guest got to its end. */
static void settle(struct boot *b, struct case_open *c)
{
	/* It is the one that did it again; those it kept from being tried go with the rest. */
	if (b->spoilt.n)
		c->suspects.n = 0;
	else
		blame_all(b, c);
}

/* The guest's logs lie beside each other, as if it had been no guest. */
static void fetch_logs(struct boot *b)
{
	_cleanup_free_ char *folder = NULL;
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *d;
	bool any = false;

	for (size_t i = 0; i < b->r->session->n; i++)
		any |= b->r->session->runs[i].dir != NULL;
	if (!any)
		return;
	guest_fetch(&b->guest, "logs", workdir());
	if (asprintf(&folder, "%s/logs", workdir()) < 0)
		die("out of memory");
	dir = opendir(folder);
	while (dir && (d = readdir(dir))) {
		_cleanup_free_ char *to = NULL;

		if (d->d_name[0] == '.')
			continue;
		if (asprintf(&to, "%s/%s", workdir(), d->d_name) < 0)
			die("out of memory");
		/* Of one that ran in several boots what the last has left. */
		remove_tree(to);
		renameat(dirfd(dir), d->d_name, AT_FDCWD, to);
	}
	rmdir(folder);
}

static bool any_complaint(const struct session *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->runs[i].result->kernel[0])
			return true;
	return false;
}

/* One boot. false when it came to nothing and has to be done again. */
static bool boot(struct remote *r, struct telling *t, struct case_open *c, unsigned int number)
{
	struct boot b = { .r = r, .status = -1, .alone = c->suspects.n > 0 };
	_cleanup_free_ char *dir = NULL;
	bool proven, kvm = accel_kvm_offers(&proven);
	struct texts job;
	enum ending how;
	size_t count;

	job = job_write(r, &c->suspects, kvm, &count);
	if (asprintf(&dir, "%s/boot-%u", workdir(), number) < 0 ||
	    asprintf((char **)&b.log, "%s/console-%u.log", workdir(), number) < 0)
		die("out of memory");
	guest_start(&b.guest, r->target, r->images, dir, job.list, kvm);
	how = boot_listen(&b, b.alone ? NULL : t, count,
			  kvm && !proven ? KVM_SECONDS : BOOT_SECONDS);
	if (kvm && !proven)
		accel_kvm_remember(b.up);
	if (kvm && !proven && !b.up) {
		guest_done(&b.guest);
		remove_tree(dir);
		return false;
	}

	if (how == ENDED && (b.status != 0 || b.told == 0))
		not_able(&b);
	if (how != ENDED || r->console || any_complaint(r->session))
		rename(b.guest.console, b.log);
	r->downs += how != ENDED;
	if (how != ENDED)
		attribute(&b, how, c, b.log);
	else if (b.alone)
		settle(&b, c);
	else if (b.spoilt.n)
		suspect(&b, c);
	fetch_logs(&b);
	guest_done(&b.guest);
	remove_tree(dir);
	boot_tell(t, r->session);
	free(job.list);
	return true;
}

static bool anything_left(const struct remote *r)
{
	for (size_t i = 0; i < r->session->n; i++)
		if (!r->session->runs[i].finished)
			return true;
	for (size_t u = 0; u < r->n; u++)
		for (size_t i = 0; i < r->lists[u].n; i++)
			if (remote_is_open(r, &r->lists[u].list[i]))
				return true;
	return false;
}

void remote_run(struct remote *r, session_tell *tell, void *arg)
{
	struct telling t = { tell, arg, 0 };
	struct case_open c = {};

	r->images = job_images(&r->session->manner);
	for (unsigned int number = 1; anything_left(r); number++)
		boot(r, &t, &c, number);
	progress("%s", "");
}
