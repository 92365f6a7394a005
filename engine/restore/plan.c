// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/arch/arch.h"
#include "engine/base/log.h"
#include "engine/image/values.h"
#include "engine/task/attributes.h"
#include "engine/task/parts.h"
#include "plan.h"

#define PID_LIMIT (4 << 20) /* PID_MAX_LIMIT of a 64-bit kernel */

int plan_bad(struct restore *r, int err)
{
	if (err == -EBADMSG && r->set.why)
		return log_bad_image("%s: %s", r->set.file, r->set.why);
	return log_err(err, "%s", r->set.file[0] ? r->set.file : "images");
}

static struct restore_task *add_task(struct restore *r, pid_t pid)
{
	struct restore_task *t = arena_new(&r->arena, struct restore_task);

	if (!t)
		return NULL;
	t->pid = pid;
	t->terminal = -1;
	t->last_child = &t->child;
	t->last_to_fork = &t->to_fork;
	HASH_ADD_INT(r->by_pid, pid, t);
	return t;
}

struct restore_task *plan_add_task(struct restore *r, pid_t pid, struct restore_task *parent)
{
	struct restore_task *t = add_task(r, pid);

	if (!t)
		return NULL;
	r->n_tasks++;
	t->parent = parent;
	if (parent) {
		*parent->last_child = t;
		parent->last_child = &t->sibling;
	} else {
		r->root = t;
	}
	return t;
}

struct restore_task *plan_add_helper(struct restore *r, pid_t pid)
{
	struct restore_task *t = add_task(r, pid);

	if (t) {
		t->helper = true;
		r->n_helpers++;
	}
	return t;
}

static bool valid_pid(uint32_t pid)
{
	return pid > 0 && pid < PID_LIMIT;
}

static bool is_thread(const struct restore *r, pid_t pid)
{
	for_each_restore_task(t, r)
		for (unsigned int i = 1; i < t->n_threads; i++)
			if (t->thread[i].tid == pid)
				return true;
	return false;
}

struct restore_task *plan_task_for(struct restore *r, pid_t pid)
{
	struct restore_task *t;

	HASH_FIND_INT(r->by_pid, &pid, t);
	if (!t) {
		if (!valid_pid(pid) || is_thread(r, pid)) {
			log_refuse("files.img: pid %d has made files, and is a thread now", pid);
			return NULL;
		}
		t = plan_add_helper(r, pid);
		if (!t) {
			log_err(-ENOMEM, "helper");
			return NULL;
		}
		t->sid = getsid(0);
		t->pgid = getpgrp();
		t->next_to_fork = r->to_fork;
		r->to_fork = t;
	}
	t->until_files = t->zombie || t->helper;
	return t;
}

static int take_entry(struct restore *r, const PstreeEntry *e, struct restore_task ***link)
{
	pid_t ppid = e->ppid, pid = e->pid;
	struct restore_task *t, *parent = NULL;

	if (!valid_pid(e->pid))
		return log_bad_image("pstree.img: pid %u", e->pid);
	HASH_FIND_INT(r->by_pid, &pid, t);
	if (t)
		return log_bad_image("pstree.img: task %d comes twice", pid);
	if (r->root) {
		HASH_FIND_INT(r->by_pid, &ppid, parent);
		if (!parent)
			return log_bad_image("pstree.img: task %d stands before its parent %d", pid,
					     ppid);
	} else if (ppid) {
		return log_bad_image("pstree.img: the first task, %d, has a parent", pid);
	}
	t = plan_add_task(r, pid, parent);
	if (!t)
		return -ENOMEM;
	t->sid = e->sid;
	t->pgid = e->pgid;
	**link = t;
	*link = &t->next;

	t->n_threads = e->n_threads;
	t->thread = arena_array(&r->arena, struct restore_thread, e->n_threads + 1);
	if (!t->thread)
		return -ENOMEM;
	for (size_t i = 0; i < e->n_threads; i++)
		t->thread[i].tid = e->threads[i];
	return 0;
}

