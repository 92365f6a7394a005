// SPDX-License-Identifier: GPL-2.0-only
/* Terminals that are there already: they are opened, or given. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
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

int tty_set_size(int fd, const WinsizeEntry *e, const char *who)
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

/* What a serial line forgets when nobody has it open; a console's size is the screen's. */
static int set_line(const struct plan_tty *t, int fd, const char *who)
{
	const WinsizeEntry *e = t->img->winsize;
	struct winsize now;
	int r = 0;

	if (t->img->type != TTY_TYPE__SERIAL)
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &now) < 0)
		return log_err(-errno, "%s: window size", who);
	if (e && (now.ws_row != e->ws_row || now.ws_col != e->ws_col ||
		  now.ws_xpixel != e->ws_xpixel || now.ws_ypixel != e->ws_ypixel))
		r = tty_set_size(fd, e, who);
	if (r == 0 && t->img->exclusive && ioctl(fd, TIOCEXCL) < 0)
		r = log_err(-errno, "%s: exclusive mode", who);
	return r;
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
	if (!size.ws_row && !size.ws_col && tty_set_size(t->fd, e, who) < 0)
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
	for_each_tty_file(f, t) {
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
	ret = set_modes(t, t->fd, who);
	return ret < 0 ? ret : set_line(t, t->fd, who);
}

int tty_make_others(struct restore *r)
{
	struct plan_tty *t, *next;
	int ret = 0;

	HASH_ITER(hh, planned.ttys, t, next)
		if (ret == 0 && t->kind != TTY_CURRENT && (t->external || !t->pty))
			ret = make_other(r, t);
	return ret;
}

/* ---- /dev/tty ---- */

/* A slave that is going to be hung up. */
static int doomed_slave(void)
{
	struct plan_pty *p, *next;

	HASH_ITER(hh, planned.ptys, p, next)
		if (p->hung && !p->master)
			for_each_tty_file(f, p->hung)
				if (f->file->main_fd >= 0)
					return f->file->main_fd;
	return -EBADF;
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
		for_each_tty_file(f, t)
			if (r == 0 && f->file->owner)
				r = open_current(t, f);
	}
	return r;
}

/* A descriptor that a child which shares the table puts another file in the place of. */
static int reserve(struct plan_tty *t, unsigned int *n)
{
	for_each_tty_file(f, t) {
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

int tty_make_currents(void)
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
