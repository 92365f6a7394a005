// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attributes.h"
#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

/* linux/prctl.h, asm/prctl.h: some are younger than Debian 12's headers. */
enum {
	GET_TSC = 25,
	SET_TSC = 26,
	MCE_KILL = 33,
	MCE_KILL_GET = 34,
	GET_SPECULATION = 52,
	SET_SPECULATION = 53,
	SET_IO_FLUSHER = 57,
	GET_IO_FLUSHER = 58,
	SET_MDWE = 65,
	GET_MDWE = 66,
	SET_MEMORY_MERGE = 67,
	GET_MEMORY_MERGE = 68,
	FUTEX_HASH = 78,
	ARCH_CPUID_GET = 0x1011, /* arch_prctl(2) */
	ARCH_CPUID_SET = 0x1012,
};

#define SPEC_PRCTL   1 /* in the answer when prctl can change it; above: the setting */
#define SPEC_ENABLE  2
#define SPEC_DISABLE 4

enum { FUTEX_HASH_SET_SLOTS = 1, FUTEX_HASH_GET_SLOTS };

struct attribute {
	const char *name;
	long nr;
	bool whole_task; /* asked of the main thread alone */
	int get, set;
	int get_arg;     /* second argument of both, -1: none; */
	bool by_pointer; /* or the address of an int */
	int64_t normal;  /* what a new task has; stands also for: there is none */
};

static const struct attribute attributes[] = {
	{ "timestamp counter", SYS_prctl, false, GET_TSC, SET_TSC, -1, true, 1 },
	{ "machine check policy", SYS_prctl, false, MCE_KILL_GET, MCE_KILL, -1, false, 2 },
	{ "store bypass speculation", SYS_prctl, false, GET_SPECULATION, SET_SPECULATION, 0, false,
	  SPEC_ENABLE },
	{ "indirect branch speculation", SYS_prctl, false, GET_SPECULATION, SET_SPECULATION, 1,
	  false, SPEC_ENABLE },
	{ "L1D flushing", SYS_prctl, false, GET_SPECULATION, SET_SPECULATION, 2, false,
	  SPEC_DISABLE },
	{ "I/O flusher", SYS_prctl, false, GET_IO_FLUSHER, SET_IO_FLUSHER, -1, false, 0 },
	{ "CPUID faulting", SYS_arch_prctl, false, ARCH_CPUID_GET, ARCH_CPUID_SET, -1, false, 1 },
	{ "memory merging", SYS_prctl, true, GET_MEMORY_MERGE, SET_MEMORY_MERGE, -1, false, 0 },
	{ "futex hash", SYS_prctl, true, FUTEX_HASH, FUTEX_HASH, FUTEX_HASH_GET_SLOTS, false, -1 },
	/* Last: it forbids what may still have to be mapped. */
	{ "memory-deny-write-execute", SYS_prctl, true, GET_MDWE, SET_MDWE, -1, false, 0 },
};
_Static_assert(ARRAY_SIZE(attributes) <= MAX_ATTRIBUTES, "struct thread_answers has room for them");

int attributes_ask(struct batch *b, bool leader, int index[MAX_ATTRIBUTES])
{
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		const struct attribute *a = &attributes[i];
		uint64_t arg = a->get_arg < 0 ? 0 : a->get_arg;

		index[i] = -1;
		if (a->whole_task && !leader)
			continue;
		if (a->by_pointer) {
			arg = batch_out(b, sizeof(int));
			if (!arg)
				return -ENOBUFS;
		}
		index[i] = batch_call(b, a->nr, a->get, arg);
		if (index[i] < 0)
			return index[i];
	}
	return 0;
}

/* What the call that reads it has returned; `pointed` is what it has filled. */
static int64_t value_of(const struct attribute *a, int64_t v, int pointed)
{
	if (v < 0)
		return v;
	if (a->get == GET_SPECULATION)
		return v & SPEC_PRCTL ? v & ~SPEC_PRCTL : -ENXIO;
	return a->by_pointer ? pointed : v;
}

/*
 * Who has given up the privilege to ask whether it is a flusher may be one: of a main thread stat tells,
 * and others are what it is, as those they were made by. 0x080000: PF_MEMALLOC_NOIO, 0x100000:
 * PF_LOCAL_THROTTLE.
 */
static bool is_flusher(const struct task *t)
{
	return (t->stat.flags & 0x180000) == 0x180000;
}

void attributes_answer(const struct task *t, struct batch *b, const int index[MAX_ATTRIBUTES],
		       struct thread *th)
{
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		const struct attribute *a = &attributes[i];
		int pointed = 0;
		int64_t v;

