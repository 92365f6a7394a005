// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/socket.h"
#include "sk_peek.h"

#define MOST_FDS  253 /* SCM_MAX_FD */
#define FIRST_TRY 65536
#define NOBODY    65534 /* how an id that is not valid is shown: overflowuid, overflowgid */

/* The caller may know a way out. */
static int failed(int err, const char *what)
{
	return err == -EMFILE ? err : log_err(err, "%s: look at its queue", what);
}

/* ---- one recvmsg(2) ---- */

struct look {
	int sk;
	struct peek_guard *guard;
	struct buf data; /* what all looks so far have shown */
	char addr[sizeof(struct sockaddr_storage)];
	size_t addr_len;
	struct ucred cred;
	int fd[MOST_FDS];
	unsigned int n_fds;
	bool real; /* a message, not the end of what can come */
	size_t rest;
};

static void close_fds(struct look *l)
{
	while (l->n_fds)
		close(l->fd[--l->n_fds]);
}

static void take_cmsg(struct look *l, const struct cmsghdr *c)
{
	const unsigned char *data = CMSG_DATA(c);
	size_t len = c->cmsg_len - CMSG_LEN(0);

	if (c->cmsg_level != SOL_SOCKET)
		return;
	if (c->cmsg_type == SCM_CREDENTIALS && len >= sizeof(l->cred)) {
		memcpy(&l->cred, data, sizeof(l->cred));
		l->real = true;
	} else if (c->cmsg_type == SCM_RIGHTS) {
		l->n_fds = MIN(len / sizeof(int), (size_t)MOST_FDS);
		memcpy(l->fd, data, l->n_fds * sizeof(int));
	}
}

/* At most n bytes more, from where SO_PEEK_OFF stands. How many, or -errno; -EAGAIN: no more. */
static ssize_t look(struct look *l, size_t n)
{
	char control[8192] __attribute__((aligned(8)));
	struct sockaddr_storage addr;
	struct iovec iov;
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control),
			      .msg_name = &addr,
			      .msg_namelen = sizeof(addr) };
	ssize_t got;
	int r = buf_reserve(&l->data, n);

	if (r < 0)
		return r;
	close_fds(l);
	l->real = false;
	l->cred = (struct ucred){};
	iov = (struct iovec){ l->data.data + l->data.len, n };
	got = recvmsg(l->sk, &msg, MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
	if (got < 0)
		return -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		take_cmsg(l, c);
	if (msg.msg_flags & MSG_CTRUNC)
		return -EMFILE;
	l->addr_len =
		msg.msg_namelen > sizeof(sa_family_t) ? msg.msg_namelen - sizeof(sa_family_t) : 0;
	memcpy(l->addr, (char *)&addr + sizeof(sa_family_t), MIN(l->addr_len, sizeof(l->addr)));
	/* Of a message the whole length is told, of a stream what was copied. */
	l->rest = (size_t)got > n ? got - n : 0;
	got -= l->rest;
	l->data.len += got;
	return got;
}

static bool has_cred(const struct ucred *c)
{
	return c->pid || c->uid != NOBODY || c->gid != NOBODY;
}

static int check_cred(const struct look *l, const char *what)
{
	if (l->cred.pid == 0 && has_cred(&l->cred))
		return log_refuse("%s: a message that waits came from another pid namespace", what);
	return 0;
}

/* ---- packets ---- */

static int peek_packets(struct look *l, const struct sk_peek *p)
{
	int r = peek_guard_set(l->guard, SO_PEEK_OFF, 0);

	if (r < 0)
		return failed(r, p->what);
	while (r == 0) {
		ssize_t n;

		l->data.len = 0;
		n = look(l, FIRST_TRY);
		/* At the end of a connection that was shut down there is an empty message, from nobody. */
		if (n == -EAGAIN || (n == 0 && !l->real))
			return 0;
		/* The offset has moved behind what was copied: what follows is the rest. */
		while (n >= 0 && l->rest)
			n = look(l, l->rest);
		if (n < 0)
			return failed(n, p->what);
		r = check_cred(l, p->what);
		if (r == 0)
			r = p->show(p->arg, &(struct sk_message){ .data = l->data.data,
								  .len = l->data.len,
								  .addr = l->addr,
								  .addr_len = l->addr_len,
								  .cred = l->cred,
								  .fd = l->fd,
								  .n_fds = l->n_fds });
	}
	return r;
}

/* ---- streams ---- */

/*
 * Since 6.17 (f4e1fb04c123), until c1f07a7f2d47 of 2026, a piece counts as a whole as long as any of it is
 * unread: such a kernel only tells how much is there at most.
 */
