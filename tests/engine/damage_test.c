// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images that are not what was written: every file of a set in every way. The restore says which
 * file it is, before anything is made. With --accept-edited damage may go unnoticed by the checksums,
 * and whatever then comes of it, nobody crashes and nobody is left behind by a failure.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/lib.h"
#include "lib/mutate.h"
#include "proto/core.pb-c.h"

struct set {
	struct target t;
	char *name[100];
	unsigned int n;
};

static struct set dumped(const char *how)
{
	struct set s = { .t = target(how) };
	char *names, *at;
	struct ran r;

	empty("img");
	r = refcr("dump -t %d -D img -W .", s.t.pid);
	expect_fine(&r);
	waitpid(s.t.pid, NULL, 0);
	expect_nobody();
	names = strdup(names_in("img"));
	for (char *name = strtok_r(names, " ", &at); name; name = strtok_r(NULL, " ", &at)) {
		ATF_REQUIRE(s.n < 100);
		s.name[s.n++] = name;
	}
	ATF_CHECK_MSG(s.n >= 10, "%u", s.n);
	return s;
}

struct file {
	char path[300];
	unsigned char *data;
	size_t size;
};

static struct file take(const char *name)
{
	struct file f;

	snprintf(f.path, sizeof(f.path), "img/%s", name);
	f.data = read_file(f.path, &f.size);
	return f;
}

static void put_back(struct file *f)
{
	write_file(f->path, f->data, f->size);
	free(f->data);
}

static void expect_refused(const char *name)
{
	struct ran r = refcr("restore -d -D img -W .");

	expect_failed(&r, name);
	ATF_CHECK_EQ(strangers((const pid_t[]){ 0 }), 0);
	if (strcmp(name, "inventory.img") == 0)
		ATF_CHECK_MSG(strstr(r.err, "checksum") || strstr(r.err, "inventory.img: "), "%s",
			      r.err);
}

static void truncated(const struct file *f, const char *name)
{
	const size_t to[] = { 0, 1, 7, 8, 11, 12, f->size / 2, f->size - 1 };

	for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++)
		if (to[i] < f->size) {
			write_file(f->path, f->data, to[i]);
			expect_refused(name);
		}
}

static void flipped(const struct file *f, const char *name)
{
	const size_t at[] = { 0, 5, 8, f->size / 3, f->size / 2, f->size - 1 };

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		if (at[i] < f->size) {
			f->data[at[i]] ^= 1 << i;
			write_file(f->path, f->data, f->size);
			f->data[at[i]] ^= 1 << i;
			expect_refused(name);
		}
}

static void replaced(const struct file *f, const char *name)
{
	void *zeroes = calloc(1, f->size + 1), *longer = malloc(f->size + 1);

	write_file(f->path, zeroes, f->size);
	if (memcmp(zeroes, f->data, f->size) != 0)
		expect_refused(name);
	memcpy(longer, f->data, f->size);
	((char *)longer)[f->size] = 0;
	write_file(f->path, longer, f->size + 1);
	expect_refused(name);
	free(zeroes);
	free(longer);
}

static void gone(const struct file *f, const char *name)
{
	ATF_REQUIRE_EQ(unlink(f->path), 0);
	expect_refused(name);
	ATF_REQUIRE_EQ(mkdir(f->path, 0700), 0);
	expect_refused(name);
	ATF_REQUIRE_EQ(rmdir(f->path), 0);
	ATF_REQUIRE_EQ(symlink("nowhere", f->path), 0);
	expect_refused(name);
	ATF_REQUIRE_EQ(unlink(f->path), 0);
}

static void restore_well(struct set *s)
{
	struct ran r = refcr("restore -d -D img -W .");

	expect_fine(&r);
	expect_well(&s->t);
	target_end(&s->t);
	expect_nobody();
}

/* "core-3.img" comes before "core-4.img": one of each kind will do. */
static bool seen_before(const struct set *s, unsigned int i)
{
	size_t kind = strcspn(s->name[i], "0123456789");

	return i > 0 && strncmp(s->name[i], s->name[i - 1], kind) == 0;
}

