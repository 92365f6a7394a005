// SPDX-License-Identifier: GPL-2.0-only
/*
 * A datagram socket is told of one thing only before it asks: that the other end of its connection has
 * gone to somebody else, and what it had sent there is lost (ECONNRESET). Whoever sends or receives
 * takes the error, or asks for it; so it is made before anything else is done with the socket, and
 * nothing that it has sent may be left to send again.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "unix.h"

int unix_error_dump(const struct unix_seen *s, UnixSkEntry *img)
{
	if (img->type == SOCK_DGRAM && img->outq)
		return log_refuse("%s: an error is pending on it, and what it has sent waits: that "
				  "could be sent again only by taking the error",
				  s->who);
	img->has_error = true;
	/* A connection's peer was closed with something left to read. */
	img->error = ECONNRESET;
	return 0;
}

int unix_error_dump_both(const struct unix_seen *s, const struct unix_seen *peer)
{
	if (s->img->type == SOCK_DGRAM && s->img->error && peer->img->error)
		return log_refuse(
			"%s: an error is pending on it and on its peer: not supported yet", s->who);
	return 0;
}

int unix_error_check(const UnixSkEntry *img, const char *what)
{
	if (!img->error)
		return 0;
	if (img->error != ECONNRESET || (img->type == SOCK_DGRAM && img->outq))
		return log_bad_image("%s: error %u is pending", what, img->error);
	return 0;
}

bool unix_error_pending(const struct unix_sk *u)
{
	return u->img->error && !unix_sk_connects(u);
}

int unix_error_plan(const struct unix_sk *u)
{
	const struct unix_sk *m = u->mate;
	bool by_name = !m || (m->peer == u && !m->dead);

	if (!unix_error_pending(u))
		return 0;
	if ((by_name && !u->img->name.len) || (m && unix_error_pending(m)))
		return log_bad_image("files.img: %s: nobody can have left it", unix_sk_name(u));
	return 0;
}

/* Both are connected to each other, and nobody has sent anything: `other` leaves with something unread. */
static int leave(int fd, int other)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	if (send(fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ||
	    connect(other, &nobody, sizeof(nobody)) < 0)
		return -errno;
	return 0;
}

int unix_error_of_pair(const struct unix_sk *u, int fd, int mate)
{
	int r = leave(fd, mate);

	return r < 0 ? log_err(r, "%s: its pending error", unix_sk_name(u)) : 0;
}

/* By its name, which it is bound to, and one that the kernel chooses. */
static int connect_both(const struct unix_sk *u, int fd, int other)
{
	const struct sockaddr any = { .sa_family = AF_UNIX };
	_cleanup_unix_way_ struct unix_way way = { .file = -EBADF };
	struct un_addr a = { .len = sizeof(a.un) };
	int r = unix_way_to(fd, &u->img->name, &way);

	if (r < 0)
		return r;
	if (bind(other, &any, sizeof(any.sa_family)) < 0 ||
	    getsockname(other, (struct sockaddr *)&a.un, &a.len) < 0 ||
	    connect(fd, (struct sockaddr *)&a.un, a.len) < 0 ||
	    connect(other, (struct sockaddr *)&way.addr.un, way.addr.len) < 0)
		return -errno;
	return 0;
}

int unix_error_of_one(const struct unix_sk *u, int fd)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	_cleanup_close_ int other = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r = other < 0 ? -errno : connect_both(u, fd, other);

	if (r == 0)
		r = leave(fd, other);
	if (r == 0 && connect(fd, &nobody, sizeof(nobody)) < 0)
		r = -errno;
	return r < 0 ? log_err(r, "%s: its pending error", unix_sk_name(u)) : 0;
}