		th->answers.attribute[i] = a->normal;
		if (index[i] < 0)
			continue;
		if (a->by_pointer)
			pointed = *(int *)batch_at(b, batch_arg(b, index[i], 1));
		v = value_of(a, batch_ret(b, index[i]), pointed);
		if (a->get == GET_IO_FLUSHER && v == -EPERM)
			v = is_flusher(t);
		/* An error: the kernel, the CPU or our privilege lacks it, so nobody could set it. */
		if (v >= 0)
			th->answers.attribute[i] = v;
	}
}

/* Without CONFIG_FUTEX_PRIVATE_HASH, which no 6.16 has, all processes say they have none. */
static bool have_own_hashes(void)
{
	static int have = -1;

	if (have < 0)
		have = attribute_set_own("futex hash", 16) == 0;
	return have;
}

/*
 * The kernel gives a process a hash of its own when it gets a second thread, of at least 16 slots and
 * 4 for each CPU that it may use: futex_hash_allocate_default(). Any other number was asked for, 0 too:
 * the hash of all.
 */
static bool is_normal(const struct attribute *a, const struct task *t, int64_t v)
{
	if (a->set != FUTEX_HASH || v == a->normal)
		return v == a->normal;
	if (t->n_threads == 1 || (v == 0 && !have_own_hashes()))
		return v == 0;
	return v >= 16 && v <= MAX(16, 8 * sysconf(_SC_NPROCESSORS_CONF));
}

static int first_argument(const struct attribute *a)
{
	switch (a->set) {
	case MCE_KILL:
		return 1; /* PR_MCE_KILL_SET */
	case FUTEX_HASH:
		return FUTEX_HASH_SET_SLOTS;
	default:
		return a->get_arg;
	}
}

static const struct attribute *by_name(const char *name)
{
	const struct attribute *a = attributes;

	while (!streq(a->name, name))
		a++;
	return a;
}

int64_t attribute_read_own(const char *name)
{
	const struct attribute *a = by_name(name);
	long arg = a->get_arg < 0 ? 0 : a->get_arg, v;
	int pointed = 0;

	if (a->by_pointer)
		arg = (long)&pointed;
	v = syscall(a->nr, a->get, arg, 0, 0, 0);
	return value_of(a, v < 0 ? -errno : v, pointed);
}

int attribute_set_own(const char *name, int64_t v)
{
	const struct attribute *a = by_name(name);
	int first = first_argument(a);
	long r = first < 0 ? syscall(a->nr, a->set, v, 0, 0, 0)
			   : syscall(a->nr, a->set, first, v, 0, 0);

	return r < 0 ? -errno : 0;
}

int attributes_dump(const struct task *t, const struct thread *th, struct arena *arena,
		    ThreadCoreEntry *core)
{
	core->prctls = arena_array(arena, PrctlEntry *, ARRAY_SIZE(attributes));
	if (!core->prctls)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		const struct attribute *a = &attributes[i];
		int64_t v = th->answers.attribute[i];
		PrctlEntry *e;

		if ((a->whole_task && th != task_leader(t)) || is_normal(a, t, v))
			continue;
		e = arena_new(arena, PrctlEntry);
		if (!e)
			return -ENOMEM;
		prctl_entry__init(e);
		e->arg = arena_array(arena, uint64_t, 2);
		if (!e->arg)
			return -ENOMEM;
		e->has_option = true;
		e->option = a->set;
		if (first_argument(a) >= 0)
			e->arg[e->n_arg++] = first_argument(a);
		e->arg[e->n_arg++] = v;
		core->prctls[core->n_prctls++] = e;
	}
	return 0;
}

static const struct attribute *by_set(const PrctlEntry *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		if (attributes[i].set == (int)e->option)
			return &attributes[i];
	return NULL;
}

bool attribute_saved(const ThreadCoreEntry *core, const char *name, int64_t *v)
{
	const struct attribute *a = by_name(name);

	for (size_t i = 0; i < core->n_prctls; i++) {
		const PrctlEntry *e = core->prctls[i];

		if ((int)e->option != a->set)
			continue;
		*v = e->arg[e->n_arg - 1];
		return true;
	}
	return false;
}

int attributes_check(const ThreadCoreEntry *core, const char *image)
{
	for (size_t i = 0; i < core->n_prctls; i++) {
		const PrctlEntry *e = core->prctls[i];

		if (!e->has_option || !by_set(e) || e->n_arg < 1 || e->n_arg > 2)
			return log_bad_image("%s: prctl %u is none that a task is restored with",
					     image, e->option);
	}
	return 0;
}

int attributes_restore(struct program *p, const ThreadCoreEntry *core)
{
	for (size_t i = 0; i < core->n_prctls; i++) {
		const PrctlEntry *e = core->prctls[i];
		const struct attribute *a = by_set(e);

		program_call(p, a->name, a->nr, e->option, e->arg[0], e->n_arg > 1 ? e->arg[1] : 0);
	}
	return p->err;
}
