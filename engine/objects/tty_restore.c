// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making terminals. All is done by main before the fork: a session's leader must have its
 * controlling terminal before it forks those who inherit it, and nothing that happens to a terminal
 * here can send a signal to a task that does not exist.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
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

/* Where the image tells of no master the instance is that of a slave. */
static int make_master(struct plan_pty *p)
{
	const struct plan_tty_file *f = p->master ? p->master->files : NULL;
	const struct plan_tty_file *slave = p->hung ? p->hung->files : NULL;
	_cleanup_free_ char *beside = NULL;
	const char *path = "/dev/ptmx";
	unsigned int flags = O_RDWR;

	while (f && !f->file->owner)
		f = f->next;
	if (f && f->reg)
		path = f->reg->name;
	if (f)
		flags = f->file->flags;
	if (!p->master && slave && slave->reg) {
		const char *name = slave->reg->name, *end = strrchr(name, '/');

		if (asprintf(&beside, "%.*s/ptmx", (int)(end - name), name) < 0)
			return -ENOMEM;
		if (access(beside, F_OK) == 0)
			path = beside;
	}
	p->master_fd = open_master(p, path, flags);
	if (p->master_fd < 0 || !f)
		return MIN(p->master_fd, 0);
	/* One of them goes when all tasks have it. */
	f->file->main_fd = never_opened(p) ? fcntl(p->master_fd, F_DUPFD_CLOEXEC, 0) : p->master_fd;
	return f->file->main_fd < 0 ? log_err(-errno, "%s", p->who) : 0;
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
	for_each_tty_file(f, t) if (ret == 0 && f->file->owner)
	{
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
	for_each_tty_file(f, p->hung) if (f->file->owner) return ioctl(f->file->main_fd,
								       TIOCVHANGUP) < 0
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

static int set_size(int fd, const WinsizeEntry *e, const char *who)
{
	struct winsize size;

	if (!e)
		return 0;
	size = (struct winsize){ .ws_row = e->ws_row,
				 .ws_col = e->ws_col,
				 .ws_xpixel = e->ws_xpixel,
				 .ws_ypixel = e->ws_ypixel };
	return ioctl(fd, TIOCSWINSZ, &size) < 0 ? log_err(-errno, "%s: window size", who) : 0;
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
		ret = set_size(p->slave_fd, p->master->img->winsize, p->who);
	if (ret == 0)
		ret = fill(p);
	if (ret == 0)
		ret = open_slaves(p, p->slave);
	if (ret == 0)
		ret = make_exclusive(p);
	return ret < 0 || !p->master->img->locked ? ret : set_lock(p, 1);
}

/* ---- terminals that are there already ---- */

static int set_modes(const struct plan_tty *t, int fd, const char *who)
{
	struct termios2 now, set;
	struct termios locked;

	if (!t->img->termios)
		return 0;
	tty_modes_of(t->img, &set, &locked);
	if (ioctl(fd, TCGETS2, &now) < 0)
		return log_err(-errno, "%s: terminal modes", who);
	/* It may be used by others: nothing is done that need not be. */
	if (memcmp(now.c_cc, set.c_cc, sizeof(now.c_cc)) == 0 && now.c_iflag == set.c_iflag &&
	    now.c_oflag == set.c_oflag && now.c_cflag == set.c_cflag && now.c_lflag == set.c_lflag)
		return 0;
	return ioctl(fd, TCSETS2, &set) < 0 ? log_err(-errno, "%s: terminal modes", who) : 0;
}

/* By its node, which may be one that main made anew. */
static int open_node(struct restore *r, struct plan_tty *t, const struct plan_tty_file *f)
{
	struct restore_file *reg = restore_file_by_id(r, f->file->fe->tty->regf_id);
	struct stat st;
	int fd = regfile_open(r, reg);

	if (fd < 0)
		return fd;
	f->file->main_fd = fd;
	if (fstat(fd, &st) < 0)
		return log_err(-errno, "%s", f->reg->name);
	if (st.st_rdev != t->img->rdev)
		return log_err(-ENXIO, "%s is another device now", f->reg->name);
	return 0;
}

static int open_given(struct restore *r, struct plan_tty *t, const struct plan_tty_file *f)
{
	char key[TTY_KEY_SIZE], link[FD_LINK_SIZE];
	int fd = STDIN_FILENO;
	struct stat st;

	if (t->img->type == TTY_TYPE__EXT_TTY) {
		tty_key(t->img->rdev, t->img->dev, key);
		fd = options_inherited(r->opts, key);
		if (fd < 0)
			return log_refuse("%s stayed outside: --inherit-fd fd[N]:%s is to give "
					  "another",
					  key, key);
	}
	if (fstat(fd, &st) < 0 || !isatty(fd))
		return log_err(-ENOTTY, "descriptor %d", fd);
	/* An open file of its own, with its own flags; of a master there can only be one. */
	if (tty_kind_of(st.st_rdev) == TTY_MASTER)
		f->file->main_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	else
		f->file->main_fd = open(fd_link(fd, link), regfile_open_flags(f->file->flags));
	return f->file->main_fd < 0 ? log_err(-errno, "open descriptor %d once more", fd) : 0;
}

/* Modes are the job's own; the size is that of the window it now has, if it has any. */
static int fit_job(struct restore *r, const struct plan_tty *t, const char *who)
{
	const WinsizeEntry *e = t->img->winsize;
	struct termios locked;
	struct termios2 set;
	struct winsize size;

	if (ioctl(t->fd, TIOCGWINSZ, &size) < 0)
		return log_err(-errno, "%s: window size", who);
	if (!size.ws_row && !size.ws_col && set_size(t->fd, e, who) < 0)
		return -EIO;
	r->job_resized = e && (size.ws_row || size.ws_col) &&
			 (e->ws_row != size.ws_row || e->ws_col != size.ws_col ||
			  e->ws_xpixel != size.ws_xpixel || e->ws_ypixel != size.ws_ypixel);
	tty_modes_of(t->img, &set, &locked);
	return job_modes(r, &set);
}

static int make_other(struct restore *r, struct plan_tty *t)
{
	char who[32];
	int ret = 0;

	snprintf(who, sizeof(who), "terminal %u", t->id);
	for_each_tty_file(f, t)
	{
		if (!f->file->owner)
			continue;
		ret = t->external ? open_given(r, t, f) : open_node(r, t, f);
		if (ret < 0)
			return ret;
		t->fd = f->file->main_fd;
	}
	if (t->fd < 0)
		return 0;
	if (t->external && t->img->type == TTY_TYPE__PTY)
		return fit_job(r, t, who);
	return set_modes(t, t->fd, who);
}

/* ---- /dev/tty ---- */

/* A slave that is going to be hung up. */
static int doomed_slave(void)
{
	struct plan_pty *p, *next;

	HASH_ITER(hh, planned.ptys, p, next)
		if (p->hung && !p->master)
			for_each_tty_file(f, p->hung) if (f->file->main_fd >=
							  0) return f->file->main_fd;
	return -EBADF;
}

static void end_masters(void)
{
	struct plan_pty *p, *next;

	HASH_ITER(hh, planned.ptys, p, next)
		if (!p->master)
			cleanup_close(&p->master_fd);
}

/* To be opened by a process that has the terminal for its own. */
static int open_current(const struct plan_tty *t, const struct plan_tty_file *f)
{
	int terminal = t->terminal ? t->terminal->fd : -EBADF, master = -EBADF, zero = 0, fd, r = 0;

	/* Which one it was nobody can tell: one that is there will do. */
	if (t->hung_up)
		terminal = doomed_slave();
	if (t->hung_up && terminal < 0) {
		master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (master >= 0 && ioctl(master, TIOCSPTLCK, &zero) == 0)
			terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	}
	if (terminal < 0 || ioctl(terminal, TIOCSCTTY, 0) < 0)
		r = -errno;
	fd = r < 0 ? r : open(f->reg->name, regfile_open_flags(f->file->flags));
	if (r == 0 && (fd < 0 || dup3(fd, f->file->main_fd, O_CLOEXEC) < 0))
		r = -errno;
	if (fd >= 0)
		close(fd);
	if (master >= 0) {
		close(master);
		cleanup_close(&terminal);
	} else if (r == 0 && ioctl(terminal, TIOCNOTTY) < 0) {
		r = -errno;
	}
	return r;
}

static int open_currents_in_child(void)
{
	struct plan_tty *t, *next;
	int r = 0;

	/* Giving a terminal up hangs up on its foreground: that is us. */
	signal(SIGHUP, SIG_IGN);
	if (setsid() < 0)
		return -errno;
	HASH_ITER(hh, planned.ttys, t, next) {
		if (t->kind != TTY_CURRENT || t->external || (!t->hung_up && !t->terminal))
			continue;
		for_each_tty_file(f, t) if (r == 0 && f->file->owner) r = open_current(t, f);
	}
	return r;
}

/* A descriptor that a child which shares the table puts another file in the place of. */
static int reserve(struct plan_tty *t, unsigned int *n)
{
	for_each_tty_file(f, t)
	{
		if (!f->file->owner)
			continue;
		if (!t->hung_up && !t->terminal)
			f->file->main_fd = open(f->reg->name, regfile_open_flags(f->file->flags));
		else
			f->file->main_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (f->file->main_fd < 0)
			return log_err(-errno, "%s", f->reg->name);
		*n += t->hung_up || t->terminal;
	}
	return 0;
}

static int make_currents(void)
{
	struct plan_tty *t, *next;
	unsigned int n = 0;
	int status, ret = 0;
	pid_t pid;

	HASH_ITER(hh, planned.ttys, t, next)
		if (ret == 0 && t->kind == TTY_CURRENT && !t->external)
			ret = reserve(t, &n);
	if (ret < 0 || n == 0)
		return ret;
	pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		_exit(-open_currents_in_child());
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return log_err(-errno, "/dev/tty: fork");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return log_err(WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO,
			       "open /dev/tty for whom it stands for the right terminal");
	return 0;
}

/* ---- sessions ---- */

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
	struct plan_pty *p, *next_pty;
	struct plan_tty *t, *next;
	int ret = planned.job ? job_open(r) : 0;

	HASH_ITER(hh, planned.ptys, p, next_pty)
		if (ret == 0)
			ret = make_pty(p);
	drop_surplus();
	HASH_ITER(hh, planned.ttys, t, next)
		if (ret == 0 && t->kind != TTY_CURRENT && (t->external || !t->pty))
			ret = make_other(r, t);
	if (ret == 0)
		ret = make_currents();
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
