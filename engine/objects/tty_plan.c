// SPDX-License-Identifier: GPL-2.0-only
/* What the images say of terminals: read, checked, and put together from its parts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/restore/plan.h"
#include "tty_plan.h"

struct tty_plan planned;

/* ---- infos ---- */

static bool known_type(const struct plan_tty *t)
{
	switch (t->img->type) {
	case TTY_TYPE__PTY:
		return t->kind == TTY_MASTER || t->kind == TTY_SLAVE;
	case TTY_TYPE__CTTY:
		return t->kind == TTY_CURRENT;
	case TTY_TYPE__CONSOLE:
		return t->kind == TTY_CONSOLE;
	case TTY_TYPE__VT:
		return t->kind == TTY_VT;
	case TTY_TYPE__SERIAL:
		return t->kind == TTY_SERIAL;
	case TTY_TYPE__EXT_TTY:
		return true;
	default:
		return false;
	}
}

static int check_info(const struct plan_tty *t)
{
	const TtyInfoEntry *img = t->img;

	if (!known_type(t))
		return log_bad_image("tty-info.img: terminal %u: type %d with device %#x", t->id,
				     img->type, img->rdev);
	if (img->type == TTY_TYPE__PTY &&
	    (!img->pty || img->pty->index >= TTY_MAX_INDEX || img->devpts >= TTY_MAX_DEVPTS))
		return log_bad_image("tty-info.img: terminal %u: no number of a pty", t->id);
	if (t->hung_up && img->type != TTY_TYPE__EXT_TTY &&
	    (t->kind != TTY_SLAVE && t->kind != TTY_CURRENT))
		return log_bad_image("tty-info.img: terminal %u: it has no modes", t->id);
	if (img->pair &&
	    (img->pair->output > TTY_PAIR_ENTRY__FLOW__STOPPED_BY_CALL ||
	     img->pair->input > TTY_PAIR_ENTRY__FLOW__STOPPED_BY_CALL ||
	     img->pair->packet_status > 0x7f || img->pair->mode > 07777 || img->pair->column > 8))
		return log_bad_image("tty-info.img: terminal %u: impossible state of a pty", t->id);
	return tty_modes_check(img);
}

static int read_infos(struct restore *r)
{
	static bool done;
	struct image_in in;
	TtyInfoEntry *e;
	int ret;

	if (done)
		return 0;
	done = true;
	ret = image_open(&r->set, IMAGE_TTY_INFO, 0, &in);
	if (ret == -ENOENT)
		return 0;
	while (ret >= 0 && (ret = image_get(&in, &tty_info_entry__descriptor, &e)) > 0) {
		struct plan_tty *t;

		HASH_FIND(hh, planned.ttys, &e->id, sizeof(e->id), t);
		if (t)
			return log_bad_image("tty-info.img: terminal %u comes twice", e->id);
		t = arena_new(&r->arena, struct plan_tty);
		if (!t)
			return -ENOMEM;
		t->id = e->id;
		t->img = e;
		t->kind = tty_kind_of(e->rdev);
		t->external = e->type == TTY_TYPE__EXT_TTY;
		/* Without a node of its own a job's terminal only has a session. */
		t->hung_up = !e->termios && !(e->type == TTY_TYPE__CTTY && e->sid);
		t->last_file = &t->files;
		t->fd = -EBADF;
		HASH_ADD(hh, planned.ttys, id, sizeof(t->id), t);
		ret = check_info(t);
		if (ret < 0)
			return ret;
	}
	return ret < 0 ? plan_bad(r, ret) : 0;
}

/* ---- open files ---- */

