// SPDX-License-Identifier: GPL-2.0-only
/*
 * When all unix sockets are open: what waited in their queues is sent once more by those who sent it,
 * datagram sockets connect, connections come to wait at listeners. Each task does so for its own, and
 * all of them one step after the other.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/restore/stages.h"
#include "sk_queue.h"
#include "sockopt.h"
#include "unix.h"

#define MORE_ROOM (1U << 20)

/* ---- queues ---- */

/* The sender of one message after the other is mostly the same. */
struct sender {
	struct unix_sk *u;
	int fd;
	bool extra;
	struct unix_way way; /* to the receiver; none: it is connected */
	bool has_way;
};

static void sender_done(struct sender *s)
{
	if (s->u && s->extra && s->fd >= 0)
		close(s->fd);
	if (s->has_way)
		unix_way_done(&s->way);
	*s = (struct sender){};
}

static int sender_take(struct restore *r, struct sender *s, struct unix_sk *from,
		       const struct unix_sk *to, bool connected)
{
	int ret;

	if (s->u == from)
		return 0;
	sender_done(s);
	s->u = from;
	s->fd = unix_fd(r, from, &s->extra);
	if (s->fd < 0)
		return s->fd;
	if (unix_sk_connects(from) ||
	    (connected ? from->peer == to : from->mate == to && from->peer == to))
		return 0;
	if (!to->img->name.len)
		return log_err(-EDESTADDRREQ, "%s: nothing can be sent to it any more",
			       unix_sk_name(to));
	ret = unix_way_to(to->f->owner_fd, &to->img->name, &s->way);
	if (ret < 0)
		return log_err(ret, "%s: way to it", unix_sk_name(to));
	s->has_way = true;
	return 0;
}

static void close_all(int *fds, unsigned int n)
{
	while (n)
		close(fds[--n]);
	free(fds);
}

static int take_rights(struct restore *r, const struct sk_packet *p, int **ret)
{
	unsigned int n = sk_packet_rights(p);
	int *fds = n ? calloc(n, sizeof(*fds)) : NULL;

	*ret = fds;
	if (n && !fds)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++) {
		fds[i] = files_take(r, sk_packet_right(r, p, i));
		if (fds[i] < 0) {
			int err = fds[i];

			close_all(fds, i);
			return err;
		}
	}
	return 0;
}

static int send_now(const struct sk_packet *p, const struct sender *s, const int *fds, size_t *done)
{
	const struct un_addr *a = s->has_way ? &s->way.addr : NULL;

	return sk_packet_send(p, s->fd, a ? (const struct sockaddr *)&a->un : NULL, a ? a->len : 0,
			      fds, done);
}

/* The sender may have had more room when it sent this, or have it from now on. */
static int send_with_room(const struct sk_packet *p, struct sender *s, const int *fds)
{
	size_t done = 0, before;
	int r = send_now(p, s, fds, &done);

	while (r == -EAGAIN || r == -EMSGSIZE || r == -ENOBUFS) {
		before = done;
		r = sockopt_widen_sndbuf(s->fd, p->e->length + MORE_ROOM);
		if (r < 0)
			return r;
		s->u->widened = 1;
		r = send_now(p, s, fds, &done);
		if (r == -EAGAIN && done == before)
			return r;
	}
	return r;
}

/* Is the mark of an out-of-band byte all that is left of it? */
static int take_oob(const struct unix_sk *u)
{
	char byte;

	return recv(u->f->owner_fd, &byte, 1, MSG_OOB | MSG_DONTWAIT) < 0 ? -errno : 0;
}

/* What a full queue does not take now it will when it is connected to its sender. */
static int fill(struct restore *r, struct unix_sk *u, bool connected)
{
	struct sender s = {};
	int ret = 0;

	while (ret == 0 && u->left) {
		struct sk_packet *p = u->left;
		int *fds = NULL;

		ret = sender_take(r, &s, u->sender[u->n_sent], u, connected);
		if (ret == 0)
			ret = take_rights(r, p, &fds);
		if (ret < 0)
			break;
		ret = send_with_room(p, &s, fds);
		close_all(fds, sk_packet_rights(p));
		if (ret == 0 && p->e->oob_taken)
			ret = take_oob(u);
		if (ret == -EAGAIN && !connected && !unix_sk_connects(u))
			break;
		if (ret < 0)
			log_err(ret, "%s: send it %u bytes from %s", unix_sk_name(u), p->e->length,
				unix_sk_name(s.u));
		u->left = p->next;
		u->n_sent++;
	}
	sender_done(&s);
	return ret == -EAGAIN && !connected ? 0 : ret;
}

static int fill_all(struct restore *r, struct unix_task *t, bool connected)
{
	int ret = 0;

	for (struct unix_sk *u = t->first; ret == 0 && u; u = u->next_of_task)
		ret = fill(r, u, connected);
	return ret;
}

/* ---- connections ---- */