static int read_tree(struct restore *r)
{
	struct restore_task **link = &r->root;
	struct image_in in;
	PstreeEntry *e;
	int ret;

	ret = image_open(&r->set, IMAGE_PSTREE, 0, &in);
	if (ret == -ENOENT)
		return log_bad_image("pstree.img is missing");
	while (ret >= 0 && (ret = image_get(&in, &pstree_entry__descriptor, &e)) > 0) {
		ret = take_entry(r, e, &link);
		if (ret < 0)
			return ret;
	}
	if (ret < 0)
		return plan_bad(r, ret);
	return r->root ? 0 : log_bad_image("pstree.img holds no task");
}

/* ---- cores ---- */

static int read_core(struct restore *r, pid_t tid, CoreEntry **ret)
{
	int err = image_read_one(&r->set, IMAGE_CORE, tid, &core_entry__descriptor, ret);

	if (err == -ENOENT)
		return log_bad_image("core-%d.img is missing", tid);
	return err < 0 ? plan_bad(r, err) : 0;
}

static int check_thread(const CoreEntry *core, const char *image)
{
	const ThreadCoreEntry *thread = core->thread_core;
	const char *why;
	int r;

	r = arch_check_core(core, &why);
	if (r < 0)
		return log_bad_image("%s: %s", image, why);
	if (!thread)
		return log_bad_image("%s: lacks what a thread has of its own", image);
	r = creds_check(thread->creds, image);
	if (r == 0)
		r = sched_check(thread, image);
	if (r == 0)
		r = siginfo_check(thread->signals_p, image);
	return r < 0 ? r : attributes_check(thread, image);
}

static int check_task(const TaskCoreEntry *tc, const char *image)
{
	int r;

	if (tc->has_old_seccomp_mode && tc->old_seccomp_mode != SECCOMP_MODE__disabled)
		return log_refuse("%s: seccomp of the whole task: not supported yet", image);
	r = undo_check(tc, image);
	if (r == 0)
		r = timers_check(tc->timers, image);
	if (r == 0)
		r = rlimit_check(tc->rlimits, image);
	if (r == 0)
		r = siginfo_check(tc->signals_s, image);
	return r < 0 ? r : sigactions_check(tc, image);
}

static int check_threads(struct restore *r, struct restore_task *t)
{
	char image[IMAGE_NAME_SIZE];
	int ret;

	for (unsigned int i = 0; i < t->n_threads; i++) {
		struct restore_thread *th = &t->thread[i];

		if (!valid_pid(th->tid))
			return log_bad_image("pstree.img: task %d has a thread %d", t->pid,
					     th->tid);
		if (i > 0) {
			ret = read_core(r, th->tid, &th->core);
			if (ret < 0)
				return ret;
		}
		ret = check_thread(th->core, image_name(IMAGE_CORE, th->tid, image));
		if (ret < 0)
			return ret;
	}
	r->n_threads += t->n_threads;
	if (restore_task_stopped(t))
		r->n_stopped_threads += t->n_threads;
	return 0;
}

/* Tasks by the number of an object they may share with others. */
struct sharer {
	uint64_t key; /* kind and number */
	struct restore_task *first;
	UT_hash_handle hh;
};

enum shared { SHARED_VM, SHARED_FILES, SHARED_FS };

/* The first task with this object is t, or the one that *first becomes. */
static int find_first(struct restore *r, struct restore_task *t, enum shared kind, uint32_t id,
		      struct restore_task **first)
{
	uint64_t key = (uint64_t)kind << 32 | id;
	struct sharer *s;

	HASH_FIND(hh, r->sharers, &key, sizeof(key), s);
	if (s) {
		*first = s->first;
		return 0;
	}
	s = arena_new(&r->arena, struct sharer);
	if (!s)
		return -ENOMEM;
	s->key = key;
	s->first = t;
	HASH_ADD(hh, r->sharers, key, sizeof(s->key), s);
	return 0;
}

