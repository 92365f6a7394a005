// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "document.h"
#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "events.h"
#include "guest.h"
#include "klog.h"
#include "remote.h"
#include "say.h"
#include "workdir.h"

/* Seconds. Emulated, on a machine that has other things to do. */
#define BOOT_SECONDS  120
#define KVM_SECONDS   20  /* what is not up by then does not come up */
#define PROBE_SECONDS 120 /* for the questions of one program */
#define QUIET_SECONDS 45  /* between two signs of life */

/* How many times as long things take there as on the machine the deadlines were made for. */
#define EMULATED_PATIENCE 3
#define STRING(number)    STRING_(number)
#define STRING_(number)   #number

/* How a boot ended. */
enum ending { ENDED, CRASHED, HUNG };

struct boot {
	struct remote *r;
	struct guest guest;
	bool up;                /* it has told about itself */
	bool alone;             /* one thing at a time */
	size_t told;            /* runs and probes it told of */
	struct texts under_way; /* what has begun and not ended */
	struct run *last;       /* the run that ended last */
	int status;             /* of the command in there; -1: not told */
};

/* ---- What is left to do ------------------------------------------------------------------------- */

static bool is_open(const struct remote *r, const struct probe *p)
{
	return r->wanted && !p->verdict && r->wanted(p, r->arg);
}

static struct run *find_run(struct session *s, const char *label)
{
	for (size_t i = 0; i < s->n; i++) {
		_cleanup_free_ char *own = run_label(&s->runs[i]);

		if (streq(own, label))
			return &s->runs[i];
	}
	return NULL;
}

/* Does the label of a program's questions, or of one question, mean this one? */
static bool label_means(const char *label, const struct probe *p)
{
	const char *name = str_after(label, PROBES_LABEL), *rest;

	if (!name)
		return false;
	rest = str_after(p->name, name);
	return rest && (*rest == '.' || !*rest);
}

static bool has(const struct texts *t, const char *text)
{
	for (size_t i = 0; i < t->n; i++)
		if (streq(t->list[i], text))
			return true;
	return false;
}

static void forget(struct texts *t, const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (!streq(t->list[i], text))
			t->list[n++] = t->list[i];
	t->n = n;
}

static bool any_means(const struct texts *labels, const struct probe *p)
{
	for (size_t i = 0; i < labels->n; i++)
		if (label_means(labels->list[i], p))
			return true;
	return false;
}

static void add_pair(struct texts *t, const char *option, const char *value)
{
	texts_add(t, option);
	texts_add(t, value);
}

static void add_number(struct texts *t, const char *option, unsigned int number)
{
	char *text;

	if (asprintf(&text, "%u", number) < 0)
		die("out of memory");
	add_pair(t, option, text);
}

/* Engines that do not lie in our own tree have to come along. */
static const char *images_for(const struct manner *m)
{
	const struct engine *const both[] = { &m->dump, &m->restore };
	const char *list[3];
	size_t n = 0;

	for (size_t i = 0; i < 2; i++)
		if (both[i]->path && !streq(both[i]->spec, "refcr"))
			list[n++] = both[i]->path;
	list[n] = NULL;
	return guest_images(list);
}

static const char *guest_engine(const struct engine *e)
{
	return e->path && !streq(e->spec, "refcr") ? e->path : e->spec;
}

