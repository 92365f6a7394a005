// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions are only inherited: a task that does not lead its session must be forked by somebody who
 * is in it at that moment. That is its parent, before or after the parent's own setsid(); or the
 * session's leader if that is a sibling, with CLONE_PARENT; or, when the leader is long gone, a
 * helper that takes its pid, leads the session, forks whoever belongs to it, and ends. A process
 * group whose leader is gone takes a helper of the same kind.
 *
 * Orphans have a parent that adopted them from further below: there they are forked, and orphaned
 * once more.
 */
#include <errno.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "plan.h"

static struct restore_task *by_pid(struct restore *r, pid_t pid)
{
	struct restore_task *t;

	HASH_FIND_INT(r->by_pid, &pid, t);
	return t;
}

/* Does it become the parent of an orphan of this task's, if it only wants to? */
static bool can_adopt(const struct restore_task *adopter, const struct restore_task *t)
{
	for (t = t->parent; t && t != adopter; t = t->parent)
		if (t->adopts)
			return false;
	return t && !adopter->zombie;
}

static struct restore_task *new_leader(struct restore *r, pid_t sid, struct restore_task *parent)
{
	struct restore_task *leader = plan_add_helper(r, sid);

	if (leader) {
		leader->sid = leader->pgid = leader->pid;
		leader->parent = leader->forker = parent;
	}
	return leader;
}

static int fork_in_session(struct restore *r, struct restore_task *t, pid_t sid);

/* Is p (NULL: main) in this session at some time, and is that before its own setsid()? */
static int offers(struct restore *r, struct restore_task *p, pid_t sid, bool *before)
{
	int ret;

	*before = false;
	if (!p)
		return sid == getsid(0);
	if (p->sid == sid)
		return true;
	if (p->sid != p->pid)
		return false;
	/* A leader may have been born in any session. */
	if (!p->born_sid) {
		ret = fork_in_session(r, p, sid);
		if (ret < 0 && ret != -ENOTSUP)
			return ret;
		if (ret == 0)
			p->born_sid = sid;
	}
	*before = p->born_sid == sid;
	return *before;
}

/* Who forks t while it is in this session. -ENOTSUP: nobody can. */
static int fork_in_session(struct restore *r, struct restore_task *t, pid_t sid)
{
	struct restore_task *leader;
	bool before;
	int ret = offers(r, t->parent, sid, &before);

	if (ret < 0)
		return ret;
	if (ret) {
		t->forker = t->parent;
		t->before_setsid = before;
		return 0;
	}
	leader = by_pid(r, sid) ?: new_leader(r, sid, t->parent);
	if (!leader)
		return -ENOMEM;
	if (leader == t)
		return -ENOTSUP;
	if (leader->parent != t->parent) {
		if (!can_adopt(t->parent, leader))
			return -ENOTSUP;
		t->bridged = true;
		t->parent->adopts = true;
	}
	t->forker = leader;
	t->before_setsid = false;
	return 0;
}

static int choose_forker(struct restore *r, struct restore_task *t)
{
	int ret;

	t->forker = t->parent;
	if (t->sid == t->pid)
		return 0;
	ret = fork_in_session(r, t, t->sid);
	return ret == -ENOTSUP
		       ? log_refuse("task %d: nobody can fork it in session %d: not supported "
				    "yet",
				    t->pid, t->sid)
		       : ret;
}

static int choose_group(struct restore *r, struct restore_task *t)
{
	struct restore_task *leader = by_pid(r, t->pgid);

	if (!leader) {
		if (r->opts->shell_job && t->pgid == getpgrp())
			return 0;
		leader = plan_add_helper(r, t->pgid);
		if (!leader)
			return -ENOMEM;
		leader->sid = t->sid;
		leader->pgid = leader->pid;
		leader->parent = leader->forker = t;
		/* In the session t will be in. */
		leader->before_setsid = false;
	}
	leader->makes_group = true;
	if (leader->sid != t->sid)
		return log_bad_image(
			"pstree.img: task %d: its process group %d is of another session", t->pid,
			t->pgid);
	return 0;
}

