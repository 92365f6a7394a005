// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who belongs to whom among unix sockets, told when all have been met: peers, connections that nobody
 * has accepted, names that came with a connection. What cannot be made again is refused here.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/procfs.h"
#include "unix.h"

struct listener;

struct links {
	struct dump *dump;
	struct unix_seen *seen;
	const struct diag_unix_list *list;
	struct listener *listeners; /* by key */
	pid_t known;                /* the last pid that can be had again */
};

static struct unix_seen *find(const struct links *l, uint32_t ino)
{
	struct unix_seen *s;

	HASH_FIND(hh, l->seen, &ino, sizeof(ino), s);
	return s;
}

/* ---- connections that wait ---- */

static int take_pending(struct links *l, struct unix_seen *listener)
{
	const struct diag_unix *sk = listener->sk;

	for (unsigned int i = 0; i < sk->n_pending; i++) {
		uint32_t ino = diag_unix_pending(sk, i);
		struct unix_seen *s = ino ? find(l, ino) : NULL;

		if (!ino)
			return log_refuse("%s: a connection it has not accepted yet was closed: "
					  "what was sent on it cannot be seen",
					  listener->who);
		if (!s)
			return log_refuse("%s: a connection from outside the tree waits to be "
					  "accepted",
					  listener->who);
		/* Whatever it is made of, it is charged to the sender until it is received. */
		if (s->sk->wqueue)
			return log_refuse("%s: it has sent data on a connection that %s has not "
					  "accepted yet: that cannot be seen",
					  s->who, listener->who);
		s->img->peer = listener->ino;
		s->img->has_queue_pos = true;
		s->img->queue_pos = i;
		s->img->has_dead_peer = false;
	}
	return 0;
}

/* ---- peers ---- */

static int check_peer(struct links *l, struct unix_seen *s)
{
	const struct unix_seen *peer;

	if (s->img->has_queue_pos || !s->sk->has_peer)
		return 0;
	if (!s->sk->peer) {
		if (unix_seen_connects(s) && s->img->shutdown != SK_SHUTDOWN__BOTH)
			return log_refuse(
				"%s: its connection waits to be accepted outside the tree", s->who);
		return 0;
	}
	peer = find(l, s->sk->peer);
	return peer ? unix_error_dump_both(s, peer) : unix_outside_dump(l->dump, s, l->list);
}

/* ---- where a name comes from ---- */

