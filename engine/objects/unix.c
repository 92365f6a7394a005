// SPDX-License-Identifier: GPL-2.0-only
/* unix(7) sockets: recognising and saving them. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/parallel.h"
#include "engine/kernel/socket.h"
#include "sk_queue.h"
#include "sockopt.h"
#include "unix.h"

/* What fstat(2) shows of a new socket of root's. */
#define NEW_MODE (S_IFSOCK | 0777)

static struct {
	bool read;
	struct diag_unix_list list;
	struct unix_seen *seen;
} told;

static bool claims(const struct fd_view *v)
{
	int domain = -1;
	socklen_t len = sizeof(domain);

	if (!S_ISSOCK(v->st.st_mode) || v->flags & O_PATH)
		return false;
	/* Numbers of sockets are those of one file system, whatever their family. */
	if (told.read && diag_unix_find(&told.list, v->st.st_ino))
		return true;
	return getsockopt(v->copy, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX;
}

/* What the kernel tells of all sockets, asked once. */
static int ask(const struct fd_view *v, struct unix_seen *s)
{
	struct diag_unix_list *one;
	int r = 0;

	if (!told.read)
		r = diag_unix_read(&told.list);
	if (r == -ENOENT)
		return log_refuse("%s: this kernel does not tell of unix sockets "
				  "(CONFIG_UNIX_DIAG)",
				  fd_view_name(v));
	if (r < 0)
		return log_err(r, "list of all unix sockets");
	told.read = true;
	s->sk = diag_unix_find(&told.list, s->ino);
	if (s->sk)
		return 0;
	/* While others came and went it may have been missed. */
	one = arena_new(&v->dump->arena, struct diag_unix_list);
	r = one ? diag_unix_read_one(s->ino, one) : -ENOMEM;
	if (r == -ENOENT || (r == 0 && !one->n))
		return log_refuse("%s: a unix socket of another network namespace: not supported "
				  "yet",
				  fd_view_name(v));
	if (r < 0)
		return log_err(r, "%s: ask about it", fd_view_name(v));
	s->sk = one->sk;
	return 0;
}

/* ---- what is put off ---- */

/*
 * Reading options and queues takes most of the time: that is done for some hundred sockets at once, by
 * all CPUs.
 */
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
	bool busy;
} put_off = { .filling = &put_off.list[0] };

static int add_put_off(const struct fd_view *v, struct unix_seen *s)
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
	const struct diag_unix *peer = sk->peer ? diag_unix_find(&told.list, sk->peer) : NULL;

	return peer && sk->rqueue && peer->wqueue != unix_charge(sk->rqueue);
}

static struct sk_peek how_to_peek(const struct put_off *p)
{
	return (struct sk_peek){
		.sk = p->copy,
		.stream = p->s->img->type == SOCK_STREAM,
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

/*
 * Asking for the error would take it away, but there is only one it can be: a peer that was closed
 * with something left to read.
 */
static int take_error(const struct put_off *p, UnixSkEntry *img)
{
	if (!p->error)
		return 0;
	if (img->type == SOCK_DGRAM)
		return log_refuse("%s: an error is pending on it: not supported yet", p->s->who);
	img->has_error = true;
	img->error = ECONNRESET;
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
		r = take_error(p, img);
	if (r < 0)
		return r;
	if (p->err == 0)
		return sk_mail_save(d, img->id, p->mail, p->s->who);
	/* One after the other, where all at once would be too many descriptors. */
	peek = how_to_peek(p);
	return sk_queue_dump(d, img->id, &peek);
}

/* In what waits there may be more sockets: they come next. */
static int dump_put_off(struct dump *d)
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

/* ---- at once ---- */

/* A peer nobody has open any more still has its name. */
static int dump_dead_peer(const struct fd_view *v, UnixSkEntry *img)
{
	struct un_addr a = {};
	socklen_t len = sizeof(a);

	if (getpeername(v->copy, (struct sockaddr *)&a.un, &len) < 0)
		return log_err(-errno, "%s: name of its peer", fd_view_name(v));
	img->has_dead_peer = true;
	img->dead_peer.len = len - offsetof(struct sockaddr_un, sun_path);
	img->dead_peer.data = arena_alloc(&v->dump->arena, img->dead_peer.len + 1);
	if (!img->dead_peer.data)
		return -ENOMEM;
	memcpy(img->dead_peer.data, a.un.sun_path, img->dead_peer.len);
	return 0;
}

static int dump_inode(const struct fd_view *v, UnixSkEntry *img)
{
	if (v->st.st_mode == NEW_MODE && v->st.st_uid == 0 && v->st.st_gid == 0)
		return 0;
	img->inode = arena_new(&v->dump->arena, FilePermsEntry);
	if (!img->inode)
		return -ENOMEM;
	file_perms_entry__init(img->inode);
	img->inode->mode = v->st.st_mode;
	img->inode->uid = v->st.st_uid;
	img->inode->gid = v->st.st_gid;
	return 0;
}

static int fill(const struct fd_view *v, const struct diag_unix *sk, UnixSkEntry *img)
{
	int r;

	img->ino = v->st.st_ino;
	img->type = sk->type;
	img->state = sk->state;
	img->flags = v->flags & ~O_CLOEXEC;
	img->backlog = sk->state == SK_LISTEN ? sk->wqueue : 0;
	img->peer = sk->peer;
	img->has_outq = sk->type == SOCK_DGRAM;
	img->outq = img->has_outq ? sk->wqueue : 0;
	img->has_shutdown = sk->shutdown;
	img->shutdown = sk->shutdown;
	img->has_ns_id = true;
	img->ns_id = 2; /* task/ids.c */
	r = fown_dump(v, &img->fown);
	if (r == 0)
		r = unix_name_dump(v, sk, img);
	if (r == 0)
		r = dump_inode(v, img);
	if (r == 0 && sk->has_peer && !sk->peer)
		r = dump_dead_peer(v, img);
	return r;
}

static int dump(const struct fd_view *v, FileEntry *fe)
{
	struct unix_seen *s = arena_new(&v->dump->arena, struct unix_seen);
	UnixSkEntry *img = arena_new(&v->dump->arena, UnixSkEntry);
	int r;

	if (!s || !img)
		return -ENOMEM;
	unix_sk_entry__init(img);
	fe->usk = img;
	img->id = fe->id;
	s->ino = v->st.st_ino;
	s->img = img;
	snprintf(s->who, sizeof(s->who), "%s", fd_view_name(v));
	s->pid = v->fd >= 0 ? v->pid : 0;
	r = ask(v, s);
	if (r == 0)
		r = fill(v, s->sk, img);
	if (r < 0)
		return r;
	HASH_ADD(hh, told.seen, ino, sizeof(s->ino), s);
	r = add_put_off(v, s);
	return r < 0 || put_off.filling->n < AT_ONCE ? r : dump_put_off(v->dump);
}

static int dump_end(struct dump *d)
{
	int r = unix_links_dump(d, told.seen, &told.list);

	return r < 0 ? r : sk_queue_dump_end();
}

const struct object unix_object = {
	.name = "unix",
	.type = FD_TYPES__UNIXSK,
	.claims = claims,
	.dump = dump,
	.dump_rest = dump_put_off,
	.dump_end = dump_end,
	.check = unix_check,
	.plan = unix_plan_all,
	.prepare = unix_prepare,
	.open = unix_open,
	.join = unix_join,
	.finish = unix_finish,
};
