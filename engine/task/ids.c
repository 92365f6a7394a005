// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/syscalls.h"
#include "parts.h"

/* ---- objects tasks may share ---- */

static enum kcmp_what compared;

static int by_object(const void *a, const void *b)
{
	const struct task *x = a, *y = b;
	int r = sys_kcmp(x->pid, y->pid, compared);

	return r == 0 ? 0 : r == 1 ? -1 : 1;
}

static void forget_node(void *node)
{
}

static const struct shareable {
	enum kcmp_what what;
	size_t id;
	const char *refused; /* what cannot be shared by tasks of their own yet */
} shareables[] = {
	{ KCMP_WHAT_VM, offsetof(struct task, vm_id), "memory" },
	{ KCMP_WHAT_FILES, offsetof(struct task, files_id), NULL },
	{ KCMP_WHAT_FS, offsetof(struct task, fs_id), NULL },
};

static uint32_t *id_of(struct task *t, const struct shareable *s)
{
	return (uint32_t *)((char *)t + s->id);
}

/* Lists of semaphores to undo, CLONE_SYSVSEM. Tasks without one seem to share it: so do we. */
static int refuse_shared_undo(struct tree *tree)
{
	pid_t none = undo_none();
	void *seen = NULL;
	int r = MIN(none, 0);

	if (r < 0)
		return log_err(r, "semaphores to undo");
	compared = KCMP_WHAT_SYSVSEM;
	for_each_task(t, tree) {
		struct task **at;

		if (t->zombie || sys_kcmp(none, t->pid, KCMP_WHAT_SYSVSEM) == 0)
			continue;
		at = tsearch(t, &seen, by_object);
		r = !at ? -ENOMEM
		    : *at == t
			    ? 0
			    : log_refuse("task %d shares its semaphores to undo with task %d: not "
					 "supported yet",
					 t->pid, (*at)->pid);
		if (r < 0)
			break;
	}
	tdestroy(seen, forget_node);
	return r;
}

/* All tasks into a tree ordered by kcmp: one that is there already shares the object, and its number. */
static int number(struct tree *tree, const struct shareable *s)
{
	void *seen = NULL;
	uint32_t n = 1; /* is the engine, as other engines have it */
	int r = 0;

	compared = s->what;
	for_each_task(t, tree) {
		struct task **at;

		n++;
		if (t->zombie)
			continue;
		at = tree->n_tasks > 1 ? tsearch(t, &seen, by_object) : &t;
		if (!at) {
			r = -ENOMEM;
			break;
		}
		if (*at != t && s->refused) {
			r = log_refuse("task %d shares its %s with task %d: not supported yet",
				       t->pid, s->refused, (*at)->pid);
			break;
		}
		*id_of(t, s) = *at == t ? n : *id_of(*at, s);
		if (s->what == KCMP_WHAT_FILES)
			t->shares_files = *at != t;
	}
	tdestroy(seen, forget_node);
	return r;
}

/* A thread that has unshared from its process. */
static int refuse_unshared(const struct task *t, const struct thread *th)
{
	static const struct {
		enum kcmp_what what;
		const char *name;
	} kinds[] = { { KCMP_WHAT_FILES, "descriptor table" },
		      { KCMP_WHAT_FS, "working directory" } };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int r = sys_kcmp(t->pid, th->tid, kinds[i].what);

		if (r < 0)
			return log_err(r, "task %d: compare with thread %d", t->pid, th->tid);
		if (r > 0)
			return log_refuse(
				"task %d: thread %d has a %s of its own: not supported yet", t->pid,
				th->tid, kinds[i].name);
	}
	return 0;
}

int ids_number(struct tree *tree)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(shareables); i++)
		r = number(tree, &shareables[i]);
	/* Who shares handlers shares memory, too: clone(2). */
	for_each_task(t, tree)
		t->sighand_id = t->vm_id;
	if (r == 0 && tree->n_tasks > 1)
		r = refuse_shared_undo(tree);
	for_each_task(t, tree)
		for (unsigned int i = 1; r == 0 && i < t->n_threads; i++)
			r = refuse_unshared(t, &t->thread[i]);
	return r;
}

