// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asking probes: the questions of one area together, by its own program or, where the tree has it, by
 * one that has all areas in it and stays.
 */
#include <json-c/json.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "document.h"
#include "engine/base/buf.h"
#include "engine/base/cleanup.h"
#include "engine/base/parallel.h"
#include "engine/base/str.h"
#include "events.h"
#include "probes.h"
#include "say.h"
#include "spawn.h"
#include "tree.h"

struct program {
	const char *path;
	const char **argv;    /* the question, ended with NULL */
	struct probe **asked; /* whose questions they are, ended with NULL */
};

/* "kcmp.epoll_tfd": the case's name in its own program is what follows the dot. */
static const char *case_name(const struct probe *p)
{
	const char *dot = strchr(p->name, '.');

	return dot ? dot + 1 : p->name;
}

/* The questions, grouped by program: each program is started once, or once for each question. */
static size_t group(const struct probes *p, bool (*wanted)(const struct probe *p, void *arg),
		    void *arg, struct program **ret)
{
	struct program *all = NULL;
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct probe *one = &p->list[i];
		size_t k = p->singly ? n : 0, words = 0, asked = 0;

		if (wanted && !wanted(one, arg))
			continue;
		while (k < n && !streq(all[k].path, one->program))
			k++;
		if (k == n) {
			all = need(reallocarray(all, n + 1, sizeof(*all)));
			all[n++] = (struct program){ .path = one->program };
			all[k].argv = need(calloc(p->n + 5, sizeof(char *)));
			all[k].asked = need(calloc(p->n + 1, sizeof(*all[k].asked)));
			all[k].argv[words++] = one->program;
			all[k].argv[words++] = "--ask";
			if (p->as) {
				all[k].argv[words++] = "--as";
				all[k].argv[words++] = p->as;
			}
		}
		while (all[k].argv[words])
			words++;
		while (all[k].asked[asked])
			asked++;
		all[k].argv[words] = case_name(one);
		all[k].asked[asked] = one;
	}
	*ret = all;
	return n;
}

/* Probes begin a reason with these words when the kernel is not to blame for an absence. */
static bool not_the_kernels(const char *reason)
{
	return reason && (str_after(reason, "privilege: ") || str_after(reason, "machine: ") ||
			  str_after(reason, "policy: "));
}

/* Version and configuration promise it, and nothing outside the kernel stands in the way. */
static bool is_regression(const struct probe *p, const struct kernel *k)
{
	return probe_is(p, "absent") && !not_the_kernels(p->reason) && p->since &&
	       kernel_is_since(k, p->since) && !(p->until && kernel_is_since(k, p->until)) &&
	       kernel_has_options(k, p->kconfig);
}

void probe_judge(struct probe *p, const struct kernel *k)
{
	if (is_regression(p, k))
		p->verdict = "regression";
}

/* ---- What is answered ------------------------------------------------------------------------- */

struct asking {
	const struct probes *probes;
	const struct kernel *kernel;
	struct program *programs;
	size_t n, next;
	const char *resident; /* path, or NULL: there is none */
	pthread_mutex_t lock; /* of all answers */
};

static const char *kept(struct json_object *json, const char *key)
{
	const char *text = document_text(json, key);

	return *text ? need(strdup(text)) : NULL;
}

/* Whether it was an answer to this. */
static bool take_answer(struct probe *p, struct json_object *json)
{
	if (!streq(p->name, document_text(json, "name")))
		return false;
	p->verdict = kept(json, "verdict");
	p->reason = kept(json, "reason");
	return true;
}

static void tell(struct asking *a, struct probe *p)
{
	pthread_mutex_lock(&a->lock);
	if (!p->verdict) {
		p->verdict = "broken";
		p->reason = "its program gave no answer";
	}
	probe_judge(p, a->kernel);
	events_probe(p, a->probes->as);
	pthread_mutex_unlock(&a->lock);
}

/* ---- By its own program ----------------------------------------------------------------------- */

static void ask_program(struct asking *a, struct program *p)
{
	_cleanup_buf_ struct buf out = {};
	char *answers;

	spawn_capture(p->argv, &out);
	answers = out.data;
	for (char *line; answers && (line = strsep(&answers, "\n"));) {
		struct json_object *json = *line ? json_tokener_parse(line) : NULL;

		for (struct probe **one = p->asked; json && *one; one++)
			take_answer(*one, json);
		json_object_put(json);
	}
	for (struct probe **one = p->asked; *one; one++)
		tell(a, *one);
}