/* The arguments of `zdtm inside` for all that is open or, where there are any, the suspects only. */
static struct texts write_job(const struct remote *r, const struct texts *suspects, bool kvm,
			      size_t *count)
{
	const struct session *s = r->session;
	const struct manner *m = &s->manner;
	struct texts t = {};

	*count = 0;
	if (!kvm)
		texts_add(&t, "env:" PATIENCE_VARIABLE "=" STRING(EMULATED_PATIENCE));
	texts_add(&t, "inside");
	add_pair(&t, "--events", "/dev/ttyS1");
	for (size_t i = 0; i < s->n; i++) {
		char *label = run_label(&s->runs[i]);

		if (s->runs[i].finished || (suspects->n && !has(suspects, label)))
			continue;
		add_pair(&t, "--run", label);
		++*count;
	}
	if (*count) {
		add_pair(&t, "--dump-engine", guest_engine(&m->dump));
		add_pair(&t, "--restore-engine", guest_engine(&m->restore));
		add_number(&t, "--iters", m->cycles);
		if (m->work)
			add_pair(&t, "--work", m->work);
		if (m->keep)
			texts_add(&t, "--keep");
	}
	if (suspects->n)
		texts_add(&t, "--singly");
	add_number(&t, "--jobs", suspects->n ? 1 : s->jobs);

	for (size_t u = 0; u < r->n; u++) {
		const struct probes *list = &r->lists[u];

		if (list->as)
			add_pair(&t, "--as", list->as);
		for (size_t i = 0; i < list->n; i++) {
			const struct probe *p = &list->list[i];

			if (is_open(r, p) && (!suspects->n || any_means(suspects, p))) {
				add_pair(&t, "--probe", p->name);
				++*count;
			} else if (p->fatal) {
				add_pair(&t, "--spare", p->name);
			}
		}
	}
	return t;
}

/* ---- What a boot tells -------------------------------------------------------------------------- */

/* Where the logs will be, once they are fetched from the guest. */
static void move_dir(struct run *run)
{
	const char *rest = run->dir ? str_after(run->dir, INSIDE_LOGS) : NULL;
	char *dir;

	if (!rest)
		return;
	if (asprintf(&dir, "%s%s", workdir(), rest) < 0)
		die("out of memory");
	run->dir = dir;
}

static void take_probe(struct boot *b, struct json_object *told)
{
	const char *as = document_text(told, "as");
	struct remote *r = b->r;

	for (size_t u = 0; u < r->n; u++) {
		struct probe *p = probes_find(&r->lists[u], document_text(told, "name"));

		if (p && streq(r->lists[u].as ?: "", as)) {
			events_take_probe(told, p);
			b->told++;
		}
	}
}

static void take_line(struct boot *b, const char *line)
{
	struct session *s = b->r->session;
	struct json_object *json = json_tokener_parse(line), *value;
	const char *text;

	if (json_object_object_get_ex(json, "about", &value)) {
		b->up = true;
		kernel_take(&s->kernel, document_member(value, "kernel"), b->r->target->lacks);
	} else if (*(text = document_text(json, "begin"))) {
		texts_add(&b->under_way, need(strdup(text)));
	} else if (*(text = document_text(json, "end"))) {
		forget(&b->under_way, text);
	} else if (json_object_object_get_ex(json, "run", &value)) {
		const char *label = document_text(value, "label");
		struct run *run = find_run(s, label);

		forget(&b->under_way, label);
		if (run && !run->finished) {
			events_take_run(value, run, &s->probes);
			move_dir(run);
			b->last = run;
			b->told++;
		}
	} else if (json_object_object_get_ex(json, "probe", &value)) {
		take_probe(b, value);
	} else if (json_object_object_get_ex(json, "exit", &value)) {
		b->status = json_object_get_int(value);
	}
	json_object_put(json);
}

/* How long the guest may be silent now. Seconds. */
static unsigned int patience(const struct boot *b, unsigned int boot_seconds)
{
	if (!b->up)
		return boot_seconds;
	/* Questions have their own deadlines, one after the other; while tests run there are ticks. */
	for (size_t i = 0; i < b->under_way.n; i++)
		if (str_after(b->under_way.list[i], PROBES_LABEL))
			return PROBE_SECONDS;
	return QUIET_SECONDS;
}

static void show_progress(const struct boot *b, size_t count)
{
	char names[256] = "";
	size_t n = 0;

	for (size_t i = 0; i < b->under_way.n && n < sizeof(names); i++)
		n += snprintf(names + n, sizeof(names) - n, " %s", b->under_way.list[i]);
	progress("%s: %zu/%zu:%s", b->r->target->spec, b->told, count, b->up ? names : " booting");
}

struct telling {
	session_tell *tell;
	void *arg;
	size_t told;
};

static void tell_what_can(struct telling *t, const struct session *s)
{
	while (t->told < s->n && s->runs[t->told].finished) {
		progress("%s", "");
		t->tell(s, &s->runs[t->told++], t->arg);
	}
}