ROOT_TC(every_file,
	"every kind of file of a set truncated, flipped, zeroed, longer, missing, no file")
{
	struct set s;

	arena();
	s = dumped("many");
	for (unsigned int i = 0; i < s.n; i++) {
		struct file f;

		if (seen_before(&s, i))
			continue;
		f = take(s.name[i]);
		truncated(&f, s.name[i]);
		flipped(&f, s.name[i]);
		replaced(&f, s.name[i]);
		gone(&f, s.name[i]);
		put_back(&f);
	}
	restore_well(&s);
}

ROOT_TC(exchanged, "two files of a set that took each other's place")
{
	struct set s;

	arena();
	s = dumped("one");
	for (unsigned int i = 0; i + 1 < s.n; i++) {
		struct file a = take(s.name[i]), b = take(s.name[i + 1]);

		write_file(a.path, b.data, b.size);
		write_file(b.path, a.data, a.size);
		expect_refused("img");
		put_back(&a);
		put_back(&b);
	}
	restore_well(&s);
}

ROOT_TC(beside, "files that are no part of the set do not matter")
{
	struct set s;

	arena();
	s = dumped("one");
	write_file("img/core-4711.img", "x", 1);
	write_file("img/tty-info.img", "", 0);
	restore_well(&s);
}

/* ---- with --accept-edited ---- */

static void edit_core(const struct set *s, void (*edit)(CoreEntry *core, struct arena *a),
		      const char *says)
{
	struct image image;
	struct buf b = {};
	struct arena a;
	struct file f;
	struct ran r;
	char name[32];

	snprintf(name, sizeof(name), "core-%d.img", s->t.pid);
	f = take(name);
	arena_init(&a, false);
	ATF_REQUIRE(image_take_apart(name, f.data, f.size, &a, &image));
	edit((CoreEntry *)image.record[0].msg, &a);
	ATF_REQUIRE_EQ(image_put_together(&image, &b), 0);
	write_file(f.path, b.data, b.len);
	r = refcr("restore -d --accept-edited -D img -W .");
	expect_failed(&r, name);
	expect_failed(&r, says);
	expect_nobody();
	put_back(&f);
	buf_done(&b);
	arena_done(&a);
}

static void other_march(CoreEntry *core, struct arena *a)
{
	core->mtype = core->mtype == CORE_ENTRY__MARCH__AARCH64 ? CORE_ENTRY__MARCH__S390
								: CORE_ENTRY__MARCH__AARCH64;
}

static void no_registers(CoreEntry *core, struct arena *a)
{
	core->thread_info = NULL;
}

static void no_thread(CoreEntry *core, struct arena *a)
{
	core->thread_core = NULL;
}

ROOT_TC(other_cpu, "images of another CPU, or without registers, are told by name")
{
	struct set s;

	arena();
	s = dumped("one");
	edit_core(&s, other_march, "is of another CPU architecture");
	edit_core(&s, no_registers, "has no registers");
	edit_core(&s, no_thread, "lacks what a thread has of its own");
	restore_well(&s);
}

ROOT_TC(accepted, "damage that --accept-edited lets through crashes nobody")
{
	struct set s;

	arena();
	s = dumped("one");
	srand(4711);
	for (unsigned int i = 0; i < s.n; i++) {
		struct file f = take(s.name[i]);

		for (int round = 0; round < 6; round++) {
			size_t at = rand() % f.size;
			unsigned char bit = 1 << rand() % 8;

			f.data[at] ^= bit;
			write_file(f.path, f.data, f.size);
			f.data[at] ^= bit;
			expect_sane();
			write_file(f.path, f.data, at);
			expect_sane();
		}
		put_back(&f);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, every_file);
	ATF_TP_ADD_TC(tp, exchanged);
	ATF_TP_ADD_TC(tp, beside);
	ATF_TP_ADD_TC(tp, other_cpu);
	ATF_TP_ADD_TC(tp, accepted);
	return atf_no_error();
}