/* What is shared is inherited: from the one that forks it, and that must have it to give. */
static int check_sharing(const struct restore_task *t)
{
	const struct restore_task *f = t->forker;
	bool alive = f && !f->zombie && !f->helper;

	if (t->files_of && !(alive && f->files_id == t->files_id))
		return log_refuse(
			"task %d shares its descriptors with task %d, which is not the one to "
			"fork it: not supported yet",
			t->pid, t->files_of->pid);
	if (t->fs_of && !(alive && f->fs_id == t->fs_id))
		return log_refuse(
			"task %d shares its directories with task %d, which is not the one to "
			"fork it: not supported yet",
			t->pid, t->fs_of->pid);
	return 0;
}

/* What belonged to the session of somebody outside now belongs to the caller's. */
static int adopt_job(struct restore *r)
{
	pid_t sid = r->root->sid, pgid = r->root->pgid;
	bool own_session = by_pid(r, sid), own_group = by_pid(r, pgid);

	if (!r->opts->shell_job)
		return 0;
	r->job = !own_session;
	r->job_sid = sid;
	for_each_restore_task(t, r) {
		if (!own_session && t->sid == sid)
			t->sid = getsid(0);
		if (!own_group && t->pgid == pgid)
			t->pgid = getpgrp();
	}
	return 0;
}

static void link_fork(struct restore *r, struct restore_task *t)
{
	struct restore_task **at = t->forker ? t->forker->last_to_fork : &r->to_fork;

	while (*at)
		at = &(*at)->next_to_fork;
	*at = t;
	if (t->forker)
		t->forker->last_to_fork = &t->next_to_fork;
}

int plan_need_group(struct restore *r, struct restore_task *t, pid_t pgid)
{
	struct restore_task *leader = by_pid(r, pgid);

	if (leader)
		return leader->sid == t->sid
			       ? 0
			       : log_bad_image("pstree.img: process group %d is not of session %d",
					       pgid, t->sid);
	leader = plan_add_helper(r, pgid);
	if (!leader)
		return -ENOMEM;
	leader->sid = t->sid;
	leader->pgid = pgid;
	leader->parent = leader->forker = t;
	link_fork(r, leader);
	return 0;
}

int plan_sessions(struct restore *r)
{
	struct restore_task *t, *next;
	int ret;

	ret = adopt_job(r);
	for_each_restore_task(at, r) {
		if (ret == 0)
			ret = choose_forker(r, at);
	}
	for_each_restore_task(at, r) {
		if (ret == 0)
			ret = choose_group(r, at);
		if (ret == 0)
			ret = check_sharing(at);
	}
	if (ret < 0)
		return ret;
	/* Helpers first: they fork others. The order of children stays that of the images. */
	HASH_ITER(hh, r->by_pid, t, next)
		if (t->helper)
			link_fork(r, t);
	for_each_restore_task(at, r)
		link_fork(r, at);
	return 0;
}

int plan_sessions_of(const struct tree *tree, const struct options *opts, struct arena *arena)
{
	struct restore r = { .opts = opts, .arena = *arena };
	struct restore_task **link = &r.root;
	int ret = 0;

	for_each_task(from, tree) {
		struct restore_task *parent = NULL, *t;

		if (from->parent)
			HASH_FIND_INT(r.by_pid, &from->parent->pid, parent);
		t = plan_add_task(&r, from->pid, parent);
		if (!t) {
			ret = -ENOMEM;
			break;
		}
		t->sid = from->stat.sid;
		t->pgid = from->stat.pgid;
		t->zombie = from->zombie;
		t->files_id = from->files_id;
		t->fs_id = from->fs_id;
		*link = t;
		link = &t->next;
	}
	if (ret == 0)
		ret = plan_sessions(&r);
	HASH_CLEAR(hh, r.by_pid);
	*arena = r.arena;
	return ret;
}