int tty_check(struct restore *r, struct restore_file *f)
{
	const TtyFileEntry *img = f->fe->tty;
	struct plan_tty_file *p = arena_new(&r->arena, struct plan_tty_file);
	struct restore_file *reg;
	struct plan_tty *t;
	int ret = read_infos(r);

	if (ret < 0 || !p)
		return ret < 0 ? ret : -ENOMEM;
	if (!img || !img->fown)
		return log_bad_image("files.img: terminal %u has no content", f->id);
	HASH_FIND(hh, planned.ttys, &img->tty_info_id, sizeof(t->id), t);
	if (!t)
		return log_bad_image("files.img: file %u: there is no terminal %u", f->id,
				     img->tty_info_id);
	p->file = f;
	if (img->has_regf_id) {
		reg = restore_file_by_id(r, img->regf_id);
		if (!reg || !reg->fe->reg || !reg->fe->reg->name || reg->fe->reg->name[0] != '/')
			return log_bad_image("files.img: terminal %u: %u is no path", f->id,
					     img->regf_id);
		p->reg = reg->fe->reg;
	} else if (t->kind != TTY_MASTER && t->kind != TTY_SLAVE && !t->external) {
		return log_bad_image("files.img: terminal %u has no path", f->id);
	}
	f->fown = img->fown;
	f->flags = img->flags;
	f->data = t;
	*t->last_file = p;
	t->last_file = &p->next;
	return 0;
}

/* ---- ptys ---- */

static int add_end(struct restore *r, struct plan_tty *t)
{
	struct plan_pty *p, key;
	struct plan_tty **end;

	memset(&key, 0, sizeof(key));
	key.key.devpts = t->img->devpts;
	key.key.index = t->img->pty->index;
	HASH_FIND(hh, planned.ptys, &key.key, sizeof(key.key), p);
	if (!p) {
		p = arena_new(&r->arena, struct plan_pty);
		if (!p)
			return -ENOMEM;
		p->key = key.key;
		p->master_fd = p->slave_fd = -EBADF;
		snprintf(p->who, sizeof(p->who), "pty %u", p->key.index);
		HASH_ADD(hh, planned.ptys, key, sizeof(p->key), p);
	}
	end = t->kind == TTY_MASTER ? &p->master : t->hung_up ? &p->hung : &p->slave;
	if (*end)
		return log_bad_image("tty-info.img: terminals %u and %u are one", (*end)->id,
				     t->id);
	*end = t;
	t->pty = p;
	return 0;
}

static unsigned int count_owned(const struct plan_tty *t)
{
	unsigned int n = 0;

	for_each_tty_file(f, t)
		n += f->file->owner != NULL;
	return n;
}

static int check_pty(const struct restore *r, struct plan_pty *p)
{
	if (p->slave && p->hung && !p->master)
		return log_bad_image("tty-info.img: %s: without a master only a part of its slaves "
				     "is hung up",
				     p->who);
	if (p->master && count_owned(p->master) != 1)
		return log_bad_image("files.img: %s: its master must be open once, not %u times",
				     p->who, count_owned(p->master));
	if (p->master || !p->slave)
		return 0;
	p->slave->external = planned.job = true;
	return r->job ? 0
		      : log_refuse(
				"%s: its master stayed outside: it comes back in the terminal of "
				"the caller (--shell-job)",
				p->who);
}

static int by_number(const struct plan_pty *a, const struct plan_pty *b)
{
	if (a->key.devpts != b->key.devpts)
		return a->key.devpts < b->key.devpts ? -1 : 1;
	return (a->key.index > b->key.index) - (a->key.index < b->key.index);
}

/* ---- sessions ---- */

static struct restore_task *task_of(const struct restore *r, pid_t pid)
{
	struct restore_task *t;

	HASH_FIND_INT(r->by_pid, &pid, t);
	return t && !t->zombie && !t->helper ? t : NULL;
}

static int check_without(const struct restore *r, const struct plan_session *s)
{
	for (size_t i = 0; i < s->tty->img->n_without; i++) {
		struct restore_task *t = task_of(r, s->tty->img->without[i]);

		if (!t || t->sid != (s->job ? getsid(0) : s->sid) || t->pid == s->sid)
			return log_bad_image("tty-info.img: terminal %u: task %u is not of its "
					     "session",
					     s->tty->id, s->tty->img->without[i]);
		t->gives_up_terminal = true;
	}
	return 0;
}

/* The foreground of its terminal is set by the one that leads the session, or the job. */
static int plan_foreground(struct restore *r, const struct plan_session *s)
{
	struct restore_task *by = s->job ? r->root : task_of(r, s->sid), *group;
	pid_t pgrp = s->tty->img->pgrp;

	if (!pgrp)
		return 0;
	/* Of a job: a group that stays outside leaves the terminal to that of the caller. */
	HASH_FIND_INT(r->by_pid, &pgrp, group);
	if (s->job && !group)
		return 0;
	by->foreground = pgrp;
	return plan_need_group(r, by, pgrp);
}

