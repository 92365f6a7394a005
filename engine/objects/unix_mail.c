// SPDX-License-Identifier: GPL-2.0-only
/* Datagram sockets and what waits in queues: who sends to whom, and in which order. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/restore/plan.h"
#include "sk_queue.h"
#include "unix.h"

/* ---- who is connected to whom ---- */

/* Of those that are ours to make. */
static bool is_datagram(const struct unix_sk *u)
{
	return !unix_sk_connects(u) && !u->given && !unix_sk_outside(u);
}

static void marry(struct unix_sk *u, struct unix_sk *m)
{
	u->how = m->how = UNIX_PAIR;
	u->mate = m;
	m->mate = u;
}

/* Born in one socketpair(2), and still together? Who has no name can only have been born so. */
static bool still_a_pair(const struct unix_sk *u)
{
	const struct unix_sk *p = u->peer;

	if (!p || u->mate || p->mate || p == u || p->peer != u || !is_datagram(p))
		return false;
	return (u->img->peer_cred && p->img->peer_cred) || !u->img->name.len || !p->img->name.len;
}

static bool half_a_pair(const struct unix_sk *u)
{
	const struct unix_sk *p = u->peer;

	return p && p != u && !u->mate && !p->mate && !p->img->name.len && is_datagram(p);
}

/* Others than us do not say so: who has no name, but is connected, was one of a pair. */
static bool has_lost_peer(const UnixSkEntry *img)
{
	return img->has_dead_peer ||
	       (!img->has_outq && !img->peer && !img->name.len && img->state == SK_ESTABLISHED);
}

/* A peer that everybody has closed, and the other half of a pair that nobody needs any more. */
static int make_partner(struct restore *r, struct unix_sk *u)
{
	bool gone = has_lost_peer(u->img);
	struct unix_sk *m;

	if (u->mate || (!u->img->peer_cred && !gone))
		return 0;
	m = unix_plan_dead(r, SOCK_DGRAM, u->img->dead_peer.len ? &u->img->dead_peer : NULL);
	if (!m)
		return -ENOMEM;
	if (gone)
		u->peer = m;
	if (u->img->peer_cred || !u->img->dead_peer.len) {
		marry(u, m);
		m->peer = u;
	}
	return 0;
}

int unix_mail_peers(struct restore *r)
{
	struct unix_sk *u;
	int ret = 0;

	for (u = unix_plan->all; ret == 0 && u; u = u->next)
		if (is_datagram(u) && u->img->peer)
			ret = unix_plan_peer(u, &u->peer);
	for (u = unix_plan->all; ret == 0 && u; u = u->next)
		if (is_datagram(u) && still_a_pair(u))
			marry(u, u->peer);
	for (u = unix_plan->all; ret == 0 && u; u = u->next)
		if (is_datagram(u) && half_a_pair(u))
			marry(u, u->peer);
	for (u = unix_plan->all; ret == 0 && u; u = u->next)
		if (is_datagram(u))
			ret = make_partner(r, u);
	for (u = unix_plan->all; ret == 0 && u; u = u->next) {
		ret = is_datagram(u) ? unix_error_plan(u) : 0;
		if (ret < 0 || !is_datagram(u) || !u->peer)
			continue;
		if (unix_sk_reconnects(u) && unix_sk_outside(u->peer) && !u->peer->img->name.len)
			return log_refuse("%s: its peer was left outside, and has no name: hand it "
					  "over by --inherit-fd fd[N]:socket:[%u]",
					  unix_sk_name(u), u->img->ino);
		if (unix_sk_reconnects(u) && !u->peer->img->name.len)
			return log_bad_image("files.img: %s is connected to %s, which has no name",
					     unix_sk_name(u), unix_sk_name(u->peer));
		u->next_from = u->peer->from;
		u->peer->from = u;
	}
	return ret;
}

/* ---- who sends what ---- */

/* Of those without a name that are connected to it, one that has something to account for. */
static struct unix_sk *nameless_sender(struct unix_sk *to, size_t len)
{
	for (struct unix_sk *u = to->from; u; u = u->next_from) {
		if (u->img->name.len || (u->img->has_outq && !u->unsent))
			continue;
		u->unsent -= MIN(u->unsent, unix_charge(len));
		return u;
	}
	return NULL;
}

static struct unix_sk *sender_of(struct restore *r, struct unix_sk *to, const SkPacketEntry *e,
				 struct unix_sk **nobody)
{
	struct unix_sk *u = NULL;

	if (to->mate && unix_name_same(&to->mate->img->name, &e->addr))
		return to->mate;
	if (e->addr.len) {
		u = unix_plan_named(SOCK_DGRAM, &e->addr);
		if (u)
			return u;
		u = unix_plan_dead(r, SOCK_DGRAM, &e->addr);
		return u && unix_plan_name(u) == 0 ? u : NULL;
	}
	u = nameless_sender(to, e->length);
	if (u)
		return u;
	if (!*nobody)
		*nobody = unix_plan_dead(r, SOCK_DGRAM, NULL);
	return *nobody;
}

