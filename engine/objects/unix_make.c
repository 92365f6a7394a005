// SPDX-License-Identifier: GPL-2.0-only
/* Opening unix sockets, in the tasks that are to do it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/restore/assume.h"
#include "engine/restore/stages.h"
#include "unix.h"

#define FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK) /* until everything is in place */

int unix_fd(struct restore *r, const struct unix_sk *u, bool *extra)
{
	*extra = u->f->owner->pid != getpid();
	return *extra ? files_take(r, u->f) : u->f->owner_fd;
}

/* ---- as whoever did it ---- */

static int as_maker(const struct unix_sk *u)
{
	static const uint32_t none;
	const PeerCredEntry *e = u->by;
	struct assumed who = {};

	if (!e)
		return 0;
	who = (struct assumed){ .euid = e->uid,
				.egid = e->gid,
				.groups = e->groups ?: &none,
				.n_groups = e->n_groups };
	return assume(&who);
}

int unix_connect(struct unix_sk *u, int fd, int listener)
{
	_cleanup_unix_way_ struct unix_way way;
	int back, r = unix_way_to(listener, &u->listener->img->name, &way);

	if (r == 0)
		r = as_maker(u);
	if (r == 0 && connect(fd, (struct sockaddr *)&way.addr.un, way.addr.len) < 0)
		r = -errno;
	back = assume_nobody_else();
	if (r == 0)
		r = back;
	return r < 0 ? log_err(r, "%s: connect to %s", unix_sk_name(u), unix_sk_name(u->listener))
		     : 0;
}

int unix_listen(struct unix_sk *u, int fd, int backlog)
{
	int back, r = as_maker(u);

	if (r == 0 && listen(fd, backlog) < 0)
		r = -errno;
	back = assume_nobody_else();
	if (r == 0)
		r = back;
	return r < 0 ? log_err(r, "%s: listen", unix_sk_name(u)) : 0;
}

int unix_shutdown(const struct unix_sk *u, int fd, uint32_t bits)
{
	/* SHUT_RD is one less than RCV_SHUTDOWN, and so on. */
	if (bits && shutdown(fd, (int)bits - 1) < 0)
		return log_err(-errno, "%s: shut it down", unix_sk_name(u));
	return 0;
}

/* ---- one by one ---- */

/* The inode of the socket itself belongs to whoever made it. */
static int put_inode(const struct unix_sk *u, int fd)
{
	const FilePermsEntry *e = u->img->inode;
	uid_t uid = e ? e->uid : 0;
	gid_t gid = e ? e->gid : 0;
	struct stat st;

	if (!e && !u->by)
		return 0;
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_uid != uid || st.st_gid != gid) && fchown(fd, uid, gid) < 0)
		return -errno;
	if (e && (st.st_mode ^ e->mode) & 07777 && fchmod(fd, e->mode & 07777) < 0)
		return -errno;
	return 0;
}

static int finish_new(struct restore *r, struct unix_sk *u, int fd)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	int ret = put_inode(u, fd);

	if (ret == 0 && u->how == UNIX_PAIR && !unix_sk_connects(u) && u->peer != u->mate &&
	    connect(fd, &nobody, sizeof(nobody)) < 0)
		ret = -errno;
	if (ret < 0)
		return log_err(ret, "%s", unix_sk_name(u));
	if (u->img->name.len && u->how != UNIX_ACCEPTED)
		ret = unix_bind(r, fd, u->img, unix_sk_name(u), &u->made);
	if (ret == 0 && u->how == UNIX_ALONE && unix_error_pending(u))
		ret = unix_error_of_one(u, fd);
	/* With room for all that are to wait, however few may now. */
	if (ret == 0 && u->img->state == SK_LISTEN)
		ret = unix_listen(u, fd, MAX(u->img->backlog, u->n_pending));
	return ret;
}

static int make_alone(struct restore *r, struct unix_sk *u)
{
	_cleanup_close_ int fd = socket(AF_UNIX, (int)u->img->type | FLAGS, 0);
	int ret;

	if (fd < 0)
		return log_err(-errno, "%s", unix_sk_name(u));
	ret = finish_new(r, u, fd);
	return ret < 0 ? ret : TAKE_FD(fd);
}