static int way_to_peer(struct restore *r, struct unix_sk *p, struct unix_way *way)
{
	bool extra;
	int fd, ret;

	if (unix_sk_outside(p)) {
		unix_name_addr(p->img->name.data, p->img->name.len, &way->addr);
		return 0;
	}
	fd = unix_fd(r, p, &extra);
	if (fd < 0)
		return fd;
	ret = unix_way_to(fd, &p->img->name, way);
	if (extra)
		close(fd);
	return ret < 0 ? log_err(ret, "%s: way to it", unix_sk_name(p)) : 0;
}

static int reconnect(struct restore *r, struct unix_sk *u)
{
	_cleanup_unix_way_ struct unix_way way = { .file = -EBADF };
	struct unix_sk *p = u->peer;
	int ret;

	stage_await_count(r, &u->connected, u->n_from);
	ret = way_to_peer(r, p, &way);
	if (ret < 0)
		return ret;
	if (connect(u->f->owner_fd, (struct sockaddr *)&way.addr.un, way.addr.len) < 0)
		return log_err(-errno, "%s: connect it to %s, %s", unix_sk_name(u), unix_sk_name(p),
			       unix_name_text(p->img->name.data, p->img->name.len));
	if (unix_sk_precedes(u, p))
		stage_count(&p->connected);
	return 0;
}

/* To wait behind those that were accepted, in the order they came. */
static int come_to_wait(struct restore *r, struct unix_sk *u)
{
	struct unix_sk *l = u->listener;
	bool extra;
	int at, ret;

	stage_await_count(r, &l->accepted, l->n_accepted);
	stage_await_count(r, &l->pending, u->turn);
	at = unix_fd(r, l, &extra);
	if (at < 0)
		return at;
	ret = unix_connect(u, u->f->owner_fd, at);
	if (extra)
		close(at);
	if (ret == 0)
		stage_count(&l->pending);
	return ret;
}

static int connect_all(struct restore *r, struct unix_task *t)
{
	int ret = 0;

	for (struct unix_sk *u = t->first; ret == 0 && u; u = u->next_of_task) {
		if (unix_sk_reconnects(u))
			ret = reconnect(r, u);
		else if (u->how == UNIX_CLIENT && !u->mate)
			ret = come_to_wait(r, u);
	}
	return ret;
}

/* ---- the rest ---- */

/* Its peer is closed, with something unread if that is what it had told. */
static int hang_up(struct restore_task *t, struct unix_sk *u, int fd)
{
	char byte = 0;

	if (u->img->error && unix_sk_connects(u) &&
	    send(fd, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return log_err(-errno, "%s: let its peer have something unread", unix_sk_name(u));
	files_close_lent(t, u->mate->f);
	return 0;
}

static uint32_t to_shut_down(const struct unix_sk *u)
{
	if (!unix_sk_connects(u) || !u->mate)
		return u->img->shutdown;
	/* What one end shuts down the other has shut down as well. */
	return u->mate->dead ? 0 : u->img->shutdown & unix_sk_swap(u->mate->img->shutdown);
}

static int finish(struct restore *r, struct restore_task *t, struct unix_sk *u)
{
	const struct sockopt_new *base = sockopt_new_socket(AF_UNIX, u->img->type, 0);
	int fd = u->f->owner_fd, ret = 0;

	if (!base)
		return -ENOMEM;
	if (u->mate && u->mate->dead)
		ret = hang_up(t, u, fd);
	if (ret == 0)
		ret = unix_shutdown(u, fd, to_shut_down(u));
	if (ret == 0 && u->img->state == SK_LISTEN && u->img->backlog < u->n_pending)
		ret = unix_listen(u, fd, u->img->backlog);
	if (ret == 0 && u->widened)
		ret = sockopt_restore_sndbuf(u->img->opts, fd, unix_sk_name(u));
	return ret < 0 ? ret : sockopt_restore(u->img->opts, base, fd, unix_sk_name(u));
}

static int finish_all(struct restore *r, struct restore_task *task, struct unix_task *t)
{
	int ret = 0;

	for (struct unix_sk *u = t->first; ret == 0 && u; u = u->next_of_task) {
		if (!u->dead)
			ret = finish(r, task, u);
		else if (!u->mate || u->mate->dead)
			files_close_lent(task, u->f);
	}
	return ret;
}

int unix_join(struct restore *r, struct restore_task *task)
{
	unsigned int n = unix_plan ? HASH_COUNT(unix_plan->tasks) : 0;
	struct unix_task *t = NULL;
	int ret;

	if (n)
		HASH_FIND(hh, unix_plan->tasks, &task->pid, sizeof(task->pid), t);
	if (!t)
		return 0;
	ret = fill_all(r, t, false);
	if (ret < 0)
		return ret;
	stage_meet(r, &unix_plan->filled, n);
	ret = connect_all(r, t);
	if (ret < 0)
		return ret;
	stage_meet(r, &unix_plan->connected, n);
	ret = fill_all(r, t, true);
	if (ret < 0)
		return ret;
	stage_meet(r, &unix_plan->refilled, n);
	return finish_all(r, task, t);
}