static bool tells_length(void)
{
	static int tells = -1;
	int sk[2], n = 0;
	char c;

	if (tells >= 0)
		return tells;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sk) < 0)
		return false;
	if (write(sk[0], "ab", 2) == 2 && read(sk[1], &c, 1) == 1 && ioctl(sk[1], SIOCINQ, &n) == 0)
		tells = n == 1;
	close(sk[0]);
	close(sk[1]);
	return tells > 0;
}

struct stream {
	struct look look;
	const struct sk_peek *p;
	bool error;        /* one is pending */
	size_t total, oob; /* the out-of-band byte; beyond the end: there is none */
};

static int show_mark(struct stream *s)
{
	return s->p->show(s->p->arg, &(struct sk_message){ .oob_taken = true });
}

static int show_plain(struct stream *s, size_t from, size_t to, const int *fd, unsigned int n_fds)
{
	return s->p->show(s->p->arg, &(struct sk_message){ .data = s->look.data.data + from,
							   .len = to - from,
							   .cred = s->look.cred,
							   .fd = fd,
							   .n_fds = n_fds,
							   .oob = from == s->oob });
}

/* The out-of-band byte is a piece of its own. */
static int show_piece(struct stream *s, size_t from, size_t to, const int *fd, unsigned int n_fds)
{
	size_t cut[] = { s->oob, s->oob + 1, to };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(cut); i++) {
		size_t end = MIN(cut[i], to);

		if (end <= from)
			continue;
		r = show_plain(s, from, end, fd, n_fds);
		from = end;
		n_fds = 0;
	}
	return r;
}

/*
 * A look shows what was sent by several calls as one. But it takes each of these pieces as a whole or,
 * where there is no memory to put all of it, not at all: so with room for one byte less than there is,
 * it ends where the last piece begins.
 */
