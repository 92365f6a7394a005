// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "diag.h"

/* The kernel fills what it is given, up to 32 KiB at a time. */
#define PIECE 65536

#define ANY_STATE 0xffffffffU
#define SHOW                                                                                       \
	(UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_PEER | UDIAG_SHOW_ICONS | UDIAG_SHOW_RQLEN)

/* ---- netlink ---- */

static int ask(int nl, const struct unix_diag_req *req, int flags)
{
	struct {
		struct nlmsghdr head;
		struct unix_diag_req req;
	} msg = { .head = { .nlmsg_len = sizeof(msg),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST | flags },
		  .req = *req };

	return send(nl, &msg, sizeof(msg), 0) < 0 ? -errno : 0;
}

/* One datagram of answers. 1: these were the last. */
static int hear(int nl, struct buf *b, bool dump)
{
	const struct nlmsghdr *h;
	ssize_t n;
	int r = buf_reserve(b, PIECE);

	if (r < 0)
		return r;
	n = recv(nl, b->data + b->len, PIECE, MSG_TRUNC);
	if (n < 0)
		return -errno;
	if (n > PIECE)
		return -EMSGSIZE;
	h = (const struct nlmsghdr *)(b->data + b->len);
	for (int left = n; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
		if (h->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(h))->error ?: -EBADMSG;
		if (h->nlmsg_type == NLMSG_DONE)
			return *(const int *)NLMSG_DATA(h) < 0 ? *(const int *)NLMSG_DATA(h) : 1;
		b->len += NLMSG_ALIGN(h->nlmsg_len);
	}
	return dump ? 0 : 1;
}

static int converse(const struct unix_diag_req *req, int flags, struct buf *b)
{
	_cleanup_close_ int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	int r;

	if (nl < 0)
		return errno == EPROTONOSUPPORT ? -ENOENT : -errno;
	r = ask(nl, req, flags);
	while (r == 0)
		r = hear(nl, b, flags & NLM_F_DUMP);
	return r < 0 ? r : 0;
}

/* ---- understanding ---- */

static void take_attr(struct diag_unix *s, int type, const void *data, size_t len)
{
	const struct unix_diag_vfs *vfs = data;
	const struct unix_diag_rqlen *q = data;

	switch (type) {
	case UNIX_DIAG_NAME:
		s->name = data;
		s->name_len = len;
		break;
	case UNIX_DIAG_VFS:
		s->has_file = len >= sizeof(*vfs);
		s->file_ino = s->has_file ? vfs->udiag_vfs_ino : 0;
		break;
	case UNIX_DIAG_PEER:
		s->has_peer = len >= sizeof(s->peer);
		s->peer = s->has_peer ? *(const uint32_t *)data : 0;
		break;
	case UNIX_DIAG_ICONS:
		s->pending = data;
		s->n_pending = len / sizeof(uint32_t);
		break;
	case UNIX_DIAG_RQLEN:
		if (len >= sizeof(*q)) {
			s->rqueue = q->udiag_rqueue;
			s->wqueue = q->udiag_wqueue;
		}
		break;
	case UNIX_DIAG_SHUTDOWN:
		s->shutdown = len ? *(const uint8_t *)data : 0;
		break;
	}
}

static void understand(const struct nlmsghdr *h, struct diag_unix *s)
{
	const struct unix_diag_msg *m = NLMSG_DATA(h);
	const char *at = (const char *)m + NLMSG_ALIGN(sizeof(*m));
	const char *end = (const char *)h + h->nlmsg_len;

	*s = (struct diag_unix){ .ino = m->udiag_ino,
				 .type = m->udiag_type,
				 .state = m->udiag_state };
	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *a = (const struct nlattr *)at;

		if (a->nla_len < NLA_HDRLEN || at + a->nla_len > end)
			break;
		take_attr(s, a->nla_type, at + NLA_HDRLEN, a->nla_len - NLA_HDRLEN);
		at += NLA_ALIGN(a->nla_len);
	}
}

static int by_ino(const void *a, const void *b)
{
	const struct diag_unix *x = a, *y = b;

	return (x->ino > y->ino) - (x->ino < y->ino);
}

/* Only now, as the answers do not move any more. */
static int understand_all(struct diag_unix_list *l)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)l->answers.data;
	size_t cap = l->answers.len / NLMSG_SPACE(sizeof(struct unix_diag_msg));
	int left = l->answers.len;

	l->sk = calloc(cap + 1, sizeof(*l->sk));
	if (!l->sk)
		return -ENOMEM;
	for (; l->answers.data && NLMSG_OK(h, left); h = NLMSG_NEXT(h, left))
		if (h->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
		    h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
			understand(h, &l->sk[l->n++]);
	qsort(l->sk, l->n, sizeof(*l->sk), by_ino);
	return 0;
}

static int read_list(const struct unix_diag_req *req, int flags, struct diag_unix_list *ret)
{
	int r;

	*ret = (struct diag_unix_list){};
	r = converse(req, flags, &ret->answers);
	if (r == 0)
		r = understand_all(ret);
	if (r < 0)
		diag_unix_done(ret);
	return r;
}

int diag_unix_read(struct diag_unix_list *ret)
{
	const struct unix_diag_req req = {
		.sdiag_family = AF_UNIX,
		.udiag_states = ANY_STATE,
		.udiag_show = SHOW,
	};

	return read_list(&req, NLM_F_DUMP, ret);
}

int diag_unix_read_one(uint32_t ino, struct diag_unix_list *ret)
{
	const struct unix_diag_req req = {
		.sdiag_family = AF_UNIX,
		.udiag_ino = ino,
		.udiag_show = SHOW,
		.udiag_cookie = { ~0U, ~0U }, /* any */
	};

	return read_list(&req, 0, ret);
}

void diag_unix_done(struct diag_unix_list *l)
{
	buf_done(&l->answers);
	free(l->sk);
	*l = (struct diag_unix_list){};
}

const struct diag_unix *diag_unix_find(const struct diag_unix_list *l, uint32_t ino)
{
	const struct diag_unix key = { .ino = ino };

	return l->n ? bsearch(&key, l->sk, l->n, sizeof(*l->sk), by_ino) : NULL;
}

uint32_t diag_unix_pending(const struct diag_unix *sk, unsigned int i)
{
	uint32_t ino;

	memcpy(&ino, (const char *)sk->pending + i * sizeof(ino), sizeof(ino));
	return ino;
}
