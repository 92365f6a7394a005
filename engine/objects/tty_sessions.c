// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which terminal controls which session. A master tells whom its slave controls; of other terminals
 * only the tasks know, by number. Sessions whose leader is gone have none.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "tty_dump.h"

/* A session with a controlling terminal. */
struct session {
	pid_t sid;
	uint32_t tty_nr;
	TtyInfoEntry *info;
	uint32_t *without; /* members that have given it up */
	unsigned int n_without;
	UT_hash_handle hh;
};
static struct session *sessions;

/* An open file of /dev/tty, or the terminal of a job that has no other of it. */
struct current {
	uint32_t tty_nr; /* of what it stands for; 0: it was hung up */
	int fd;
	TtyInfoEntry *info;
	const struct pty *pty; /* NULL: no pty of the tree */
	char who[64];
	struct current *next;
};
static struct current *currents, **last = &currents;

static struct session *session_of(pid_t sid)
{
	struct session *s;

	HASH_FIND_INT(sessions, &sid, s);
	return s;
}

static bool led_from_inside(const struct dump *d, pid_t sid)
{
	const struct task *t;

	HASH_FIND_INT(d->tree.by_pid, &sid, t);
	return t;
}

static int add_session(pid_t sid, pid_t pgrp, uint32_t tty_nr, TtyInfoEntry *info, const char *who)
{
	struct session *s = session_of(sid);

	if (s)
		return log_refuse("%s: session %d has two controlling terminals", who, sid);
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->sid = sid;
	s->tty_nr = tty_nr;
	s->info = info;
	info->sid = sid;
	info->pgrp = MAX(pgrp, 0);
	HASH_ADD_INT(sessions, sid, s);
	return 0;
}

static struct current *add_current(struct dump *d, const struct stat *node, const char *who)
{
	struct current *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->fd = -EBADF;
	snprintf(c->who, sizeof(c->who), "%s", who);
	c->info = tty_new_info(d, tty_new_id(), TTY_TYPE__CTTY, node);
	*last = c;
	last = &c->next;
	return c->info ? c : NULL;
}

int tty_sessions_note(const struct fd_view *v, uint32_t *id)
{
	struct current *c = add_current(v->dump, &v->st, fd_view_name(v));

	if (!c)
		return -ENOMEM;
	*id = c->info->id;
	if (ioctl(v->copy, TIOCGDEV, &c->tty_nr) < 0) {
		if (errno != EIO)
			return log_err(-errno, "%s: what /dev/tty stands for", c->who);
		c->tty_nr = 0;
		return 0;
	}
	c->fd = fcntl(v->copy, F_DUPFD_CLOEXEC, 0);
	return c->fd < 0 ? log_err(-errno, "%s", c->who) : 0;
}

/*
 * Of several instances there may be ptys with one number. A lock that nobody can notice while all
 * stand still, set through one and seen through the other, tells that they are the same.
 */
static int same_terminal(const struct pty *p, const struct current *c)
{
	int fd = p->master >= 0 ? p->master : p->slave;
	struct termios was, marked, seen;

	if (ioctl(fd, TIOCGLCKTRMIOS, &was) < 0)
		return -errno;
	marked = was;
	marked.c_line ^= 1;
	if (ioctl(fd, TIOCSLCKTRMIOS, &marked) < 0)
		return -errno;
	if (ioctl(c->fd, TIOCGLCKTRMIOS, &seen) < 0)
		seen.c_line = was.c_line;
	if (ioctl(fd, TIOCSLCKTRMIOS, &was) < 0)
		return -errno;
	return seen.c_line == marked.c_line;
}

int tty_sessions_resolve(struct pty *ptys)
{
	for (struct current *c = currents; c; c = c->next) {
		struct pty *only = NULL;
		unsigned int n = 0;
		int r;

		if (tty_kind_of(c->tty_nr) != TTY_SLAVE)
			continue;
		for (struct pty *p = ptys; p; p = p->hh.next)
			if (!p->dead && p->key.index == tty_index_of(c->tty_nr)) {
				only = p;
				n++;
			}
		for (struct pty *p = ptys; n > 1 && p; p = p->hh.next) {
			if (p->dead || p->key.index != tty_index_of(c->tty_nr))
				continue;
			r = same_terminal(p, c);
			if (r < 0)
				return log_err(r, "%s: what /dev/tty stands for", c->who);
			only = r > 0 ? p : only;
		}
		if (only)
			only->current = true;
		c->pty = only;
	}
	return 0;
}

/* The terminal a job was started from. It is not made, but the job's own at restore. */
static int session_of_job(struct dump *d, struct pty *p)
{
	const struct proc_stat *root = &d->tree.root->stat;
	uint32_t rdev = p->slave_info->rdev;
	char key[TTY_KEY_SIZE];

	tty_key(rdev, p->slave_info->dev, key);
	if (!d->opts->shell_job || led_from_inside(d, root->sid))
		return log_refuse("%s: its master is held outside the tree (--shell-job, or "
				  "--external %s)",
				  p->who, key);
	if (root->tty_nr != rdev)
		return log_refuse("%s: its master is held outside the tree, and it is not the "
				  "terminal of the job (--external %s)",
				  p->who, key);
	return add_session(root->sid, root->tpgid, rdev, p->slave_info, p->who);
}

