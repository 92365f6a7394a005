// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making terminals. All is done by main before the fork: a session's leader must have its
 * controlling terminal before it forks those who inherit it, and nothing that happens to a terminal
 * here can send a signal to a task that does not exist.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/restore/job.h"
#include "regfile.h"
#include "tty_plan.h"

#define OWN (O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)

/* ---- masters ---- */

/* Ptys that are only open until the one with the right number comes. */
static struct {
	int *fd;
	unsigned int n, cap;
	uint32_t devpts;
} surplus;

static void drop_surplus(void)
{
	for (unsigned int i = 0; i < surplus.n; i++)
		close(surplus.fd[i]);
	surplus.n = 0;
}

static int keep_surplus(int fd)
{
	if (surplus.n == surplus.cap) {
		unsigned int cap = MAX(surplus.cap * 2, 64U);
		int *more = realloc(surplus.fd, cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		surplus.fd = more;
		surplus.cap = cap;
	}
	surplus.fd[surplus.n++] = fd;
	return 0;
}

/* The kernel gives out the lowest number that is free; ours rise. */
static int open_master(const struct plan_pty *p, const char *path, unsigned int flags)
{
	unsigned int index;
	int fd;

	if (surplus.devpts != p->key.devpts)
		drop_surplus();
	surplus.devpts = p->key.devpts;
	for (;;) {
		fd = open(path, regfile_open_flags(flags) | O_NONBLOCK);
		if (fd < 0)
			return log_err(-errno, "%s: %s", p->who, path);
		if (ioctl(fd, TIOCGPTN, &index) < 0) {
			close(fd);
			return log_err(-errno, "%s: %s is no way to make one", p->who, path);
		}
		if (index == p->key.index)
			return fd;
		if (index > p->key.index) {
			close(fd);
			return log_err(-EBUSY, "%s is in use", p->who);
		}
		if (keep_surplus(fd) < 0) {
			close(fd);
			return -ENOMEM;
		}
	}
}

/* Has there ever been a slave? */
static bool never_opened(const struct plan_pty *p)
{
	const TtyInfoEntry *img = p->master ? p->master->img : NULL;

	return img && !p->slave && !p->hung && !p->current && !img->sid &&
	       !(img->pair && img->pair->slave_gone);
}

static const RegFileEntry *path_of(const struct plan_tty *t)
{
	for_each_tty_file(f, t)
		if (f->file->owner && f->reg)
			return f->reg;
	return NULL;
}

/* The way to make one: its own, or that beside a slave. The caller frees it. */
static char *master_path(const struct plan_pty *p)
{
	const RegFileEntry *reg = path_of(p->master),
			   *slave = path_of(p->slave) ?: path_of(p->hung);
	char *path;

	if (reg)
		return strdup(reg->name);
	if (slave) {
		int len = strrchr(slave->name, '/') - slave->name;

		if (asprintf(&path, "%.*s/ptmx", len, slave->name) < 0)
			return NULL;
		if (access(path, F_OK) == 0)
			return path;
		free(path);
	}
	return strdup("/dev/ptmx");
}

static int make_master(struct plan_pty *p)
{
	_cleanup_free_ char *path = master_path(p);
	struct restore_file *file = NULL;

	if (!path)
		return -ENOMEM;
	for_each_tty_file(f, p->master)
		if (f->file->owner)
			file = f->file;
	p->master_fd = open_master(p, path, file ? file->flags : O_RDWR);
	if (p->master_fd < 0 || !file)
		return MIN(p->master_fd, 0);
	/* One of them goes when all tasks have it. */
	file->main_fd = never_opened(p) ? fcntl(p->master_fd, F_DUPFD_CLOEXEC, 0) : p->master_fd;
	return file->main_fd < 0 ? log_err(-errno, "%s", p->who) : 0;
}

/* Both of one instance, or of two, as the numbers in the images have it. */
static int check_instance(const struct plan_pty *p, dev_t dev)
{
	static struct {
		bool known;
		dev_t dev;
	} seen[TTY_MAX_DEVPTS];

	if (!seen[p->key.devpts].known)
		for (unsigned int i = 0; i < TTY_MAX_DEVPTS; i++)
			if (seen[i].known && seen[i].dev == dev)
				return log_err(-EXDEV,
					       "%s: two devpts instances of the images are one now",
					       p->who);
	if (seen[p->key.devpts].known && seen[p->key.devpts].dev != dev)
		return log_err(-EXDEV, "%s: one devpts instance of the images is two now", p->who);
	seen[p->key.devpts].known = true;
	seen[p->key.devpts].dev = dev;
	return 0;
}

/* ---- slaves ---- */

static int set_lock(const struct plan_pty *p, int locked)
{
	return ioctl(p->master_fd, TIOCSPTLCK, &locked) < 0 ? log_err(-errno, "%s: lock", p->who)
							    : 0;
}

static int open_slave(const struct plan_pty *p, const struct plan_tty_file *f,
		      const struct stat *node)
{
	unsigned int flags = regfile_open_flags(f->file->flags);
	struct stat st;
	int fd;

	/* One whose path was not known, or is made up from its number: the kernel does that, too. */
	if (!f->reg) {
		fd = tty_open_peer(p->master_fd, flags);
		return fd < 0 ? log_err(fd, "%s: open its slave", p->who) : fd;
	}
	fd = open(f->reg->name, flags);
	if (fd < 0)
		return log_err(-errno, "%s: %s", p->who, f->reg->name);
	if (fstat(fd, &st) == 0 && st.st_dev == node->st_dev && st.st_ino == node->st_ino)
		return fd;
	close(fd);
	return log_err(-ENXIO, "%s: %s does not lead to it", p->who, f->reg->name);
}

static int open_slaves(const struct plan_pty *p, const struct plan_tty *t)
{
	struct stat node;
	int own, ret = 0;

	if (!t)
		return 0;
	own = tty_open_peer(p->master_fd, OWN);
	if (own < 0)
		return log_err(own, "%s: open its slave", p->who);
	if (fstat(own, &node) < 0)
		ret = log_err(-errno, "%s: its node", p->who);
	for_each_tty_file(f, t)
		if (ret == 0 && f->file->owner) {
			f->file->main_fd = open_slave(p, f, &node);
			ret = MIN(f->file->main_fd, 0);
		}
	close(own);
	return ret;
}

/* Hung up by the end of the master, or by vhangup(2) while that lives. */
static int make_hung_up(struct plan_pty *p)
{
	int ret = open_slaves(p, p->hung);

	if (ret < 0 || !p->hung)
		return ret;
	if (!p->master)
		return 0; /* end_masters() */
	for_each_tty_file(f, p->hung)
		if (f->file->owner)
			return ioctl(f->file->main_fd, TIOCVHANGUP) < 0
				       ? log_err(-errno, "%s: hang it up", p->who)
				       : 0;
	return 0;
}

/* ---- ptys ---- */

static int set_node(const struct plan_pty *p)
{
	const TtyPairEntry *pair = p->master->img->pair;
	const TtyInfoEntry *slave = p->slave ? p->slave->img : NULL;
	const struct plan_tty_file *f = p->slave ? p->slave->files : NULL;
	struct stat st;

	if (fstat(p->slave_fd, &st) < 0)
		return log_err(-errno, "%s: its node", p->who);
	if (pair && pair->has_uid && pair->has_gid) {
		st.st_uid = pair->uid;
		st.st_gid = pair->gid;
	} else if (slave && slave->has_uid && slave->has_gid) {
		st.st_uid = slave->uid;
		st.st_gid = slave->gid;
	}
	if (pair && pair->has_mode)
		st.st_mode = pair->mode;
	else if (f && f->reg && f->reg->has_mode)
		st.st_mode = f->reg->mode;
	/* A new owner may clear bits of the mode. */
	if (fchown(p->slave_fd, st.st_uid, st.st_gid) < 0 ||
	    fchmod(p->slave_fd, st.st_mode & 07777) < 0)
		return log_err(-errno, "%s: owner and mode of its node", p->who);
	return check_instance(p, st.st_dev);
}

static int fill(struct plan_pty *p)
{
	const TtyPairEntry *pair = p->master->img->pair;
	struct tty_now now = {};
	struct tty_ends ends = {
		.master = p->master_fd,
		.slave = p->slave_fd,
		.packets = p->master->img->packet_mode,
		.now = &now,
		.who = p->who,
	};

	if (pair) {
		p->queue.output_flow = pair->output;
		p->queue.input_flow = pair->input;
		p->queue.packet_status = ends.packets ? pair->packet_status : 0;
		p->queue.column = pair->column;
	}
	tty_modes_of(p->master->img, &ends.set, &ends.locked);
	return tty_queue_put(&ends, &p->queue);
}

static int make_exclusive(const struct plan_pty *p)
{
	const TtyPairEntry *pair = p->master->img->pair;
	bool slave = pair ? pair->exclusive : p->slave && p->slave->img->exclusive;

	if ((p->master->img->exclusive && ioctl(p->master_fd, TIOCEXCL) < 0) ||
	    (slave && ioctl(p->slave_fd, TIOCEXCL) < 0))
		return log_err(-errno, "%s: exclusive mode", p->who);
	return 0;
}

static int make_pty(struct plan_pty *p)
{
	int ret;

	if (!p->master && !p->hung)
		return 0;
	ret = make_master(p);
	if (ret == 0)
		ret = set_lock(p, 0);
	if (ret == 0)
		ret = make_hung_up(p);
	if (ret < 0 || !p->master)
		return ret;
	p->slave_fd = tty_open_peer(p->master_fd, OWN);
	if (p->slave_fd < 0)
		return log_err(p->slave_fd, "%s: open its slave", p->who);
	if (p->slave)
		p->slave->fd = p->slave_fd;
	p->master->fd = p->slave_fd;
	ret = set_node(p);
	if (ret == 0)
		ret = tty_set_size(p->slave_fd, p->master->img->winsize, p->who);
	if (ret == 0)
		ret = fill(p);
	if (ret == 0)
		ret = open_slaves(p, p->slave);
	if (ret == 0)
		ret = make_exclusive(p);
	return ret < 0 || !p->master->img->locked ? ret : set_lock(p, 1);
}

/* ---- all ---- */

/* Those whose slaves were to be hung up. */
static void end_masters(void)
{
	struct plan_pty *p, *next;

	HASH_ITER(hh, planned.ptys, p, next)
		if (!p->master)
			cleanup_close(&p->master_fd);
}

/* Whoever is forked finds the descriptor under this number. */
static int give_terminals(struct restore *r)
{
	struct plan_session *s;

	for_each_restore_task(t, r) {
		pid_t sid = r->job && t->sid == getsid(0) ? r->job_sid : t->sid;

		HASH_FIND_INT(planned.sessions, &sid, s);
		if (!s)
			continue;
		t->terminal = s->job ? r->job_terminal : s->tty->fd;
		if (t->terminal < 0)
			return log_err(-ENOTTY, "task %d: no terminal for session %d", t->pid, sid);
	}
	return 0;
}

int tty_prepare(struct restore *r)
{
	struct plan_pty *p, *next;
	int ret = planned.job ? job_open(r) : 0;

	HASH_ITER(hh, planned.ptys, p, next)
		if (ret == 0)
			ret = make_pty(p);
	drop_surplus();
	if (ret == 0)
		ret = tty_make_others(r);
	if (ret == 0)
		ret = tty_make_currents();
	end_masters();
	return ret < 0 ? ret : give_terminals(r);
}

/* Our slave goes; where it was the only one there ever was, the master is not to know. */
static void let_go(const struct plan_pty *p)
{
	if (!never_opened(p)) {
		close(p->slave_fd);
		return;
	}
	if (tty_close_unnoticed(p->master_fd, p->slave_fd, p->master->img->locked) < 0)
		log_warn("%s: its master takes its slave for closed", p->who);
	close(p->master_fd);
}

void tty_finish(struct restore *r, bool ok)
{
	struct plan_pty *p, *next;

	HASH_ITER(hh, planned.ptys, p, next)
		if (p->slave_fd >= 0)
			let_go(p);
}
