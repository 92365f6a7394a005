// SPDX-License-Identifier: GPL-2.0-only
/* Options in images: written, checked, set. */
#include <errno.h>
#include <linux/filter.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/socket.h"
#include "sockopt.h"
#include "sockopt_table.h"

#define MOST_INSNS 4096 /* BPF_MAXINSNS */

static uint32_t *field(const SkOptsEntry *e, size_t at)
{
	return (uint32_t *)((char *)e + at);
}

/* ---- dump ---- */

static int dump_filter(const struct sockopt_values *v, int sk, struct arena *a, const char *what,
		       SkOptsEntry *e)
{
	struct sock_filter insn[MOST_INSNS];
	socklen_t len = v->n_filter;
	int r = 0;

	if (v->foreign_filter)
		return log_refuse("%s: it has an eBPF program for a filter: not supported yet",
				  what);
	if (len == 0)
		return 0;
	e->so_filter = arena_array(a, uint64_t, len);
	if (len > MOST_INSNS || !e->so_filter)
		r = -ENOMEM;
	if (r == 0)
		r = getsockopt(sk, SOL_SOCKET, SO_GET_FILTER, insn, &len) < 0 ? -errno : 0;
	if (r < 0)
		return log_err(r, "%s: filter of %u instructions", what, len);
	for (; e->n_so_filter < len; e->n_so_filter++) {
		const struct sock_filter *i = &insn[e->n_so_filter];

		e->so_filter[e->n_so_filter] = (uint64_t)i->code << 48 | (uint64_t)i->jt << 40 |
					       (uint64_t)i->jf << 32 | i->k;
	}
	return 0;
}

static int add_other(const struct sockopt_other *o, const struct sockopt_bytes *b, struct arena *a,
		     SkOptsEntry *e)
{
	SkOption *m = arena_new(a, SkOption);

	if (!e->more)
		e->more = arena_array(a, SkOption *, SOCKOPT_OTHERS);
	if (!m || !e->more)
		return -ENOMEM;
	sk_option__init(m);
	m->level = SOL_SOCKET;
	m->name = o->option;
	m->value.len = b->len;
	m->value.data = arena_alloc(a, b->len);
	if (!m->value.data)
		return -ENOMEM;
	memcpy(m->value.data, b->bytes, b->len);
	e->more[e->n_more++] = m;
	return 0;
}

int sockopt_dump(const struct sockopt_values *v, int sk, const struct sockopt_new *base,
		 struct arena *a, const char *what, SkOptsEntry **ret)
{
	SkOptsEntry *e = arena_new(a, SkOptsEntry);
	int r;

	if (!e)
		return -ENOMEM;
	sk_opts_entry__init(e);
	*ret = e;
	e->so_sndbuf = v->sndbuf;
	e->so_rcvbuf = v->rcvbuf;
	e->so_snd_tmo_sec = v->snd_timeo.tv_sec;
	e->so_snd_tmo_usec = v->snd_timeo.tv_usec;
	e->so_rcv_tmo_sec = v->rcv_timeo.tv_sec;
	e->so_rcv_tmo_usec = v->rcv_timeo.tv_usec;
	e->has_so_linger = v->linger.l_onoff;
	e->so_linger = v->linger.l_linger;
	if (v->device[0]) {
		e->so_bound_dev = arena_strdup(a, v->device);
		if (!e->so_bound_dev)
			return -ENOMEM;
	}
	for (size_t i = 0; i < SOCKOPT_NUMBERS; i++) {
		*field(e, sockopt_numbers[i].has) = v->number[i].known;
		*field(e, sockopt_numbers[i].value) = v->number[i].known ? v->number[i].value : 0;
	}
	if (!e->so_mark)
		e->has_so_mark = false;
	r = dump_filter(v, sk, a, what, e);
	for (size_t i = 0; r == 0 && i < SOCKOPT_OTHERS; i++) {
		const struct sockopt_bytes *b = &v->other[i], *usual = &base->values.other[i];

		if (b->len && (b->len != usual->len || memcmp(b->bytes, usual->bytes, b->len) != 0))
			r = add_other(&sockopt_others[i], b, a, e);
	}
	return r;
}

/* ---- restore ---- */

static const struct sockopt_other *find_other(const SkOption *m)
{
	for (size_t i = 0; m->level == SOL_SOCKET && i < SOCKOPT_OTHERS; i++)
		if ((uint32_t)sockopt_others[i].option == m->name)
			return &sockopt_others[i];
	return NULL;
}

int sockopt_check(const SkOptsEntry *e, const char *what)
{
	if (e->n_so_filter > MOST_INSNS)
		return log_bad_image("%s: a filter of %zu instructions", what, e->n_so_filter);
	if (e->so_bound_dev && strlen(e->so_bound_dev) >= IFNAMSIZ)
		return log_bad_image("%s: it is bound to device %s", what, e->so_bound_dev);
	for (size_t i = 0; i < e->n_more; i++) {
		const struct sockopt_other *o = find_other(e->more[i]);

		if (!o || e->more[i]->value.len > o->size || e->more[i]->value.len < 4)
			return log_bad_image("%s: option %u of level %u, %zu bytes", what,
					     e->more[i]->name, e->more[i]->level,
					     e->more[i]->value.len);
	}
	return 0;
}

static int set(int sk, int option, const void *value, socklen_t len)
{
	return setsockopt(sk, SOL_SOCKET, option, value, len) < 0 ? -errno : 0;
}

