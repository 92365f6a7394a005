// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/socket.h"
#include "sockopt.h"

#define MOST_INSNS 4096 /* BPF_MAXINSNS */

/* Who has a use for an option. */
enum use {
	ANYBODY,
	NETWORKS, /* not sockets that never see a device */
};

static bool is_used(enum use use, int family)
{
	return use == ANYBODY || family != AF_UNIX;
}

/* ---- numbers the format has fields for ---- */

/* All of these fields are 32 bits wide: uint32_t or protobuf_c_boolean. */
#define FIELD(use, option, field)                                                                  \
	{                                                                                          \
		use, option, offsetof(SkOptsEntry, has_##field), offsetof(SkOptsEntry, field),     \
			#option                                                                    \
	}

static const struct number {
	enum use use;
	int option;
	size_t has, value;
	const char *name;
} numbers[SOCKOPT_NUMBERS] = {
	FIELD(ANYBODY, SO_REUSEADDR, reuseaddr),    FIELD(NETWORKS, SO_REUSEPORT, so_reuseport),
	FIELD(ANYBODY, SO_BROADCAST, so_broadcast), FIELD(ANYBODY, SO_KEEPALIVE, so_keepalive),
	FIELD(ANYBODY, SO_OOBINLINE, so_oobinline), FIELD(ANYBODY, SO_DONTROUTE, so_dontroute),
	FIELD(ANYBODY, SO_NO_CHECK, so_no_check),   FIELD(ANYBODY, SO_PRIORITY, so_priority),
	FIELD(ANYBODY, SO_MARK, so_mark),           FIELD(ANYBODY, SO_RCVLOWAT, so_rcvlowat),
	FIELD(ANYBODY, SO_PASSCRED, so_passcred),   FIELD(ANYBODY, SO_PASSSEC, so_passsec),
	FIELD(ANYBODY, SO_BUF_LOCK, so_buf_lock),
};

static uint32_t *field(const SkOptsEntry *e, size_t at)
{
	return (uint32_t *)((char *)e + at);
}

/* ---- and options it has none for ---- */

/* In the order they are to be set: the later ones of the time stamps say which layout is meant. */
static const struct other {
	enum use use;
	int option;
	socklen_t size;
	const char *name;
} others[SOCKOPT_OTHERS] = {
	{ ANYBODY, SO_PEEK_OFF, 4, "SO_PEEK_OFF" },
	{ ANYBODY, SO_PASSPIDFD, 4, "SO_PASSPIDFD" },
	{ ANYBODY, SO_PASSRIGHTS, 4, "SO_PASSRIGHTS" },
	{ ANYBODY, SO_TIMESTAMPING_OLD, 8, "SO_TIMESTAMPING" },
	{ ANYBODY, SO_TIMESTAMPING_NEW, 8, "SO_TIMESTAMPING_NEW" },
	{ ANYBODY, SO_TIMESTAMP_OLD, 4, "SO_TIMESTAMP" },
	{ ANYBODY, SO_TIMESTAMPNS_OLD, 4, "SO_TIMESTAMPNS" },
	{ ANYBODY, SO_TIMESTAMP_NEW, 4, "SO_TIMESTAMP_NEW" },
	{ ANYBODY, SO_TIMESTAMPNS_NEW, 4, "SO_TIMESTAMPNS_NEW" },
	{ NETWORKS, SO_RXQ_OVFL, 4, "SO_RXQ_OVFL" },
	{ NETWORKS, SO_SELECT_ERR_QUEUE, 4, "SO_SELECT_ERR_QUEUE" },
	{ NETWORKS, SO_WIFI_STATUS, 4, "SO_WIFI_STATUS" },
	{ NETWORKS, SO_NOFCS, 4, "SO_NOFCS" },
	{ NETWORKS, SO_BUSY_POLL, 4, "SO_BUSY_POLL" },
	{ NETWORKS, SO_PREFER_BUSY_POLL, 4, "SO_PREFER_BUSY_POLL" },
	{ NETWORKS, SO_MAX_PACING_RATE, 8, "SO_MAX_PACING_RATE" },
	{ NETWORKS, SO_ZEROCOPY, 4, "SO_ZEROCOPY" },
	{ NETWORKS, SO_TXTIME, 8, "SO_TXTIME" },
	{ NETWORKS, SO_RESERVE_MEM, 4, "SO_RESERVE_MEM" },
	{ NETWORKS, SO_RCVMARK, 4, "SO_RCVMARK" },
	{ NETWORKS, SO_RCVPRIORITY, 4, "SO_RCVPRIORITY" },
	{ NETWORKS, SO_DEBUG, 4, "SO_DEBUG" },
	{ ANYBODY, SO_LOCK_FILTER, 4, "SO_LOCK_FILTER" },
};

/* ---- reading ---- */

static int get(int sk, int option, void *value, socklen_t *len)
{
	return getsockopt(sk, SOL_SOCKET, option, value, len) < 0 ? -errno : 0;
}

static int read_buffers(int sk, struct sockopt_values *v)
{
	uint32_t mem[SK_MEMINFO_VARS];
	socklen_t len = sizeof(mem);
	int r = get(sk, SO_MEMINFO, mem, &len);

	v->sndbuf = mem[SK_MEMINFO_SNDBUF];
	v->rcvbuf = mem[SK_MEMINFO_RCVBUF];
	return r;
}

static int read_times(int sk, struct sockopt_values *v)
{
	socklen_t len = sizeof(v->snd_timeo);
	int r = get(sk, SO_SNDTIMEO, &v->snd_timeo, &len);

	if (r == 0)
		r = get(sk, SO_RCVTIMEO, &v->rcv_timeo, &len);
	len = sizeof(v->linger);
	return r < 0 ? r : get(sk, SO_LINGER, &v->linger, &len);
}

static int read_filter(int sk, struct sockopt_values *v)
{
	socklen_t len = 0;
	/* Lengths of a filter are instructions here, not bytes. */
	int r = get(sk, SO_GET_FILTER, NULL, &len);

	v->n_filter = r < 0 ? 0 : len;
	v->foreign_filter = r == -EACCES;
	return r == -EACCES || r == -ENOPROTOOPT ? 0 : r;
}

/* Options this kernel does not have are none that a socket could have set. */
static void read_rest(int sk, int family, struct sockopt_values *v)
{
	for (size_t i = 0; i < SOCKOPT_NUMBERS; i++) {
		socklen_t len = sizeof(v->number[i].value);

		v->number[i].known = is_used(numbers[i].use, family) &&
				     get(sk, numbers[i].option, &v->number[i].value, &len) == 0;
	}
	for (size_t i = 0; i < SOCKOPT_OTHERS; i++) {
		struct sockopt_bytes *b = &v->other[i];

		*b = (struct sockopt_bytes){ .len = others[i].size };
		if (!is_used(others[i].use, family) ||
		    get(sk, others[i].option, b->bytes, &b->len) < 0)
			b->len = 0;
	}
}

int sockopt_read(int sk, int family, struct sockopt_values *v)
{
	socklen_t len = sizeof(v->device);
	int r = read_buffers(sk, v);

	if (r == 0)
		r = read_times(sk, v);
	if (r == 0)
		r = read_filter(sk, v);
	v->device[0] = '\0';
	if (r == 0 && is_used(NETWORKS, family))
		r = get(sk, SO_BINDTODEVICE, v->device, &len);
	read_rest(sk, family, v);
	return r;
}

int sockopt_value(const struct sockopt_values *v, int option, int fallback)
{
	int value;

	for (size_t i = 0; i < SOCKOPT_NUMBERS; i++)
		if (numbers[i].option == option)
			return v->number[i].known ? (int)v->number[i].value : fallback;
	for (size_t i = 0; i < SOCKOPT_OTHERS; i++)
		if (others[i].option == option && v->other[i].len == sizeof(value)) {
			memcpy(&value, v->other[i].bytes, sizeof(value));
			return value;
		}
	return fallback;
}

/* ---- what a new socket has ---- */

struct sockopt_new {
	int family, type, protocol;
	struct sockopt_values values;
	struct sockopt_new *next;
};

const struct sockopt_new *sockopt_new_socket(int family, int type, int protocol)
{
	static struct sockopt_new *all;
	_cleanup_close_ int sk = -EBADF;
	struct sockopt_new *n;
	int r;

	for (n = all; n; n = n->next)
		if (n->family == family && n->type == type && n->protocol == protocol)
			return n;
	n = calloc(1, sizeof(*n));
	sk = socket(family, type | SOCK_CLOEXEC, protocol);
	r = !n ? -ENOMEM : sk < 0 ? -errno : sockopt_read(sk, family, &n->values);
	if (r < 0) {
		log_err(r, "a new socket of family %d, type %d", family, type);
		free(n);
		return NULL;
	}
	n->family = family;
	n->type = type;
	n->protocol = protocol;
	n->next = all;
	all = n;
	return n;
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
		r = get(sk, SO_GET_FILTER, insn, &len);
	if (r < 0)
		return log_err(r, "%s: filter of %u instructions", what, len);
	for (; e->n_so_filter < len; e->n_so_filter++) {
		const struct sock_filter *i = &insn[e->n_so_filter];

		e->so_filter[e->n_so_filter] = (uint64_t)i->code << 48 | (uint64_t)i->jt << 40 |
					       (uint64_t)i->jf << 32 | i->k;
	}
	return 0;
}

static int add_other(const struct other *o, const struct sockopt_bytes *b, struct arena *a,
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
		*field(e, numbers[i].has) = v->number[i].known;
		*field(e, numbers[i].value) = v->number[i].known ? v->number[i].value : 0;
	}
	if (!e->so_mark)
		e->has_so_mark = false;
	r = dump_filter(v, sk, a, what, e);
	for (size_t i = 0; r == 0 && i < SOCKOPT_OTHERS; i++) {
		const struct sockopt_bytes *b = &v->other[i], *usual = &base->values.other[i];

		if (b->len && (b->len != usual->len || memcmp(b->bytes, usual->bytes, b->len) != 0))
			r = add_other(&others[i], b, a, e);
	}
	return r;
}

/* ---- restore ---- */

static const struct other *find_other(const SkOption *m)
{
	for (size_t i = 0; m->level == SOL_SOCKET && i < SOCKOPT_OTHERS; i++)
		if ((uint32_t)others[i].option == m->name)
			return &others[i];
	return NULL;
}

int sockopt_check(const SkOptsEntry *e, const char *what)
{
	if (e->n_so_filter > MOST_INSNS)
		return log_bad_image("%s: a filter of %zu instructions", what, e->n_so_filter);
	if (e->so_bound_dev && strlen(e->so_bound_dev) >= IFNAMSIZ)
		return log_bad_image("%s: it is bound to device %s", what, e->so_bound_dev);
	for (size_t i = 0; i < e->n_more; i++) {
		const struct other *o = find_other(e->more[i]);

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
		const struct number *n = &numbers[i];
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