static int find_last_piece(struct stream *s, size_t from, size_t to, size_t *at)
{
	struct iovec iov[] = { { s->look.data.data + from, to - from - 1 },
			       { NULL, s->look.data.len + 1 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = ARRAY_SIZE(iov) };
	ssize_t n;
	int r;

	*at = from;
	if (to - from <= 1)
		return 0;
	r = peek_guard_set(s->look.guard, SO_PEEK_OFF, from);
	if (r < 0)
		return r;
	n = recvmsg(s->look.sk, &msg, MSG_PEEK | MSG_DONTWAIT);
	if (n < 0 && errno != EFAULT)
		return -errno;
	*at = n < 0 ? from : from + n;
	return *at < to ? 0 : -EIO;
}

/*
 * What is behind `from`, in one look: descriptors that came are those of its last piece. The other
 * pieces matter when the sender lives on: it is charged for each.
 */
static int show_run(struct stream *s, size_t from)
{
	size_t at, to = s->look.data.len, end = to;
	_cleanup_buf_ struct buf cuts = {};
	int r = check_cred(&s->look, s->p->what);

	if (r < 0 || !(s->look.n_fds || s->p->by_pieces))
		return r < 0 ? r : show_piece(s, from, to, NULL, 0);
	do {
		r = find_last_piece(s, from, end, &at);
		if (r == 0)
			r = buf_append(&cuts, &at, sizeof(at));
		end = at;
	} while (r == 0 && at > from && s->p->by_pieces);
	if (r < 0)
		return failed(r, s->p->what);
	if (at > from)
		r = show_piece(s, from, at, NULL, 0);
	while (r == 0 && cuts.len) {
		cuts.len -= sizeof(at);
		memcpy(&at, cuts.data + cuts.len, sizeof(at));
		end = to;
		if (cuts.len)
			memcpy(&end, cuts.data + cuts.len - sizeof(end), sizeof(end));
		r = show_piece(s, at, end, s->look.fd, cuts.len ? 0 : s->look.n_fds);
	}
	return r;
}

/* The next look, behind all that have been; how many bytes, 0 when there are no more. */
static ssize_t look_on(struct stream *s)
{
	size_t seen = s->look.data.len;
	ssize_t n;

	if (seen == s->total)
		return 0;
	if (seen && s->error && !tells_length())
		return log_refuse(
			"%s: an error is pending on it, and this kernel does not tell the "
			"length of a queue that was read in part: to look for its end "
			"would take the error",
			s->p->what);
	n = look(&s->look, s->total - seen);
	if (seen && (n == 0 || n == -EAGAIN) && !tells_length()) {
		s->total = seen;
		return 0;
	}
	return n > 0 ? n : failed(n < 0 ? n : -EIO, s->p->what);
}

/*
 * A look ends where the sender changes, behind descriptors, and before the out-of-band byte. Without
 * SO_PASSCRED senders do not matter.
 */
static int find_oob(struct stream *s)
{
	struct look *l = &s->look;
	int r = peek_guard_set(l->guard, SO_PASSCRED, 0);

	if (r == 0)
		r = peek_guard_set(l->guard, SO_PEEK_OFF, 0);

	while (r == 0) {
		ssize_t n = look_on(s);

		if (n < 0)
			return n;
		if (n == 0 || !l->n_fds)
			break;
	}
	s->oob = l->data.len;
	if (r == 0 && l->data.len == s->total)
		return log_refuse("%s: there is no telling where its out-of-band byte is",
				  s->p->what);
	l->data.len = 0;
	close_fds(l);
	if (r == 0)
		r = peek_guard_set(l->guard, SO_PEEK_OFF, 0);
	return r < 0 ? failed(r, s->p->what) : peek_guard_set(l->guard, SO_PASSCRED, 1);
}

/*
 * Never beyond the last byte: a look that finds nothing takes a pending error with it. A look that
 * ended without a reason did so at the place of an out-of-band byte that has been received.
 */
static int peek_runs(struct stream *s)
{
	struct look *l = &s->look;
	struct ucred before = {};
	bool no_reason = false;
	int r = 0;

	while (r == 0) {
		size_t from = l->data.len;
		ssize_t n = look_on(s);

		if (n <= 0)
			return n;
		if (no_reason && from != s->oob && memcmp(&before, &l->cred, sizeof(before)) == 0)
			r = show_mark(s);
		no_reason = !l->n_fds;
		before = l->cred;
		if (r == 0)
			r = show_run(s, from);
		/* Mostly all has been seen, and the offset does not matter any more. */
		if (r == 0 && l->data.len < s->total)
			r = peek_guard_set(l->guard, SO_PEEK_OFF, l->data.len);
	}
	return r;
}

static int peek_stream(struct stream *s, bool oob)
{
	int at_mark = 0, total, r = 0;

	if (ioctl(s->look.sk, SIOCINQ, &total) < 0)
		return log_err(-errno, "%s: length of its queue", s->p->what);
	/* Without CONFIG_AF_UNIX_OOB there are no marks. */
	if (ioctl(s->look.sk, SIOCATMARK, &at_mark) < 0)
		at_mark = 0;
	s->total = total;
	s->oob = at_mark && oob ? 0 : s->total;
	if (at_mark && !oob)
		r = show_mark(s);
	if (r == 0 && oob)
		r = peek_guard_set(s->look.guard, SO_OOBINLINE, 1);
	if (r == 0 && oob && !at_mark)
		r = find_oob(s);
	if (r == 0 && (oob || s->p->was.peek_off >= 0))
		r = peek_guard_set(s->look.guard, SO_PEEK_OFF, 0);
	return r < 0 ? r : peek_runs(s);
}

/* ---- both ---- */

int sk_peek(const struct sk_peek *p, bool *error)
{
	struct pollfd pfd = { .fd = p->sk, .events = POLLIN | POLLPRI };
	struct stream s = { .look = { .sk = p->sk }, .p = p };
	int r, undone, left = 0;

	if (poll(&pfd, 1, 0) < 0)
		return log_err(-errno, "%s: poll", p->what);
	s.error = *error = pfd.revents & POLLERR;
	if (!(pfd.revents & (POLLIN | POLLPRI)))
		return 0;
	if (*error && !p->stream) {
		/* A connection's reset has come with an end of everything, which is readable as well. */
		if (!p->datagram && ioctl(p->sk, SIOCINQ, &left) == 0 && left == 0)
			return 0;
		return log_refuse(
			"%s: an error is pending on it, which would be lost by looking at "
			"its queue",
			p->what);
	}
	s.look.guard = peek_guard_begin(p->sk, &p->was);
	r = peek_guard_set(s.look.guard, SO_PASSCRED, 1);
	/* Each look would give us one more. */
	if (r == 0)
		r = peek_guard_set(s.look.guard, SO_PASSPIDFD, 0);
	if (r < 0)
		log_err(r, "%s: have senders shown", p->what);
	else
		r = p->stream ? peek_stream(&s, pfd.revents & POLLPRI) : peek_packets(&s.look, p);
	close_fds(&s.look);
	buf_done(&s.look.data);
	undone = peek_guard_end(s.look.guard);
	if (undone < 0)
		log_err(undone, "%s: its options cannot be put back", p->what);
	return r < 0 ? r : undone;
}
