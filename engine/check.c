// SPDX-License-Identifier: GPL-2.0-only
/*
 * The story of a check: every question that matters is asked, and what is missing told, one line
 * each. The questions are in check/.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>

#include "check.h"
#include "check/feature.h"
#include "engine/base/cleanup.h"
#include "engine/base/str.h"

/* Some features, and room for all. */
struct features {
	const struct feature **f;
	unsigned int n;
};

static int features_init(struct features *s)
{
	s->n = 0;
	s->f = calloc(__stop_features - __start_features, sizeof(*s->f));
	return s->f ? 0 : -ENOMEM;
}

static void features_done(struct features *s)
{
	free(s->f);
}
#define _cleanup_features_ _cleanup_(features_done)

static int by_level_and_name(const void *a, const void *b)
{
	const struct feature *const *x = a, *const *y = b;

	return (*x)->level != (*y)->level ? (int)(*x)->level - (int)(*y)->level
					  : strcmp((*x)->name, (*y)->name);
}

/* Those of some levels, a mask; the most important ones first. */
static void features_add(struct features *s, unsigned int levels)
{
	for (const struct feature *const *f = __start_features; f < __stop_features; f++)
		if (levels & 1U << (*f)->level)
			s->f[s->n++] = *f;
	qsort(s->f, s->n, sizeof(*s->f), by_level_and_name);
}

static const struct feature *find(const char *name)
{
	for (const struct feature *const *f = __start_features; f < __stop_features; f++)
		if (streq((*f)->name, name))
			return *f;
	return NULL;
}

/* ---- privilege ---- */

static bool is_ours(cap_t caps, cap_value_t cap)
{
	cap_flag_value_t v = CAP_CLEAR;

	return cap_get_flag(caps, cap, CAP_EFFECTIVE, &v) == 0 && v == CAP_SET;
}

/* Which of the capabilities that a feature needs we do not have. One of "A or B" is enough. */
static uint64_t lacking(cap_t caps, const char *needs)
{
	uint64_t lacks = 0;
	size_t len;

	for (const char *at = strstr(needs, "CAP_"); at; at = strstr(at + len, "CAP_")) {
		char name[64];
		cap_value_t cap;

		len = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		if (cap_from_name(name, &cap) < 0)
			continue;
		if (!is_ours(caps, cap))
			lacks |= 1ULL << cap;
		else if (strstr(needs, " or CAP_"))
			return 0;
	}
	return lacks;
}

static void tell_lacking(uint64_t lacks)
{
	if (!lacks)
		return;
	printf("refcr runs without");
	for (int cap = 0; cap < 64; cap++) {
		char *name = lacks & 1ULL << cap ? cap_to_name(cap) : NULL;

		if (!name)
			continue;
		lacks &= ~(1ULL << cap);
		for (char *c = name; *c; c++)
			*c = toupper(*c);
		printf(" %s%s", name, lacks ? "," : "");
		cap_free(name);
	}
	printf(", which some of that needs.\n");
}

#define FIRST_USERNS 0xEFFFFFFD /* its inode, always */

/* What may be the reason of what is missing. */
static void tell_privilege(const struct features *s, const struct answered *a)
{
	cap_t caps = cap_get_proc();
	uint64_t lacks = 0;
	bool missing = false;
	struct stat ns;

	for (unsigned int i = 0; caps && i < s->n; i++) {
		missing |= a[i].answer == NO;
		if (a[i].answer == NO)
			lacks |= lacking(caps, s->f[i]->needs);
	}
	cap_free(caps);
	tell_lacking(lacks);
	if (missing && stat("/proc/self/ns/user", &ns) == 0 && ns.st_ino != FIRST_USERNS)
		printf("refcr is in a user namespace, where capabilities are good for less.\n");
}

/* ---- --feature ---- */

static const char *const level_name[LEVELS] = { "needed", "extra", "faster", "unused" };

static int list(struct features *s)
{
	features_add(s, ~0U);
	for (unsigned int i = 0; i < s->n; i++)
		printf("%-6s  %-24s  %s\n", level_name[s->f[i]->level], s->f[i]->name,
		       s->f[i]->what_for);
	return 0;
}

static int check_named(const struct options *o)
{
	_cleanup_features_ struct features s = {};
	const struct answered *a;
	bool all = true;

	if (features_init(&s) < 0)
		return -ENOMEM;
	if (streq(o->feature[0], "list"))
		return list(&s);
	for (unsigned int i = 0; i < o->n_features; i++) {
		const struct feature *f = find(o->feature[i]);

		if (!f) {
			fprintf(stderr,
				"refcr: check: there is no feature \"%s\" (see refcr check "
				"--feature list)\n",
				o->feature[i]);
			return -EINVAL;
		}
		s.f[s.n++] = f;
	}
	a = answers_to(s.f, s.n);
	if (!a)
		return -errno;
	for (unsigned int i = 0; i < s.n; i++) {
		all &= a[i].answer == YES;
		if (a[i].answer == YES)
			printf("%s is supported\n", s.f[i]->name);
		else
			printf("%s is not supported: %s (needs %s)\n", s.f[i]->name, a[i].why,
			       s.f[i]->needs);
	}
	tell_privilege(&s, a);
	return all ? 0 : -ENOTSUP;
}

/* ---- all of some levels ---- */

static void tell_missing(const struct feature *f, const struct answered *a)
{
	static const char *const word[UNUSED] = { "Missing", "Warn", "Note" };

	printf("%s: %s, for %s: %s (needs %s)\n", word[f->level], f->name, f->what_for, a->why,
	       f->needs);
}

static void tell_nobody(const struct feature *f, const struct answered *a)
{
	printf("Note: %s, for %s: no task here can have any: %s (needs %s)\n", f->name, f->what_for,
	       a->why, f->needs);
}

static int check_levels(unsigned int levels)
{
	unsigned int asked[LEVELS] = {}, missing[LEVELS] = {};
	_cleanup_features_ struct features s = {};
	const struct answered *a;

	if (features_init(&s) < 0)
		return -ENOMEM;
	features_add(&s, levels);
	a = answers_to(s.f, s.n);
	if (!a)
		return -errno;
	for (unsigned int i = 0; i < s.n; i++) {
		asked[s.f[i]->level]++;
		missing[s.f[i]->level] += a[i].answer == NO;
		if (a[i].answer == NO)
			tell_missing(s.f[i], &a[i]);
		else if (a[i].answer == NOBODY && levels & 1U << FASTER)
			tell_nobody(s.f[i], &a[i]);
	}
	tell_privilege(&s, a);
	if (missing[NEEDED])
		printf("Dump and restore will not work: of %u things that every one of them needs "
		       "%u %s missing.\n",
		       asked[NEEDED], missing[NEEDED], missing[NEEDED] == 1 ? "is" : "are");
	else if (missing[EXTRA])
		printf("Looks good but some features are missing which, depending on the process "
		       "tree, may make a dump or restore fail.\n");
	else if (missing[FASTER])
		printf("Looks good but something may be slower than elsewhere.\n");
	else
		printf("Looks good.\n");
	return missing[NEEDED] || missing[EXTRA] || missing[FASTER] ? -ENOTSUP : 0;
}

int check_main(const struct options *o)
{
	int r;

	if (o->n_features)
		r = check_named(o);
	else
		r = check_levels(1U << NEEDED | (o->all || o->extra) << EXTRA |
				 (o->all || o->experimental) << FASTER);
	if (r < 0 && r != -ENOTSUP && r != -EINVAL)
		fprintf(stderr, "refcr: check: %s\n", strerror(-r));
	return r;
}