/* ---- namespaces ---- */

static const struct {
	const char *link, *name;
	bool by_thread; /* a thread can leave it alone, and nothing else shows it */
} namespaces[] = {
	{ "ns/pid", "pid", false },
	{ "ns/net", "net", true },
	{ "ns/ipc", "ipc", true },
	{ "ns/uts", "uts", true },
	{ "ns/mnt", "mount", false },
	{ "ns/user", "user", false },
	{ "ns/cgroup", "cgroup", true },
	{ "ns/time", "time", false },
	{ "ns/pid_for_children", "pid (for children)", true },
	{ "ns/time_for_children", "time (for children)", false },
};

/* Ours. 0: this kernel has none of the kind. */
static struct {
	int err;
	uint64_t id;
} own_namespace[ARRAY_SIZE(namespaces)];

void ids_prepare(void)
{
	_cleanup_close_ int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		own_namespace[i].err =
			self < 0 ? -EBADF : proc_ns(self, namespaces[i].link, &own_namespace[i].id);
		if (own_namespace[i].err == -ENOENT)
			own_namespace[i].err = own_namespace[i].id = 0;
	}
}

int ids_thread_namespaces(int proc, uint64_t ns[THREAD_NAMESPACES])
{
	unsigned int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		int r;

		if (!namespaces[i].by_thread)
			continue;
		ns[n] = 0;
		r = proc_ns(proc, namespaces[i].link, &ns[n++]);
		if (r < 0 && r != -ENOENT)
			return r;
	}
	return 0;
}

int ids_check_thread(const struct task *t, pid_t tid, const uint64_t ns[THREAD_NAMESPACES],
		     const uint64_t whole[THREAD_NAMESPACES])
{
	unsigned int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		if (!namespaces[i].by_thread)
			continue;
		if (ns[n] != whole[n])
			return log_refuse(
				"task %d: thread %d lives in a %s namespace of its own: not "
				"supported yet",
				t->pid, tid, namespaces[i].name);
		n++;
	}
	return 0;
}

int ids_check_namespaces(const struct tree *tree)
{
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		int r = own_namespace[i].err;
		uint64_t theirs;

		if (r == 0 && !own_namespace[i].id)
			continue;
		for_each_task(t, tree) {
			if (t->zombie)
				continue;
			if (r == 0)
				r = proc_ns(t->proc, namespaces[i].link, &theirs);
			/* pid_for_children of a task that has unshared it shows nothing until its first child. */
			if (r < 0)
				return log_err(r, "task %d: its %s namespace", t->pid,
					       namespaces[i].name);
			if (theirs != own_namespace[i].id)
				return log_refuse("task %d lives in a %s namespace of its own: not "
						  "supported yet",
						  t->pid, namespaces[i].name);
		}
	}
	return 0;
}

/*
 * All in the engine's own namespaces, for now: the numbers only have to be the same everywhere.
 */
static void own_namespaces(TaskKobjIdsEntry *ids)
{
	ids->has_pid_ns_id = ids->has_net_ns_id = ids->has_ipc_ns_id = ids->has_uts_ns_id = true;
	ids->has_mnt_ns_id = ids->has_user_ns_id = ids->has_cgroup_ns_id = ids->has_time_ns_id =
		true;
	ids->pid_ns_id = 1;
	ids->net_ns_id = 2;
	ids->ipc_ns_id = 3;
	ids->uts_ns_id = 4;
	ids->time_ns_id = 5;
	ids->mnt_ns_id = 6;
	ids->user_ns_id = 7;
	ids->cgroup_ns_id = 8;
}

void ids_own(TaskKobjIdsEntry *ids)
{
	ids->vm_id = ids->files_id = ids->fs_id = ids->sighand_id = 1;
	own_namespaces(ids);
}

int ids_dump(struct dump *d, const struct task *t, TaskKobjIdsEntry *ids)
{
	ids->vm_id = t->vm_id;
	ids->files_id = t->files_id;
	ids->fs_id = t->fs_id;
	ids->sighand_id = t->sighand_id;
	own_namespaces(ids);
	return 0;
}
