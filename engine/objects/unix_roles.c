// SPDX-License-Identifier: GPL-2.0-only
/* What each end of a connection is: one of a pair, who connects, or who is accepted by a listener. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/restore/plan.h"
#include "unix.h"

/* Is this the listener it was accepted from? Others than us do not tell which file it was. */
static bool fits(const UnixSkEntry *l, const UnixSkEntry *img)
{
	if (l->has_file_ino && img->has_file_ino)
		return l->file_ino == img->file_ino && l->file_dev == img->file_dev;
	return l->deleted == img->deleted;
}

static struct unix_sk *listener_of(const struct unix_sk *u)
{
	struct unix_sk *l = unix_plan_named(u->img->type, &u->img->name);

	for (; l; l = l->next_named)
		if (u->dead || fits(l->img, u->img))
			return l;
	return NULL;
}

/* A listener that is gone, or was never there: just to be connected to. */
static int make_listener(struct restore *r, struct unix_sk *accepted, const struct unix_sk *client,
			 struct unix_sk **ret)
{
	struct unix_sk *u = unix_plan_dead(r, accepted->img->type, &accepted->img->name);
	UnixSkEntry *img;

	if (!u)
		return -ENOMEM;
	img = (UnixSkEntry *)u->img;
	img->state = SK_LISTEN;
	img->deleted = accepted->img->deleted;
	img->name_dir = accepted->img->name_dir;
	img->has_path = accepted->img->has_path;
	img->path = accepted->img->path;
	img->n_other_path = accepted->img->n_other_path;
	img->other_path = accepted->img->other_path;
	img->file_perms = accepted->img->file_perms;
	img->has_file_dev = img->has_file_ino = accepted->img->has_file_ino;
	img->file_dev = accepted->img->file_dev;
	img->file_ino = accepted->img->file_ino;
	img->peer_cred = client->img->peer_cred;
	*ret = u;
	return unix_plan_name(u);
}

static int connect_roles(struct restore *r, struct unix_sk *client, struct unix_sk *accepted)
{
	int ret = 0;

	client->how = UNIX_CLIENT;
	accepted->how = UNIX_ACCEPTED;
	accepted->f->late = true;
	client->listener = listener_of(accepted);
	if (!client->listener)
		ret = make_listener(r, accepted, client, &client->listener);
	if (ret == 0)
		client->listener->n_accepted++;
	return ret;
}

/* Of a connection: the end that was accepted, if either was. */
static struct unix_sk *accepted_end(struct unix_sk *u, struct unix_sk *m)
{
	struct unix_sk *end[] = { u, m };

	for (size_t i = 0; i < ARRAY_SIZE(end); i++) {
		const UnixSkEntry *img = end[i]->img;

		if (!img->name.len)
			continue;
		if (img->accepted || end[i]->dead || (!img->has_accepted && listener_of(end[i])))
			return end[i];
	}
	return NULL;
}

static int role_of_connection(struct restore *r, struct unix_sk *u)
{
	struct unix_sk *m, *accepted;
	int ret;

	if (u->img->peer) {
		ret = unix_plan_peer(u, &m);
		if (ret < 0)
			return ret;
		if (unix_sk_outside(m))
			return log_refuse(
				"unix socket %u: its peer was left outside: hand it over by "
				"--inherit-fd fd[N]:socket:[%u]",
				u->img->ino, u->img->ino);
		if (m->img->state == SK_LISTEN) {
			u->how = UNIX_CLIENT;
			u->listener = m;
			return 0;
		}
		if (m->given)
			return log_refuse("--inherit-fd: unix socket %u has its peer in the tree",
					  m->img->ino);
		if (m->img->peer != u->img->ino || m->img->state != SK_ESTABLISHED || m == u)
			return log_bad_image("files.img: unix sockets %u and %u are not connected "
					     "to each other",
					     u->img->ino, m->img->ino);
	} else {
		m = unix_plan_dead(r, u->img->type,
				   u->img->dead_peer.len ? &u->img->dead_peer : NULL);
		if (!m)
			return -ENOMEM;
	}
	u->mate = m;
	m->mate = u;
	accepted = accepted_end(u, m);
	if (accepted)
		return connect_roles(r, accepted->mate, accepted);
	u->how = m->how = UNIX_PAIR;
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct unix_sk *x = *(struct unix_sk *const *)a, *y = *(struct unix_sk *const *)b;
	uint32_t p = x->img->queue_pos, q = y->img->queue_pos;

	return p != q ? (p > q) - (p < q) : (x->img->id > y->img->id) - (x->img->id < y->img->id);
}

/* Connections that wait do so in the order they came in. */
static int take_turns(void)
{
	_cleanup_free_ struct unix_sk **waiting = NULL;
	unsigned int n = 0;

	for (struct unix_sk *u = unix_plan->all; u; u = u->next)
		n += u->how == UNIX_CLIENT && !u->mate;
	waiting = calloc(n + 1, sizeof(struct unix_sk *));
	if (!waiting)
		return -ENOMEM;
	n = 0;
	for (struct unix_sk *u = unix_plan->all; u; u = u->next)
		if (u->how == UNIX_CLIENT && !u->mate)
			waiting[n++] = u;
	qsort(waiting, n, sizeof(struct unix_sk *), by_place);
	for (unsigned int i = 0; i < n; i++)
		waiting[i]->turn = waiting[i]->listener->n_pending++;
	return 0;
}

int unix_roles(struct restore *r)
{
	int ret = 0;

	for (struct unix_sk *u = unix_plan->all; ret == 0 && u; u = u->next)
		if (!u->given && !unix_sk_outside(u) && u->img->name.len &&
		    (u->img->state == SK_LISTEN || !unix_sk_connects(u)))
			ret = unix_plan_name(u);
	/* What is added meanwhile stands before the first one. */
	for (struct unix_sk *u = unix_plan->all; ret == 0 && u; u = u->next)
		if (!u->given && unix_sk_connects(u) && u->img->state == SK_ESTABLISHED && !u->mate)
			ret = role_of_connection(r, u);
	if (ret == 0)
		ret = unix_mail_peers(r);
	return ret < 0 ? ret : take_turns();
}