static int plan_session(struct restore *r, struct plan_tty *t)
{
	pid_t sid = t->img->sid;
	struct restore_task *leader = task_of(r, sid);
	struct plan_session *s;
	int ret;

	/* The two ends of a pty tell of one session, and so does each /dev/tty. */
	if (!sid || t->hung_up || (t->kind == TTY_SLAVE && t->pty && t->pty->master) ||
	    (t->kind == TTY_CURRENT && (t->img->has_terminal || leader)))
		return 0;
	HASH_FIND_INT(planned.sessions, &sid, s);
	if (s && t->kind == TTY_CURRENT)
		return 0;
	if (s)
		return log_bad_image("tty-info.img: terminals %u and %u control session %d",
				     s->tty->id, t->id, sid);
	s = arena_new(&r->arena, struct plan_session);
	if (!s)
		return -ENOMEM;
	s->sid = sid;
	s->tty = t;
	s->job = !leader && r->job && sid == r->job_sid;
	if (!s->job && (!leader || leader->sid != sid))
		return log_refuse("tty-info.img: terminal %u controls session %d, whose leader is "
				  "not in the images%s",
				  t->id, sid, r->job ? "" : " (--shell-job)");
	planned.job |= s->job;
	HASH_ADD_INT(planned.sessions, sid, s);
	ret = check_without(r, s);
	return ret < 0 ? ret : plan_foreground(r, s);
}

/* The terminal of a job, which has no name here but /dev/tty. */
static bool is_of_job(const struct plan_tty *t)
{
	return t->kind == TTY_CURRENT || (t->external && t->img->type == TTY_TYPE__PTY);
}

/* What an open /dev/tty stands for. */
static int plan_current(struct plan_tty *t)
{
	struct plan_tty *of = NULL;
	struct plan_session *s;
	pid_t sid = t->img->sid;

	if (t->hung_up)
		return 0;
	HASH_FIND_INT(planned.sessions, &sid, s);
	if (t->img->has_terminal)
		HASH_FIND(hh, planned.ttys, &t->img->terminal, sizeof(of->id), of);
	else if (s)
		of = s->tty;
	if (!of || of->hung_up || (is_of_job(of) && !(s && s->job)))
		return log_bad_image("tty-info.img: terminal %u: /dev/tty of which terminal?",
				     t->id);
	t->terminal = is_of_job(of) ? NULL : of;
	planned.job |= is_of_job(of);
	if (of->pty)
		of->pty->current |= count_owned(t) > 0;
	return 0;
}

/* As criu has it, a job comes back in the terminal of whoever restores it. */
static int check_job(void)
{
	pid_t sid;

	if (!planned.job)
		return 0;
	if (!isatty(STDIN_FILENO))
		return log_refuse("the terminal of a job is that of the caller: standard input "
				  "must be one");
	if (ioctl(STDIN_FILENO, TIOCGSID, &sid) < 0 || sid != getsid(0))
		return log_refuse("the terminal of a job is that of the caller: standard input "
				  "must be our controlling terminal");
	return 0;
}

int tty_plan(struct restore *r)
{
	struct plan_pty *p, *next_pty;
	struct plan_tty *t, *next;
	int ret = read_infos(r);

	HASH_ITER(hh, planned.ttys, t, next)
		if (ret == 0 && t->img->type == TTY_TYPE__PTY)
			ret = add_end(r, t);
	HASH_SORT(planned.ptys, by_number);
	HASH_ITER(hh, planned.ptys, p, next_pty)
		if (ret == 0)
			ret = check_pty(r, p);
	if (ret == 0)
		ret = tty_data_read(r);
	/* /dev/tty only names a session's terminal if nothing else does. */
	HASH_ITER(hh, planned.ttys, t, next)
		if (ret == 0 && t->kind != TTY_CURRENT)
			ret = plan_session(r, t);
	HASH_ITER(hh, planned.ttys, t, next)
		if (ret == 0 && t->kind == TTY_CURRENT)
			ret = plan_session(r, t);
	HASH_ITER(hh, planned.ttys, t, next)
		if (ret == 0 && t->kind == TTY_CURRENT)
			ret = plan_current(t);
	return ret < 0 ? ret : check_job();
}
