// SPDX-License-Identifier: GPL-2.0-only
/*
 * What both ends of a pty share, looked at through its master and a slave of our own. Whatever is
 * changed for that is put back before the next pty.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "tty_dump.h"

static bool hung_up(int fd)
{
	struct pollfd pfd = { .fd = fd };

	return poll(&pfd, 1, 0) > 0 && pfd.revents & POLLHUP;
}

static int set_lock(const struct pty *p, int locked)
{
	return ioctl(p->master, TIOCSPTLCK, &locked) < 0 ? log_err(-errno, "%s: lock", p->who) : 0;
}

static int open_peer(const struct pty *p)
{
	return tty_open_peer(p->master, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

/* The kernel keeps the number by which O_ASYNC was set, for the signal to tell: the task's. */
static int set_async_as(int copy, int fd, int flags)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit((fd >= 0 && dup2(copy, fd) < 0) ||
		      fcntl(fd >= 0 ? fd : copy, F_SETFL, flags) < 0);
	return pid < 0 || waitpid(pid, &status, 0) < 0 || status ? -1 : 0;
}

/* Open files that send signals would tell their owners of what is only us. */
static int set_async(const struct pty *p, bool on)
{
	for (unsigned int i = 0; i < p->n_async; i++) {
		int copy = p->async[i].copy, flags = fcntl(copy, F_GETFL);
		int r = flags < 0 ? flags
			: on      ? set_async_as(copy, p->async[i].fd, flags | O_ASYNC)
				  : fcntl(copy, F_SETFL, flags & ~O_ASYNC);

		if (r < 0)
			return log_err(-errno, "%s: signals by its open files", p->who);
	}
	return 0;
}

static int dump_modes(struct dump *d, struct pty *p, int slave)
{
	TtyInfoEntry *m = p->master_info;
	TtyPairEntry *pair = m->pair;
	int discipline, packets, exclusive, r;
	struct stat node;

	if (fstat(slave, &node) < 0)
		return log_err(-errno, "%s: its node", p->who);
	if (node.st_dev != p->key.dev)
		return log_refuse("%s: its devpts instance cannot be found by the path of the "
				  "master",
				  p->who);
	r = tty_modes_dump(&d->arena, slave, p->who, m);
	if (r < 0)
		return r;
	pair->has_exclusive = true;
	pair->exclusive = m->exclusive;
	pair->has_uid = pair->has_gid = pair->has_mode = true;
	pair->uid = node.st_uid;
	pair->gid = node.st_gid;
	pair->mode = node.st_mode & 07777;
	if (ioctl(p->master, TIOCGETD, &discipline) < 0 ||
	    ioctl(p->master, TIOCGPKT, &packets) < 0 || ioctl(p->master, TIOCGEXCL, &exclusive) < 0)
		return log_err(-errno, "%s: modes of the master", p->who);
	if (discipline != 0)
		return log_refuse("%s: line discipline %d of the master: not supported", p->who,
				  discipline);
	m->packet_mode = packets;
	m->exclusive = exclusive;
	return 0;
}

/* Takes out what is under way, notes it and puts it back. */
static int dump_queue(struct pty *p, int slave)
{
	TtyPairEntry *pair = p->master_info->pair;
	struct tty_queue *q = &p->queue;
	struct tty_now now = {};
	struct tty_ends ends = {
		.master = p->master,
		.slave = slave,
		.packets = p->master_info->packet_mode,
		.frozen = true,
		.now = &now,
		.who = p->who,
	};
	int r, err;

	tty_modes_of(p->master_info, &ends.set, &ends.locked);
	now = (struct tty_now){ .known = true, .modes = ends.set, .locked = true };
	r = set_async(p, false);
	if (r == 0) {
		r = tty_queue_take(&ends, q);
		err = tty_queue_put(&ends, q);
		r = r < 0 ? r : err;
	}
	err = set_async(p, true);
	if (r == 0)
		r = err < 0 ? err : tty_queue_check(&ends, q);
	pair->has_output = q->output_flow != TTY_PAIR_ENTRY__FLOW__FLOWS;
	pair->output = q->output_flow;
	pair->has_input = q->input_flow != TTY_PAIR_ENTRY__FLOW__FLOWS;
	pair->input = q->input_flow;
	pair->has_packet_status = q->packet_status;
	pair->packet_status = q->packet_status;
	pair->has_column = q->column;
	pair->column = q->column;
	return r;
}

/* The only slave there ever was has been ours, and now the master reads an error. */
static int never_opened(const struct pty *p)
{
	int slave = open_peer(p), r = slave;

	if (slave >= 0)
		r = tty_close_unnoticed(p->master, slave, false);
	return r < 0 ? log_err(r, "%s: its slave was never open, and now is taken for closed",
			       p->who)
		     : 0;
}

static int dump_unlocked(struct dump *d, struct pty *p)
{
	bool held = p->slave_info || p->hung_info || p->current, gone = hung_up(p->master);
	int slave = open_peer(p), r;

	if (slave < 0)
		return log_err(slave, "%s: open its slave", p->who);
	r = dump_modes(d, p, slave);
	if (r == 0)
		r = dump_queue(p, slave);
	close(slave);
	p->master_info->pair->has_slave_gone = p->master_info->pair->slave_gone = gone;
	if (gone || held)
		return r;
	if (hung_up(p->master)) {
		int err = never_opened(p);

		return r < 0 ? r : err;
	}
	return r < 0 ? r : log_refuse("%s: its slave is held outside the tree", p->who);
}

static int with_index(struct dump *d, const struct pty *p, TtyInfoEntry *info)
{
	if (!info)
		return 0;
	info->pty = arena_new(&d->arena, TtyPtyEntry);
	if (!info->pty)
		return -ENOMEM;
	tty_pty_entry__init(info->pty);
	info->pty->index = p->key.index;
	info->has_devpts = p->devpts;
	info->devpts = p->devpts;
	return 0;
}

static int dump_without_master(struct dump *d, struct pty *p)
{
	if (p->hung_info && !p->dead)
		return log_refuse("%s: it was hung up, but its master lives on outside the tree",
				  p->who);
	return p->slave_info ? tty_modes_dump(&d->arena, p->slave, p->who, p->slave_info) : 0;
}

int tty_pair_dump(struct dump *d, struct pty *p)
{
	int locked, r, err;

	r = with_index(d, p, p->master_info);
	if (r == 0)
		r = with_index(d, p, p->slave_info);
	if (r == 0)
		r = with_index(d, p, p->hung_info);
	if (r < 0)
		return r;
	if (p->master < 0)
		return dump_without_master(d, p);
	p->master_info->pair = arena_new(&d->arena, TtyPairEntry);
	if (!p->master_info->pair)
		return -ENOMEM;
	tty_pair_entry__init(p->master_info->pair);
	if (ioctl(p->master, TIOCGPTLCK, &locked) < 0)
		return log_err(-errno, "%s: lock", p->who);
	p->master_info->locked = locked;
	if (!locked)
		return dump_unlocked(d, p);
	r = set_lock(p, 0);
	if (r == 0)
		r = dump_unlocked(d, p);
	err = set_lock(p, 1);
	return r < 0 ? r : err;
}