/* ---- By the one that stays -------------------------------------------------------------------- */

struct resident {
	pid_t pid; /* 0: not started, or ended */
	FILE *from;
};

static bool resident_start(struct resident *r, const struct asking *a)
{
	const char *const argv[] = { a->resident, a->probes->as, NULL };
	int sock;

	if (r->pid)
		return true;
	sock = spawn_talk(argv, &r->pid);
	if (sock < 0)
		return false;
	r->from = need(fdopen(sock, "re"));
	return true;
}

static void resident_end(struct resident *r)
{
	if (!r->pid)
		return;
	fclose(r->from);
	waitpid(r->pid, NULL, 0);
	r->pid = 0;
}

/* Sends questions, and that no more will follow for now. */
static bool resident_send(const struct resident *r, struct probe *const *from, size_t n)
{
	_cleanup_buf_ struct buf names = {};

	for (size_t i = 0; i < n; i++)
		if (buf_printf(&names, "%s\n", from[i]->name) < 0)
			die("out of memory");
	if (buf_printf(&names, "\n") < 0)
		die("out of memory");
	return send(fileno(r->from), names.data, names.len, MSG_NOSIGNAL) == (ssize_t)names.len;
}

/*
 * Asks so many, and tells of those that are answered: their number. A resident that has ended is not kept,
 * and neither is one that a task of a probe has outlived.
 */
static size_t resident_answers(struct asking *a, struct resident *r, struct probe **from, size_t n)
{
	_cleanup_free_ char *line = NULL;
	bool good = resident_start(r, a) && resident_send(r, from, n);
	size_t size = 0, answered = 0;

	while (good && answered < n) {
		struct json_object *json = NULL;

		if (getline(&line, &size, r->from) > 0)
			json = json_tokener_parse(line);
		good = json && take_answer(from[answered], json);
		if (good)
			tell(a, from[answered++]);
		good = good && !document_member(json, "stuck");
		json_object_put(json);
	}
	if (!good)
		resident_end(r);
	return answered;
}

/*
 * All at once, for each change of tasks costs an emulator more than many a question does. When that comes to
 * an end too early one at a time, so that it is the end of one question.
 */
static void ask_resident(struct asking *a, struct resident *r, struct program *p)
{
	struct probe **at = p->asked;
	bool together = true;
	size_t left = 0;

	while (at[left])
		left++;
	while (left > 0) {
		size_t n = together ? left : 1, answered = resident_answers(a, r, at, n);

		if (answered == 0 && n == 1) {
			tell(a, *at);
			answered = 1;
		}
		together = answered == n;
		at += answered;
		left -= answered;
	}
}

/* ---- All of them ------------------------------------------------------------------------------ */

static void ask(struct asking *a, struct program *p, struct resident *r)
{
	char label[256];

	snprintf(label, sizeof(label), PROBES_LABEL "%s",
		 a->probes->singly ? p->asked[0]->name : strrchr(p->path, '/') + 1);
	events_begin(label);
	if (a->resident)
		ask_resident(a, r, p);
	else
		ask_program(a, p);
	events_end(label);
}

static int work(void *arg, size_t i)
{
	struct asking *a = arg;
	struct resident r = {};

	while ((i = __atomic_fetch_add(&a->next, 1, __ATOMIC_RELAXED)) < a->n)
		ask(a, &a->programs[i], &r);
	resident_end(&r);
	return 0;
}

void probes_ask(struct probes *p, const struct kernel *k,
		bool (*wanted)(const struct probe *p, void *arg), void *arg)
{
	struct asking a = { .probes = p, .kernel = k, .lock = PTHREAD_MUTEX_INITIALIZER };
	_cleanup_free_ const char *resident = tree_path(TREE_ASK);

	a.n = group(p, wanted, arg, &a.programs);
	if (access(resident, X_OK) == 0)
		a.resident = resident;
	parallel_for(p->singly ? 1 : parallel_cpus(), work, &a);
	for (size_t i = 0; i < a.n; i++) {
		free(a.programs[i].argv);
		free(a.programs[i].asked);
	}
	free(a.programs);
}