/* `t` may be NULL: what comes of it is not settled yet. */
static enum ending listen(struct boot *b, struct telling *t, size_t count,
			  unsigned int boot_seconds)
{
	const char *line;
	bool late;

	for (;;) {
		show_progress(b, count);
		line = guest_hear(&b->guest, patience(b, boot_seconds) * 1000, &late);
		if (!line)
			break;
		take_line(b, line);
		if (t)
			tell_what_can(t, b->r->session);
	}
	if (!late) {
		guest_wait(&b->guest);
		return b->status >= 0 ? ENDED : CRASHED;
	}
	/* All is told, and it only does not power off. */
	if (b->status >= 0) {
		guest_kill(&b->guest);
		return ENDED;
	}
	if (b->up)
		guest_provoke(&b->guest);
	else
		guest_kill(&b->guest);
	return HUNG;
}

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
	remove_tree(workdir());
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

/* The crash is laid on whatever a label means. */
static void blame(struct boot *b, const char *label, const char *what, const char *complaint,
		  const char *log)
{
	struct remote *r = b->r;
	struct run *run = find_run(r->session, label);

	if (run && !run->finished)
		blame_run(run, what, complaint, log);
	for (size_t u = 0; u < r->n; u++)
		for (size_t i = 0; i < r->lists[u].n; i++) {
			struct probe *p = &r->lists[u].list[i];

			if (!label_means(label, p) || !is_open(r, p))
				continue;
			p->verdict = "deviates";
			p->reason = need(strdup(what));
			p->fatal = true;
		}
}

/* "the kernel crashed: BUG: unable to handle ..." */
static char *what_happened(struct boot *b, enum ending how, const char *console)
{
	const char *line = klog_headline(console);
	char *text;

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
	if (b->under_way.n > 1) {
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
		struct run *run = find_run(b->r->session, c->suspects.list[i]);
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
		char *to;

		if (asprintf(&to, "%s/%s", workdir(), d->d_name) < 0)
			die("out of memory");
		if (d->d_name[0] != '.')
			renameat(dirfd(dir), d->d_name, AT_FDCWD, to);
		free(to);
	}
	rmdir(folder);
}

/* What the kernel printed, under a name that stays. */
static const char *keep_console(struct boot *b, unsigned int number)
{
	char *path;

	if (asprintf(&path, "%s/console-%u.log", workdir(), number) < 0)
		die("out of memory");
	rename(b->guest.console, path);
	return path;
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
	bool proven, kvm = guest_kvm_offers(&proven);
	const char *log = NULL;
	struct texts job;
	enum ending how;
	size_t count;

	job = write_job(r, &c->suspects, kvm, &count);
	if (asprintf(&dir, "%s/boot-%u", workdir(), number) < 0)
		die("out of memory");
	guest_start(&b.guest, r->target, r->images, dir, job.list, kvm);
	how = listen(&b, b.alone ? NULL : t, count, kvm && !proven ? KVM_SECONDS : BOOT_SECONDS);
	if (kvm && !proven)
		guest_kvm_remember(b.up);
	if (kvm && !proven && !b.up) {
		guest_done(&b.guest);
		remove_tree(dir);
		return false;
	}

	if (how == ENDED && (b.status != 0 || b.told == 0))
		not_able(&b);
	if (how != ENDED || r->console || any_complaint(r->session))
		log = keep_console(&b, number);
	if (how != ENDED)
		attribute(&b, how, c, log);
	else if (b.alone)
		blame_all(&b, c);
	fetch_logs(&b);
	guest_done(&b.guest);
	remove_tree(dir);
	tell_what_can(t, r->session);
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
			if (is_open(r, &r->lists[u].list[i]))
				return true;
	return false;
}

void remote_run(struct remote *r, session_tell *tell, void *arg)
{
	struct telling t = { tell, arg, 0 };
	struct case_open c = {};

	r->images = images_for(&r->session->manner);
	for (unsigned int number = 1; anything_left(r); number++)
		boot(r, &t, &c, number);
	progress("%s", "");
}