/* The kernel doubles what it is given, and would cut it to a sysctl's limit without the FORCE. */
static int set_buffer(int sk, int force, int option, uint32_t bytes)
{
	uint32_t half = bytes / 2, got = 0;
	socklen_t len = sizeof(got);
	int r = set(sk, force, &half, sizeof(half));

	if (r == -EPERM)
		r = set(sk, option, &half, sizeof(half));
	if (r == 0 && getsockopt(sk, SOL_SOCKET, option, &got, &len) < 0)
		r = -errno;
	/* An odd number can only come from a sysctl. */
	return r < 0 ? r : got / 2 == half ? 0 : -ERANGE;
}

static int set_lock(const SkOptsEntry *e, int sk)
{
	/* Before 5.15 there is none, nor was there at dump. */
	return e->has_so_buf_lock ? set(sk, SO_BUF_LOCK, &e->so_buf_lock, sizeof(e->so_buf_lock))
				  : 0;
}

int sockopt_restore_sndbuf(const SkOptsEntry *e, int sk, const char *what)
{
	int r = set_buffer(sk, SO_SNDBUFFORCE, SO_SNDBUF, e->so_sndbuf);

	if (r == 0)
		r = set_lock(e, sk);
	return r < 0 ? log_err(r, "%s: SO_SNDBUF of %u", what, e->so_sndbuf) : 0;
}

int sockopt_widen_sndbuf(int sk, size_t n)
{
	uint32_t now = 0;
	socklen_t len = sizeof(now);

	if (getsockopt(sk, SOL_SOCKET, SO_SNDBUF, &now, &len) < 0)
		return -errno;
	if (n > INT32_MAX / 4 - now / 2)
		return -EMSGSIZE;
	now = now / 2 + n;
	return set(sk, SO_SNDBUFFORCE, &now, sizeof(now));
}

static int restore_buffers(const SkOptsEntry *e, const struct sockopt_new *base, int sk)
{
	bool other = e->so_buf_lock;
	int r = 0;

	if (e->so_sndbuf != base->values.sndbuf) {
		r = set_buffer(sk, SO_SNDBUFFORCE, SO_SNDBUF, e->so_sndbuf);
		other = true;
	}
	if (r == 0 && e->so_rcvbuf != base->values.rcvbuf) {
		r = set_buffer(sk, SO_RCVBUFFORCE, SO_RCVBUF, e->so_rcvbuf);
		other = true;
	}
	return r == 0 && other ? set_lock(e, sk) : r;
}

static int restore_times(const SkOptsEntry *e, int sk)
{
	struct timeval snd = { e->so_snd_tmo_sec, e->so_snd_tmo_usec };
	struct timeval rcv = { e->so_rcv_tmo_sec, e->so_rcv_tmo_usec };
	struct linger linger = { 1, e->so_linger };
	int r = 0;

	if (snd.tv_sec || snd.tv_usec)
		r = set(sk, SO_SNDTIMEO, &snd, sizeof(snd));
	if (r == 0 && (rcv.tv_sec || rcv.tv_usec))
		r = set(sk, SO_RCVTIMEO, &rcv, sizeof(rcv));
	if (r == 0 && e->has_so_linger)
		r = set(sk, SO_LINGER, &linger, sizeof(linger));
	return r;
}

static int restore_numbers(const SkOptsEntry *e, const struct sockopt_new *base, int sk,
			   const char *what)
{
	for (size_t i = 0; i < SOCKOPT_NUMBERS; i++) {
		const struct sockopt_number *n = &sockopt_numbers[i];
		uint32_t *value = field(e, n->value);
		int r;

		if (n->option == SO_BUF_LOCK || !*field(e, n->has) ||
		    *value == (base->values.number[i].known ? base->values.number[i].value : 0))
			continue;
		r = set(sk, n->option, value, sizeof(*value));
		if (r < 0)
			return log_err(r, "%s: %s of %u", what, n->name, *value);
	}
	return 0;
}

static int restore_filter(const SkOptsEntry *e, int sk)
{
	struct sock_filter insn[MOST_INSNS];
	struct sock_fprog prog = { .len = e->n_so_filter, .filter = insn };

	if (!prog.len)
		return 0;
	for (size_t i = 0; i < e->n_so_filter; i++)
		insn[i] = (struct sock_filter){ .code = e->so_filter[i] >> 48,
						.jt = e->so_filter[i] >> 40,
						.jf = e->so_filter[i] >> 32,
						.k = e->so_filter[i] };
	return set(sk, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

int sockopt_restore(const SkOptsEntry *e, const struct sockopt_new *base, int sk, const char *what)
{
	int r = restore_buffers(e, base, sk);

	if (r < 0)
		return log_err(r, "%s: buffers of %u and %u bytes", what, e->so_sndbuf,
			       e->so_rcvbuf);
	r = restore_times(e, sk);
	if (r < 0)
		return log_err(r, "%s: timeouts", what);
	r = restore_numbers(e, base, sk, what);
	if (r < 0)
		return r;
	if (e->so_bound_dev && e->so_bound_dev[0]) {
		r = set(sk, SO_BINDTODEVICE, e->so_bound_dev, strlen(e->so_bound_dev));
		if (r < 0)
			return log_err(r, "%s: bind it to device %s", what, e->so_bound_dev);
	}
	r = restore_filter(e, sk);
	if (r < 0)
		return log_err(r, "%s: filter", what);
	for (size_t i = 0; i < e->n_more; i++) {
		const SkOption *m = e->more[i];

		r = set(sk, m->name, m->value.data, m->value.len);
		if (r < 0)
			return log_err(r, "%s: %s", what, find_other(m)->name);
	}
	return 0;
}
