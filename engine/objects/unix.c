// SPDX-License-Identifier: GPL-2.0-only
/* unix(7) sockets: recognising and saving them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <uthash.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/socket.h"
#include "sk_queue.h"
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
	img->flags = v->flags;
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
	return unix_look_later(v, s, &told.list);
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
	.dump_rest = unix_look_rest,
	.dump_end = dump_end,
	.check = unix_check,
	.plan = unix_plan_all,
	.prepare = unix_prepare,
	.open = unix_open,
	.join = unix_join,
	.finish = unix_finish,
};