static int share(struct restore *r, struct restore_task *t, const TaskKobjIdsEntry *ids)
{
	struct restore_task *vm = NULL;
	int ret;

	ret = find_first(r, t, SHARED_FILES, ids->files_id, &t->files_of);
	if (ret == 0)
		ret = find_first(r, t, SHARED_FS, ids->fs_id, &t->fs_of);
	if (ret == 0)
		ret = find_first(r, t, SHARED_VM, ids->vm_id, &vm);
	if (vm)
		return log_refuse("ids-%d.img: task %d shares its memory with task %d: not "
				  "supported yet",
				  t->pid, t->pid, vm->pid);
	return ret;
}

static int read_ids(struct restore *r, struct restore_task *t, const TaskKobjIdsEntry *host)
{
	TaskKobjIdsEntry *ids = t->thread[0].core->ids;
	int ret;

	if (!ids) {
		ret = image_read_one(&r->set, IMAGE_IDS, t->pid, &task_kobj_ids_entry__descriptor,
				     &ids);
		if (ret == -ENOENT)
			return log_bad_image("ids-%d.img is missing", t->pid);
		if (ret < 0)
			return plan_bad(r, ret);
	}
	/* Other numbers than the engine's own at dump: a namespace that was not its. */
	if (host && (ids->pid_ns_id != host->pid_ns_id || ids->net_ns_id != host->net_ns_id ||
		     ids->ipc_ns_id != host->ipc_ns_id || ids->uts_ns_id != host->uts_ns_id ||
		     ids->mnt_ns_id != host->mnt_ns_id || ids->user_ns_id != host->user_ns_id))
		return log_refuse(
			"ids-%d.img: task %d lives in namespaces of its own: not supported yet",
			t->pid, t->pid);
	t->files_id = ids->files_id;
	t->fs_id = ids->fs_id;
	return share(r, t, ids);
}

static int read_fs(struct restore *r, struct restore_task *t)
{
	int ret = image_read_one(&r->set, IMAGE_FS, t->pid, &fs_entry__descriptor, &t->fs);

	if (ret == -ENOENT)
		return log_bad_image("fs-%d.img is missing", t->pid);
	return ret < 0 ? plan_bad(r, ret) : 0;
}

static int read_task(struct restore *r, struct restore_task *t, const TaskKobjIdsEntry *host)
{
	char image[IMAGE_NAME_SIZE];
	CoreEntry *core;
	int ret;

	ret = read_core(r, t->pid, &core);
	if (ret < 0)
		return ret;
	image_name(IMAGE_CORE, t->pid, image);
	if (!core->tc)
		return log_bad_image("%s: is not of a task's main thread", image);
	t->thread[0].core = core;
	switch (core->tc->task_state) {
	case TASK_DEAD:
		t->zombie = true;
		t->n_threads = 0;
		return core->tc->zombie_creds ? creds_check(core->tc->zombie_creds, image) : 0;
	case TASK_ALIVE:
	case TASK_STOPPED:
		break;
	default:
		return log_bad_image("%s: task state %u", image, core->tc->task_state);
	}
	if (t->n_threads == 0 || t->thread[0].tid != t->pid)
		return log_bad_image("pstree.img: task %d is not its own first thread", t->pid);
	r->n_live++;
	ret = check_threads(r, t);
	if (ret == 0)
		ret = check_task(core->tc, image);
	if (ret == 0)
		ret = read_ids(r, t, host);
	return ret < 0 ? ret : read_fs(r, t);
}

int plan_tasks(struct restore *r)
{
	int ret;

	if (r->set.inventory->img_version != IMG_VERSION)
		return log_bad_image("inventory.img: image version %u, we know %d",
				     r->set.inventory->img_version, IMG_VERSION);
	ret = read_tree(r);
	for_each_restore_task(t, r) {
		if (ret < 0)
			return ret;
		ret = read_task(r, t, r->set.inventory->root_ids);
	}
	if (ret == 0 && r->root->zombie)
		return log_bad_image("pstree.img: the root is a zombie");
	return ret;
}
