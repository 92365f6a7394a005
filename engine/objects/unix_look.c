// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options, peers and queues of unix sockets. Reading them takes most of the time: that is put off, and
 * done for some hundred sockets at once, by all CPUs.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/parallel.h"
#include "engine/kernel/socket.h"
#include "sk_queue.h"
#include "sockopt.h"
#include "unix.h"

/* ---- reading ---- */

#define AT_ONCE     256
#define PIECE       8
#define MOST_GROUPS 65536

struct put_off {
	struct unix_seen *s;
	int copy;
	/* What was read: */
	const char *failed;
	int err;
	struct sockopt_values options;
	struct ucred cred;
	gid_t *groups;
	unsigned int n_groups;
	struct sk_mail *mail;
	bool error;   /* one is pending */
	bool stamped; /* what waits has times: it was not looked at */
};

/* Two lists, as reading one may fill the other. */
static struct {
	struct put_off_list {
		struct put_off *all;
		unsigned int n, cap;
	} list[2], *filling;
	const struct diag_unix_list *told; /* all sockets there are */
	bool busy;
} put_off = { .filling = &put_off.list[0] };

static int put_one_off(const struct fd_view *v, struct unix_seen *s)
{
	struct put_off_list *l = put_off.filling;
	struct put_off *p;

	if (l->n == l->cap) {
		unsigned int cap = MAX(l->cap * 2, (unsigned int)AT_ONCE);

		p = realloc(l->all, cap * sizeof(*p));
		if (!p)
			return -ENOMEM;
		l->all = p;
		l->cap = cap;
	}
	p = &l->all[l->n];
	*p = (struct put_off){ .s = s, .copy = fd_view_keep(v) };
	if (p->copy < 0)
		return log_err(p->copy, "%s", fd_view_name(v));
	l->n++;
	return 0;
}

static int read_groups(struct put_off *p)
{
	socklen_t len = 64 * sizeof(gid_t);
	int r;

	do {
		gid_t *more = realloc(p->groups, len);

		if (!more)
			return -ENOMEM;
		p->groups = more;
		r = getsockopt(p->copy, SOL_SOCKET, SO_PEERGROUPS, p->groups, &len);
	} while (r < 0 && errno == ERANGE && len <= MOST_GROUPS * sizeof(gid_t));
	p->n_groups = len / sizeof(gid_t);
	return r < 0 ? -errno : 0;
}

/* Who made the pair or the connection, or listens. */
static int read_cred(struct put_off *p)
{
	socklen_t len = sizeof(p->cred);

	if (getsockopt(p->copy, SOL_SOCKET, SO_PEERCRED, &p->cred, &len) < 0)
		return -errno;
	/* Of a task that cannot be seen from here there is a user, but no pid. */
	return p->cred.pid ? read_groups(p) : 0;
}

/* Only a connection has a queue of bytes; a listener's holds connections. */
static bool has_queue(const struct unix_seen *s)
{
	return s->img->type == SOCK_DGRAM || s->img->state == SK_ESTABLISHED;
}

/* Was it sent by several calls? Who sent it will be told from what he can still send. */
static bool has_pieces(const struct diag_unix *sk)
{
	const struct diag_unix *peer = sk->peer ? diag_unix_find(put_off.told, sk->peer) : NULL;

	return peer && sk->rqueue && peer->wqueue != unix_charge(sk->rqueue);
}

static struct sk_peek how_to_peek(const struct put_off *p)
{
	return (struct sk_peek){
		.sk = p->copy,
		.stream = p->s->img->type == SOCK_STREAM,
		.datagram = p->s->img->type == SOCK_DGRAM,
		.by_pieces = has_pieces(p->s->sk),
		.was = { .oobinline = sockopt_value(&p->options, SO_OOBINLINE, 0),
			 .passcred = sockopt_value(&p->options, SO_PASSCRED, 0),
			 .passpidfd = sockopt_value(&p->options, SO_PASSPIDFD, 0),
			 .peek_off = sockopt_value(&p->options, SO_PEEK_OFF, -1) },
		.what = p->s->who,
	};
}

/* What waits was stamped with the time it came, which nobody can set. */
static bool is_stamped(const struct put_off *p)
{
	static const int options[] = { SO_TIMESTAMP_OLD, SO_TIMESTAMPNS_OLD, SO_TIMESTAMP_NEW,
				       SO_TIMESTAMPNS_NEW };
	struct pollfd pfd = { .fd = p->copy, .events = POLLIN };

	for (size_t i = 0; p->s->img->type != SOCK_STREAM && i < ARRAY_SIZE(options); i++)
		if (sockopt_value(&p->options, options[i], 0))
			return poll(&pfd, 1, 0) > 0 && pfd.revents & POLLIN;
	return false;
}