/* A listener of this namespace, by what its connections are told by. */
struct listener {
	struct {
		uint32_t type, file_ino;
		char name[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
	} key;
	uint32_t ino;
	UT_hash_handle hh;
};

static void key_of(const struct diag_unix *sk, struct listener *to)
{
	memset(&to->key, 0, sizeof(to->key));
	to->key.type = sk->type;
	to->key.file_ino = sk->file_ino;
	memcpy(to->key.name, sk->name, MIN(sk->name_len, sizeof(to->key.name)));
}

static int find_listeners(struct links *l)
{
	for (size_t i = 0; i < l->list->n; i++) {
		const struct diag_unix *sk = &l->list->sk[i];
		struct listener *to;

		if (sk->state != SK_LISTEN || !sk->name_len)
			continue;
		to = arena_new(&l->dump->arena, struct listener);
		if (!to)
			return -ENOMEM;
		key_of(sk, to);
		to->ino = sk->ino;
		HASH_ADD(hh, l->listeners, key, sizeof(to->key), to);
	}
	return 0;
}

static bool same_makers(const UnixSkEntry *a, const UnixSkEntry *b)
{
	const PeerCredEntry *x = a->peer_cred, *y = b->peer_cred;

	return x && y && x->pid == y->pid && x->uid == y->uid && x->gid == y->gid &&
	       x->n_groups == y->n_groups &&
	       memcmp(x->groups, y->groups, x->n_groups * sizeof(*x->groups)) == 0;
}

/* An abstract name that came from a listener is free when that is gone; one's own is not. */
static int is_free(const struct unix_seen *s, bool *ret)
{
	_cleanup_close_ int sk = socket(AF_UNIX, s->img->type | SOCK_CLOEXEC, 0);
	struct un_addr addr;

	if (sk < 0)
		return log_err(-errno, "socket");
	unix_name_addr(s->sk->name, s->sk->name_len, &addr);
	*ret = bind(sk, (struct sockaddr *)&addr.un, addr.len) == 0;
	if (!*ret && errno != EADDRINUSE)
		return log_err(-errno, "%s: try its name", s->who);
	return 0;
}

/* A client learns who made its listener listen: that is who it must be when it connects again. */
static int check_listener(const struct unix_seen *client, const struct unix_seen *listener)
{
	if (!client || same_makers(client->img, listener->img))
		return 0;
	return log_refuse("%s: another task has listened since it was connected: not supported yet",
			  listener->who);
}

static bool has_name_of_connection(const struct unix_seen *s)
{
	return unix_seen_connects(s) && !s->outside && s->img->state == SK_ESTABLISHED &&
	       s->img->name.len;
}

/* Did its name come with the connection, from a listener that still is there? */
static int find_listener_of(const struct links *l, struct unix_seen *s)
{
	const struct unix_seen *peer = s->sk->peer ? find(l, s->sk->peer) : NULL, *listener;
	struct listener key, *from;

	key_of(s->sk, &key);
	HASH_FIND(hh, l->listeners, &key.key, sizeof(key.key), from);
	if (!from)
		return 0;
	listener = find(l, from->ino);
	if (!listener)
		return log_refuse("%s: it was accepted from a listener outside the tree", s->who);
	s->img->has_accepted = s->img->accepted = true;
	return check_listener(peer, listener);
}

/* What was shut down on one end before it connected, the other has not been told. */
static bool came_shut_down(const UnixSkEntry *client, const UnixSkEntry *accepted)
{
	uint32_t told = accepted->shutdown;

	return client->shutdown & ~((told & 1) << 1 | (told & 2) >> 1);
}

/*
 * ... or from one that is gone? There is no telling for a path, but then it makes no difference
 * either, unless the two ends are not as a pair would be.
 */
static int guess_listener_of(const struct links *l, struct unix_seen *s)
{
	const struct unix_seen *peer = s->sk->peer ? find(l, s->sk->peer) : NULL;
	bool accepted = false;
	int r = 0;

	if (s->img->has_accepted)
		return 0;
	if (!peer || !peer->img->accepted) {
		if (unix_name_abstract(&s->img->name))
			r = is_free(s, &accepted);
		else
			accepted = peer && (!same_makers(s->img, peer->img) ||
					    came_shut_down(peer->img, s->img));
	}
	s->img->has_accepted = true;
	s->img->accepted = accepted;
	return r;
}

/* ---- who made it ---- */

static bool is_thread(const struct tree *tree, pid_t pid)
{
	for_each_task(t, tree)
		for_each_thread(th, t)
			if (th->tid == pid)
				return true;
	return false;
}

/*
 * The kernel remembers the task that made a pair, connected or listened. That task, or one with its
 * pid, is to do so again.
 */
static int check_maker(struct links *l, const struct unix_seen *s)
{
	_cleanup_close_ int proc = -EBADF;
	struct task *t;
	pid_t pid;

	/* Its place is taken by what somebody hands over. */
	if (s->outside && (unix_seen_connects(s) || !unix_outside_has_name(s)))
		s->img->peer_cred = NULL;
	if (!s->img->peer_cred || s->img->peer_cred->pid == (uint32_t)l->known)
		return 0;
	pid = s->img->peer_cred->pid;
	HASH_FIND_INT(l->dump->tree.by_pid, &pid, t);
	if (t && t->shares_files)
		return log_refuse("%s: made by task %d, which shares its descriptors with another: "
				  "not supported yet",
				  s->who, pid);
	if (!t && is_thread(&l->dump->tree, pid))
		return log_refuse("%s: made by task %d, whose pid a thread has now", s->who, pid);
	proc = t ? -EBADF : proc_open(pid, 0);
	if (proc >= 0)
		return log_refuse(
			"%s: made by task %d, which lives on outside the tree: SO_PEERCRED "
			"would tell of another",
			s->who, pid);
	l->known = pid;
	return 0;
}

/* ---- datagrams ---- */

static bool is_used(const struct links *l, const UnixSkEntry *img)
{
	for (size_t i = 0; i < l->list->n; i++) {
		const struct diag_unix *sk = &l->list->sk[i];

		if (sk->type == SOCK_DGRAM && sk->name_len == img->dead_peer.len &&
		    memcmp(sk->name, img->dead_peer.data, sk->name_len) == 0)
			return true;
	}
	return false;
}

static int check_datagrams(const struct links *l, const struct unix_seen *s)
{
	const struct unix_seen *peer = s->sk->peer ? find(l, s->sk->peer) : NULL;

	/* Who has no name can only be sent to over the connection it was born with. */
	if (!s->img->name.len && s->sk->rqueue && peer && peer->sk->peer != s->ino)
		return log_refuse("%s: messages wait that came from %s, which is connected to "
				  "another socket by now: not supported yet",
				  s->who, peer->who);
	if (s->img->has_dead_peer && unix_name_abstract(&s->img->dead_peer) && is_used(l, s->img))
		return log_refuse("%s: its peer is closed, and another socket has that name, %s, "
				  "now: not supported yet",
				  s->who,
				  unix_name_text(s->img->dead_peer.data, s->img->dead_peer.len));
	return 0;
}

int unix_links_dump(struct dump *d, struct unix_seen *all, const struct diag_unix_list *list)
{
	struct links l = { .dump = d, .seen = all, .list = list };
	struct unix_seen *s, *next;
	int r = all ? find_listeners(&l) : 0;

	HASH_ITER(hh, all, s, next)
		if (r == 0 && s->img->state == SK_LISTEN)
			r = take_pending(&l, s);
	HASH_ITER(hh, all, s, next) {
		if (r == 0)
			r = check_peer(&l, s);
		if (r == 0 && has_name_of_connection(s))
			r = find_listener_of(&l, s);
	}
	HASH_ITER(hh, all, s, next) {
		if (r == 0 && has_name_of_connection(s))
			r = guess_listener_of(&l, s);
		if (r == 0 && s->img->has_queue_pos)
			r = check_listener(s, find(&l, s->img->peer));
		if (r == 0)
			r = check_maker(&l, s);
		if (r == 0 && !unix_seen_connects(s))
			r = check_datagrams(&l, s);
	}
	return r;
}