/* What one of a pair has left by, it has come back to. */
static int come_back(const struct unix_sk *u, int fd, const struct unix_sk *to, int at)
{
	_cleanup_unix_way_ struct unix_way way = { .file = -EBADF };
	int r;

	if (u->dead || u->peer != to)
		return 0;
	r = unix_way_to(at, &to->img->name, &way);
	if (r == 0 && connect(fd, (struct sockaddr *)&way.addr.un, way.addr.len) < 0)
		r = -errno;
	return r < 0 ? log_err(r, "%s: connect it to %s", unix_sk_name(u), unix_sk_name(to)) : 0;
}

static int finish_pair(struct restore *r, struct unix_sk *u, int fd)
{
	struct unix_sk *m = u->mate;
	int other = m->f->owner_fd, ret = 0;

	if (unix_error_pending(u))
		ret = unix_error_of_pair(u, fd, other);
	else if (unix_error_pending(m))
		ret = unix_error_of_pair(m, other, fd);
	if (ret == 0)
		ret = finish_new(r, u, fd);
	if (ret == 0)
		ret = finish_new(r, m, other);
	if (ret == 0 && unix_error_pending(u))
		ret = come_back(m, other, u, fd);
	else if (ret == 0 && unix_error_pending(m))
		ret = come_back(u, fd, m, other);
	return ret;
}

/* To the number it has in this task, out of the way of the other one. */
static int place(struct unix_sk *u, int *fd, int *other)
{
	int number = u->f->owner_fd, r = 0;

	if (*other == number) {
		*other = fcntl(number, F_DUPFD_CLOEXEC, 0);
		if (*other < 0)
			return -errno;
	}
	if (*fd != number) {
		if (dup3(*fd, number, O_CLOEXEC) < 0)
			r = -errno;
		close(*fd);
		*fd = -EBADF;
	}
	u->placed = true;
	return r;
}

static int make_pair(struct restore *r, struct unix_sk *u)
{
	_cleanup_close_ int fd = -EBADF, other = -EBADF;
	int pair[2] = { -EBADF, -EBADF }, back, ret;

	ret = as_maker(u);
	if (ret == 0 && socketpair(AF_UNIX, (int)u->img->type | FLAGS, 0, pair) < 0)
		ret = -errno;
	back = assume_nobody_else();
	fd = pair[0];
	other = pair[1];
	if (ret == 0)
		ret = back;
	if (ret == 0)
		ret = place(u->mate, &other, &fd);
	if (ret < 0)
		return log_err(ret, "%s: pair", unix_sk_name(u));
	/* From here on it is the table's. */
	other = -EBADF;
	ret = finish_pair(r, u, fd);
	return ret < 0 ? ret : TAKE_FD(fd);
}

/* One connection at a time, so that the one that is accepted is the one that was made. */
static int make_connection(struct restore *r, struct unix_sk *u)
{
	struct unix_sk *client = u->mate, *listener = client->listener;
	bool extra;
	int at = unix_fd(r, listener, &extra), from = client->f->owner_fd, fd = -EBADF, ret;

	if (at < 0)
		return at;
	stage_lock(r, &listener->lock);
	ret = u->dead || client->dead
		      ? 0
		      : unix_shutdown(client, from,
				      client->img->shutdown & ~unix_sk_swap(u->img->shutdown));
	if (ret == 0)
		ret = unix_connect(client, from, at);
	if (ret == 0) {
		fd = accept4(at, NULL, NULL, FLAGS);
		if (fd < 0)
			ret = log_err(-errno, "%s: accept it", unix_sk_name(u));
	}
	stage_unlock(&listener->lock);
	if (extra)
		close(at);
	if (ret == 0)
		ret = finish_new(r, u, fd);
	if (ret < 0) {
		if (fd >= 0)
			close(fd);
		return ret;
	}
	stage_count(&listener->accepted);
	return fd;
}

int unix_open(struct restore *r, struct restore_file *f)
{
	struct unix_sk *u = f->data;

	if (u->placed)
		return f->owner_fd;
	switch (u->how) {
	case UNIX_PAIR:
		return make_pair(r, u);
	case UNIX_ACCEPTED:
		return make_connection(r, u);
	default:
		return make_alone(r, u);
	}
}