static void read_one(struct put_off *p)
{
	struct sk_peek peek;

	p->failed = "options";
	p->err = sockopt_read(p->copy, AF_UNIX, &p->options);
	if (p->err == 0) {
		p->failed = "SO_PEERCRED";
		p->err = read_cred(p);
	}
	if (p->err < 0 || !has_queue(p->s))
		return;
	p->failed = NULL;
	p->stamped = is_stamped(p);
	if (p->stamped)
		return;
	peek = how_to_peek(p);
	p->err = sk_mail_look(&peek, &p->mail, &p->error);
}

static int read_piece(void *arg, size_t piece)
{
	struct put_off_list *l = arg;
	unsigned int end = MIN((unsigned int)(piece + 1) * PIECE, l->n);

	for (unsigned int i = piece * PIECE; i < end; i++)
		read_one(&l->all[i]);
	return 0;
}

/* ---- what was read ---- */

static int take_cred(struct dump *d, const struct put_off *p, UnixSkEntry *img)
{
	PeerCredEntry *e;

	if (p->cred.pid == 0 && p->cred.uid == (uid_t)-1)
		return 0;
	if (p->cred.pid == 0)
		return log_refuse("%s: SO_PEERCRED tells of a task in another pid namespace",
				  p->s->who);
	e = img->peer_cred = arena_new(&d->arena, PeerCredEntry);
	if (!e)
		return -ENOMEM;
	peer_cred_entry__init(e);
	e->pid = p->cred.pid;
	e->uid = p->cred.uid;
	e->gid = p->cred.gid;
	e->groups = arena_array(&d->arena, uint32_t, p->n_groups + 1);
	if (!e->groups)
		return -ENOMEM;
	memcpy(e->groups, p->groups, p->n_groups * sizeof(gid_t));
	e->n_groups = p->n_groups;
	return 0;
}

static int take_one(struct dump *d, struct put_off *p)
{
	const struct sockopt_new *base = sockopt_new_socket(AF_UNIX, p->s->img->type, 0);
	UnixSkEntry *img = p->s->img;
	struct sk_peek peek;
	int r;

	if (p->err < 0 && p->failed)
		return log_err(p->err, "%s: %s", p->s->who, p->failed);
	if (p->err < 0 && p->err != -EMFILE)
		return p->err;
	if (p->stamped)
		return log_refuse("%s: messages wait that tell when they came (SO_TIMESTAMP): that "
				  "cannot be kept",
				  p->s->who);
	if (!base)
		return -ENOMEM;
	r = sockopt_dump(&p->options, p->copy, base, &d->arena, p->s->who, &img->opts);
	if (r == 0)
		r = take_cred(d, p, img);
	if (r == 0)
		r = p->error ? unix_error_dump(p->s, img) : 0;
	if (r < 0)
		return r;
	if (p->err == 0)
		return sk_mail_save(d, img->id, p->mail, p->s->who);
	/* One after the other, where all at once would be too many descriptors. */
	peek = how_to_peek(p);
	return sk_queue_dump(d, img->id, &peek);
}

/* In what waits there may be more sockets: they come next. */
int unix_look_rest(struct dump *d)
{
	int r = 0;

	if (put_off.busy || !put_off.filling->n)
		return 0;
	put_off.busy = true;
	r = peek_guard_start();
	if (r < 0)
		log_err(r, "guard for looking at queues");
	while (put_off.filling->n) {
		struct put_off_list *l = put_off.filling;

		put_off.filling = l == &put_off.list[0] ? &put_off.list[1] : &put_off.list[0];
		if (r == 0)
			r = parallel_for((l->n + PIECE - 1) / PIECE, read_piece, l);
		for (unsigned int i = 0; i < l->n; i++) {
			struct put_off *p = &l->all[i];

			if (r == 0)
				r = take_one(d, p);
			sk_mail_free(p->mail);
			free(p->groups);
			close(p->copy);
		}
		l->n = 0;
	}
	put_off.busy = false;
	return r;
}

int unix_look_later(const struct fd_view *v, struct unix_seen *s, const struct diag_unix_list *list)
{
	int r = put_one_off(v, s);

	put_off.told = list;
	return r < 0 || put_off.filling->n < AT_ONCE ? r : unix_look_rest(v->dump);
}
