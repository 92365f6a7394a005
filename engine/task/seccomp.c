// SPDX-License-Identifier: GPL-2.0-only
/*
 * seccomp(2): strict mode, and filters, which form a tree: a thread has one of them, and with it all
 * that it was put on top of. PTRACE_SECCOMP_GET_FILTER tells what a filter is, but not whose is the
 * same and whose just equal. The only one who sees a difference is SECCOMP_FILTER_FLAG_TSYNC, and
 * nearly always threads whose filters are equal have the same: so they do when restored, as far as
 * all threads of a process have them in common.
 *
 * Neither the gate nor the restorer would get far in a task with filters: whoever traces it can
 * suspend them, if he has CAP_SYS_ADMIN and no filter himself.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/ptrace.h"
#include "engine/restore/plan.h"
#include "parts.h"
#include "proto/seccomp.pb-c.h"

#define NO_FILTER          UINT32_MAX
#define MAX_INSNS_PER_PATH 32768 /* of a filter and all below, four more for each */

/* ---- dump ---- */

struct seccomp_known {
	struct seccomp_known *below;
	uint32_t number; /* below's is smaller */
	SeccompFilter img;
	UT_hash_handle hh;
	uint8_t key[]; /* number of the one below, flags, instructions */
};

static struct seccomp_known *known;
static uint32_t n_known;