static int find_senders(struct restore *r, struct unix_sk *u)
{
	struct unix_sk *nobody = NULL;
	unsigned int n = 0;

	for (const struct sk_packet *p = u->queue->first; p; p = p->next)
		n++;
	u->left = u->queue->first;
	u->sender = arena_array(&r->arena, struct unix_sk *, n);
	if (!u->sender)
		return -ENOMEM;
	if (unix_sk_connects(u) && !u->mate)
		return log_bad_image(
			"sk-queues.img: %s is not connected, but has received something",
			unix_sk_name(u));
	n = 0;
	for (const struct sk_packet *p = u->queue->first; p; p = p->next) {
		const SkPacketEntry *e = p->e;

		if (e->addr.len && !unix_name_valid(&e->addr))
			return log_bad_image("sk-queues.img: %s has received something from an "
					     "impossible name",
					     unix_sk_name(u));
		if ((e->oob || e->oob_taken) && u->img->type != SOCK_STREAM)
			return log_bad_image("sk-queues.img: %s has received an out-of-band byte",
					     unix_sk_name(u));
		u->sender[n] = unix_sk_connects(u) ? u->mate : sender_of(r, u, e, &nobody);
		if (!u->sender[n++])
			return -ENOMEM;
		/* Whoever it was must be there to be named. */
		if (e->cred && !plan_task_for(r, e->cred->pid))
			return -ENOTSUP;
	}
	return 0;
}

int unix_mail_senders(struct restore *r)
{
	struct sk_queue *queues;
	int ret = sk_queues_read(r, &queues);

	for (struct unix_sk *u = unix_plan->all; u; u = u->next)
		u->unsent = u->img->outq;
	for (struct unix_sk *u = unix_plan->all; ret == 0 && u; u = u->next) {
		if (u->dead || u->given || unix_sk_outside(u))
			continue;
		HASH_FIND(hh, queues, &u->img->id, sizeof(u->img->id), u->queue);
		if (u->queue)
			ret = find_senders(r, u);
	}
	return ret;
}

/* Files that are nowhere but in flight. */
static int lend_rights_of(struct restore *r, const struct unix_sk *u, const struct sk_packet *p)
{
	int ret = 0;

	for (unsigned int i = 0; ret == 0 && i < sk_packet_rights(p); i++) {
		struct restore_file *f = sk_packet_right(r, p, i);

		if (f->ops == &unix_object && unix_sk_outside(f->data))
			return log_bad_image(
				"sk-queues.img: unix socket %u, which is outside, is in "
				"flight",
				f->fe->usk->ino);
		ret = files_lend(r, u->f->owner, f);
	}
	return ret;
}

static int lend_rights(struct restore *r)
{
	int ret = 0;

	for (struct unix_sk *u = unix_plan->all; u; u = u->next)
		for (const struct sk_packet *p = u->left; ret == 0 && p; p = p->next)
			ret = lend_rights_of(r, u, p);
	return ret;
}

/* ---- the order ---- */

static int add_to_task(struct restore *r, struct unix_sk *u)
{
	struct unix_task *t;
	pid_t pid = u->f->owner->pid;

	HASH_FIND(hh, unix_plan->tasks, &pid, sizeof(pid), t);
	if (!t) {
		t = arena_new(&r->arena, struct unix_task);
		if (!t)
			return -ENOMEM;
		t->pid = pid;
		HASH_ADD(hh, unix_plan->tasks, pid, sizeof(t->pid), t);
	}
	if (t->last)
		t->last->next_of_task = u;
	else
		t->first = u;
	t->last = u;
	return 0;
}

/*
 * A socket that is connected elsewhere cannot be connected to by others: those come first. As each
 * task takes its sockets in one order that holds for all, nobody waits in a circle.
 */
static int order_datagrams(struct restore *r, struct unix_sk **ready)
{
	unsigned int n = 0, done = 0, total = 0;
	int ret = 0;

	for (struct unix_sk *u = unix_plan->all; u; u = u->next) {
		if (!is_datagram(u))
			continue;
		total++;
		if (unix_sk_reconnects(u) && unix_sk_precedes(u, u->peer))
			u->peer->n_from++;
	}
	for (struct unix_sk *u = unix_plan->all; u; u = u->next) {
		u->connected = u->n_from; /* while it is planned: how many are left */
		if (is_datagram(u) && !u->connected)
			ready[n++] = u;
	}
	for (; ret == 0 && done < n; done++) {
		struct unix_sk *u = ready[done];

		ret = add_to_task(r, u);
		if (unix_sk_reconnects(u) && unix_sk_precedes(u, u->peer) &&
		    --u->peer->connected == 0)
			ready[n++] = u->peer;
	}
	if (ret == 0 && done < total)
		return log_bad_image("files.img: unix sockets are connected in a circle");
	return ret;
}

static int by_turn(const void *a, const void *b)
{
	const struct unix_sk *x = *(struct unix_sk *const *)a, *y = *(struct unix_sk *const *)b;

	return (x->turn > y->turn) - (x->turn < y->turn);
}

int unix_mail_order(struct restore *r)
{
	_cleanup_free_ struct unix_sk **list = NULL;
	unsigned int n = 0;
	int ret;

	for (struct unix_sk *u = unix_plan->all; u; u = u->next)
		n++;
	list = calloc(n + 1, sizeof(struct unix_sk *));
	if (!list)
		return -ENOMEM;
	ret = order_datagrams(r, list);
	n = 0;
	for (struct unix_sk *u = unix_plan->all; u; u = u->next)
		if (unix_sk_connects(u) && !u->given && !unix_sk_outside(u))
			list[n++] = u;
	qsort(list, n, sizeof(struct unix_sk *), by_turn);
	for (unsigned int i = 0; ret == 0 && i < n; i++)
		ret = add_to_task(r, list[i]);
	return ret < 0 ? ret : lend_rights(r);
}