int tty_sessions_of_pty(struct dump *d, struct pty *p)
{
	pid_t sid, pgrp;

	if (p->master < 0)
		return p->slave_info ? session_of_job(d, p) : 0;
	if (ioctl(p->master, TIOCGSID, &sid) < 0)
		return errno == ENOTTY ? 0 : log_err(-errno, "%s: its session", p->who);
	if (ioctl(p->master, TIOCGPGRP, &pgrp) < 0)
		return log_err(-errno, "%s: its foreground process group", p->who);
	if (!led_from_inside(d, sid))
		return log_refuse("%s: it controls session %d, which is led from outside the tree",
				  p->who, sid);
	return add_session(sid, pgrp, makedev(136, p->key.index), p->master_info, p->who);
}

/* A terminal that no pty of the tree has told of. */
static int find_terminal(struct dump *d, struct task *t, struct other_tty *others)
{
	uint32_t nr = t->stat.tty_nr, real;
	struct current *c;
	struct stat node;

	for (struct other_tty *o = others; o; o = o->hh.next)
		if (ioctl(o->fd, TIOCGDEV, &real) == 0 && real == nr)
			return add_session(t->stat.sid, t->stat.tpgid, nr, o->info, o->who);
	if (!d->opts->shell_job || t->stat.sid != d->tree.root->stat.sid ||
	    led_from_inside(d, t->stat.sid))
		return log_refuse("task %d: its controlling terminal (%u:%u) is outside the tree",
				  t->pid, major(nr), minor(nr));
	/* The job has it by name only. */
	if (stat("/dev/tty", &node) < 0)
		return log_err(-errno, "/dev/tty");
	c = add_current(d, &node, "the job's terminal");
	if (!c)
		return -ENOMEM;
	c->tty_nr = nr;
	return add_session(t->stat.sid, t->stat.tpgid, nr, c->info, c->who);
}

static int add_without(struct session *s, pid_t pid)
{
	uint32_t *more = realloc(s->without, (s->n_without + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	s->without = more;
	more[s->n_without++] = pid;
	s->info->without = more;
	s->info->n_without = s->n_without;
	return 0;
}

static int compare_task(const struct task *t)
{
	struct session *s = session_of(t->stat.sid);

	if (!s || t->stat.tty_nr == s->tty_nr)
		return 0;
	if (t->stat.tty_nr || t->pid == s->sid)
		return log_refuse("task %d: session %d has another controlling terminal", t->pid,
				  s->sid);
	return add_without(s, t->pid);
}

static int dump_current(const struct dump *d, struct current *c)
{
	const struct pty *p = c->pty;
	const TtyInfoEntry *of = p ? p->master_info ?: p->slave_info : NULL;

	for (struct session *s = sessions; !of && s; s = s->hh.next)
		if (c->tty_nr && s->tty_nr == c->tty_nr &&
		    (s->info->type != TTY_TYPE__PTY || !led_from_inside(d, s->sid)))
			of = s->info;
	if (c->tty_nr && !of)
		return log_refuse("%s: it stands for a terminal (%u:%u) outside the tree", c->who,
				  major(c->tty_nr), minor(c->tty_nr));
	if (!of || of == c->info)
		return 0;
	c->info->has_terminal = true;
	c->info->terminal = of->id;
	c->info->sid = of->sid;
	c->info->pgrp = of->pgrp;
	c->info->termios = of->termios;
	c->info->termios_locked = of->termios_locked;
	c->info->winsize = of->winsize;
	return 0;
}

int tty_sessions_dump(struct dump *d, struct other_tty *others)
{
	int r = 0;

	for_each_task(t, &d->tree)
		if (r == 0 && !t->zombie && t->stat.tty_nr && !session_of(t->stat.sid))
			r = find_terminal(d, t, others);
	for_each_task(t, &d->tree)
		if (r == 0 && !t->zombie)
			r = compare_task(t);
	for (struct current *c = currents; r == 0 && c; c = c->next)
		r = dump_current(d, c);
	return r;
}

bool tty_sessions_any(void)
{
	return currents;
}

int tty_sessions_write(struct image_out *out)
{
	int r = 0;

	for (struct current *c = currents; r == 0 && c; c = c->next)
		r = image_put(out, &c->info->base);
	return r;
}

void tty_sessions_forget(void)
{
	struct session *s, *next;

	HASH_ITER(hh, sessions, s, next) {
		HASH_DEL(sessions, s);
		free(s->without);
		free(s);
	}
	while (currents) {
		struct current *c = currents;

		currents = c->next;
		cleanup_close(&c->fd);
		free(c);
	}
	last = &currents;
}