/* A filter's verdict may be that somebody else decides, and his listener is nothing we can restore. */
static bool may_ask(const struct sock_filter *insn, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (BPF_CLASS(insn[i].code) == BPF_RET &&
		    (BPF_RVAL(insn[i].code) == BPF_A ||
		     (insn[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF))
			return true;
	return false;
}

/* *top: what it is put on top of, and then the filter itself. */
static int remember(struct arena *a, uint32_t flags, const struct sock_filter *insn, unsigned int n,
		    struct seccomp_known **top)
{
	uint32_t below = *top ? (*top)->number : NO_FILTER;
	size_t len = n * sizeof(*insn), key_len = 8 + len;
	struct seccomp_known *k = arena_alloc(a, sizeof(*k) + key_len), *same;

	if (!k)
		return -ENOMEM;
	memcpy(k->key, &below, 4);
	memcpy(k->key + 4, &flags, 4);
	memcpy(k->key + 8, insn, len);
	HASH_FIND(hh, known, k->key, key_len, same);
	if (!same) {
		seccomp_filter__init(&k->img);
		k->img.filter = (ProtobufCBinaryData){ len, k->key + 8 };
		k->img.has_prev = *top != NULL;
		k->img.prev = below;
		k->img.has_flags = flags != 0;
		k->img.flags = flags;
		k->below = *top;
		k->number = n_known++;
		HASH_ADD(hh, known, key, key_len, k);
		same = k;
	}
	*top = same;
	return 0;
}

int seccomp_look(struct task *t, struct thread *th)
{
	int r;

	if (th->status.seccomp == SECCOMP_MODE_DISABLED)
		return 0;
	r = ptrace_suspend_seccomp(th->tid);
	if (r == -EPERM)
		return log_refuse(
			"task %d: seccomp, which we may not suspend (CAP_SYS_ADMIN, and no "
			"filter of our own)",
			t->pid);
	return r < 0 ? log_err(r, "task %d: suspend seccomp", t->pid) : 0;
}

/* The oldest filter has number 0. */
static int dump_filters(struct dump *d, const struct task *t, struct thread *th)
{
	_cleanup_free_ struct sock_filter *insn = calloc(BPF_MAXINSNS, sizeof(*insn));

	if (!insn)
		return -ENOMEM;
	for (unsigned int i = 0;; i++) {
		uint64_t flags = 0;
		int n, r;

		n = ptrace_get_filter(th->tid, i, insn);
		if (n == -ENOENT)
			return 0;
		if (n < 0)
			return log_err(n, "thread %d: seccomp filter %u", th->tid, i);
		if (may_ask(insn, n))
			return log_refuse(
				"task %d: a seccomp filter that may ask a supervisor: not "
				"supported yet",
				t->pid);
		/* Nobody else can have set any before 4.16 told them. */
		r = ptrace_get_filter_flags(th->tid, i, &flags);
		if (r < 0 && r != -EIO)
			return log_err(r, "thread %d: flags of seccomp filter %u", th->tid, i);
		r = remember(&d->arena, flags, insn, n, &th->filter);
		if (r < 0)
			return r;
	}
}

int seccomp_dump(struct dump *d, const struct task *t, struct thread *th, ThreadCoreEntry *core)
{
	int r;

	if (th->status.seccomp == SECCOMP_MODE_DISABLED)
		return 0;
	core->has_seccomp_mode = true;
	core->seccomp_mode = th->status.seccomp;
	if (th->status.seccomp == SECCOMP_MODE_STRICT)
		return 0;
	r = dump_filters(d, t, th);
	if (r < 0)
		return r;
	core->has_seccomp_filter = true;
	core->seccomp_filter = th->filter->number;
	return 0;
}

/* The format has this flag where all threads of a task have the same filters. */
void seccomp_dump_shared(const struct task *t)
{
	struct seccomp_known *k = task_leader(t)->filter;

	for_each_thread(th, t)
		if (th->filter != k)
			return;
	for (; t->n_threads > 1 && k; k = k->below) {
		k->img.has_flags = true;
		k->img.flags |= SECCOMP_FILTER_FLAG_TSYNC;
	}
}

int seccomp_dump_end(struct dump *d)
{
	SeccompEntry e = SECCOMP_ENTRY__INIT;
	struct seccomp_known *k, *next;

	if (!known)
		return 0;
	e.seccomp_filters = arena_array(&d->arena, SeccompFilter *, n_known);
	if (!e.seccomp_filters)
		return -ENOMEM;
	HASH_ITER(hh, known, k, next) {
		e.seccomp_filters[k->number] = &k->img;
		HASH_DEL(known, k);
	}
	e.n_seccomp_filters = n_known;
	return image_write_one(&d->images, IMAGE_SECCOMP, 0, &e.base);
}

/* ---- restore ---- */

#define KNOWN_FLAGS                                                                                \
	(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW)

static SeccompEntry *filters; /* of all tasks */

static const SeccompFilter *filter_of(uint32_t number)
{
	return filters->seccomp_filters[number];
}

static int check_filters(struct restore *r)
{
	size_t *path = arena_array(&r->arena, size_t, filters->n_seccomp_filters + 1);

	if (!path)
		return -ENOMEM;
	for (uint32_t i = 0; i < filters->n_seccomp_filters; i++) {
		const SeccompFilter *f = filter_of(i);

		if (!f->filter.len || f->filter.len % sizeof(struct sock_filter) ||
		    f->filter.len / sizeof(struct sock_filter) > BPF_MAXINSNS)
			return log_bad_image("seccomp.img: filter %u has %zu bytes", i,
					     f->filter.len);
		/* So there is an end to it. */
		if (f->has_prev && f->prev >= i)
			return log_bad_image("seccomp.img: filter %u is on top of filter %u", i,
					     f->prev);
		path[i] = f->filter.len / sizeof(struct sock_filter) + 4;
		path[i] += f->has_prev ? path[f->prev] : 0;
		if (path[i] > MAX_INSNS_PER_PATH)
			return log_bad_image("seccomp.img: more filters below filter %u than the "
					     "kernel allows",
					     i);
		if (f->flags & ~KNOWN_FLAGS)
			return log_refuse("seccomp.img: flags %#x of filter %u: not supported yet",
					  f->flags, i);
	}
	return 0;
}

static uint32_t below(uint32_t number)
{
	return filter_of(number)->has_prev ? filter_of(number)->prev : NO_FILTER;
}

/* Where two branches part: numbers only get smaller on the way down. */
static uint32_t in_common(uint32_t a, uint32_t b)
{
	while (a != b && a != NO_FILTER && b != NO_FILTER)
		if (a > b)
			a = below(a);
		else
			b = below(b);
	return a == b ? a : NO_FILTER;
}

static uint32_t top_of(const struct restore_thread *th)
{
	const ThreadCoreEntry *core = th->core->thread_core;

	return core->seccomp_mode == SECCOMP_MODE__filter ? core->seccomp_filter : NO_FILTER;
}

bool seccomp_has(const struct restore_thread *th)
{
	return th->core->thread_core->seccomp_mode != SECCOMP_MODE__disabled;
}

static int plan_thread(struct restore *r, const struct restore_thread *th)
{
	const ThreadCoreEntry *core = th->core->thread_core;
	int ret;

	if (!seccomp_has(th))
		return 0;
	r->n_confined++;
	if (core->seccomp_mode != SECCOMP_MODE__filter)
		return 0;
	if (!filters) {
		ret = image_read_one(&r->set, IMAGE_SECCOMP, 0, &seccomp_entry__descriptor,
				     &filters);
		if (ret == -ENOENT)
			return log_bad_image("seccomp.img is missing");
		if (ret == 0)
			ret = check_filters(r);
		else
			ret = plan_bad(r, ret);
		if (ret < 0)
			return ret;
	}
	if (!core->has_seccomp_filter || core->seccomp_filter >= filters->n_seccomp_filters)
		return log_bad_image("core-%d.img: seccomp.img has no filter %u", th->tid,
				     core->seccomp_filter);
	return 0;
}

int seccomp_plan(struct restore *r)
{
	for_each_restore_task(t, r) {
		t->filters_in_common = NO_FILTER;
		for (unsigned int i = 0; i < t->n_threads; i++) {
			struct restore_thread *th = &t->thread[i];
			int ret = plan_thread(r, th);

			if (ret < 0)
				return ret;
			t->filters_in_common =
				i == 0 ? top_of(th) : in_common(t->filters_in_common, top_of(th));
		}
		/* A process with one thread has nobody to share them with. */
		if (t->n_threads == 1)
			t->filters_in_common = NO_FILTER;
	}
	return 0;
}

/* Those above `from`, the lowest first. */
static void put_on(struct program *p, uint32_t top, uint32_t from, unsigned int flags)
{
	const SeccompFilter *f;
	struct sock_fprog prog;

	if (top == from)
		return;
	put_on(p, below(top), from, flags);
	f = filter_of(top);
	prog.len = f->filter.len / sizeof(struct sock_filter);
	prog.filter = program_copy(p, f->filter.data, f->filter.len);
	/* Speculation is an attribute of its own: it must not come with the filter. */
	program_call(p, "seccomp filter", SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		     flags | (f->flags & SECCOMP_FILTER_FLAG_LOG) | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		     (uintptr_t)program_copy(p, &prog, sizeof(prog)));
}

void seccomp_share(struct program *p, const struct restore_task *t)
{
	put_on(p, t->filters_in_common, NO_FILTER, SECCOMP_FILTER_FLAG_TSYNC);
}

void seccomp_restore(struct program *p, const struct restore_task *t,
		     const struct restore_thread *th)
{
	if (th->core->thread_core->seccomp_mode == SECCOMP_MODE__strict)
		program_call(p, "strict seccomp", SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	put_on(p, top_of(th), t->filters_in_common, 0);
}

/* The leader gives all of them what they share. */
static uint32_t lowest(const struct restore_task *t, const struct restore_thread *th)
{
	return th == &t->thread[0] ? NO_FILTER : t->filters_in_common;
}

unsigned int seccomp_steps(const struct restore_task *t, const struct restore_thread *th)
{
	unsigned int n = 0;

	for (uint32_t i = top_of(th); i != lowest(t, th); i = below(i))
		n++;
	return n;
}

size_t seccomp_room(const struct restore_task *t, const struct restore_thread *th)
{
	size_t size = 0;

	for (uint32_t i = top_of(th); i != lowest(t, th); i = below(i))
		size += filter_of(i)->filter.len + sizeof(struct sock_fprog) + 32;
	return size;
}
