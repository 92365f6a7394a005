// SPDX-License-Identifier: GPL-2.0-only
/* Which options there are, and reading them. */
#include <errno.h>
#include <linux/sock_diag.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/socket.h"
#include "sockopt.h"
#include "sockopt_table.h"

static bool is_used(enum sockopt_use use, int family)
{
	return use == ANYBODY || family != AF_UNIX;
}

/* ---- numbers the format has fields for ---- */

#define FIELD(use, option, field)                                                                  \
	{                                                                                          \
		use, option, offsetof(SkOptsEntry, has_##field), offsetof(SkOptsEntry, field),     \
			#option                                                                    \
	}

const struct sockopt_number sockopt_numbers[SOCKOPT_NUMBERS] = {
	FIELD(ANYBODY, SO_REUSEADDR, reuseaddr),    FIELD(NETWORKS, SO_REUSEPORT, so_reuseport),
	FIELD(ANYBODY, SO_BROADCAST, so_broadcast), FIELD(ANYBODY, SO_KEEPALIVE, so_keepalive),
	FIELD(ANYBODY, SO_OOBINLINE, so_oobinline), FIELD(ANYBODY, SO_DONTROUTE, so_dontroute),
	FIELD(ANYBODY, SO_NO_CHECK, so_no_check),   FIELD(ANYBODY, SO_PRIORITY, so_priority),
	FIELD(ANYBODY, SO_MARK, so_mark),           FIELD(ANYBODY, SO_RCVLOWAT, so_rcvlowat),
	FIELD(ANYBODY, SO_PASSCRED, so_passcred),   FIELD(ANYBODY, SO_PASSSEC, so_passsec),
	FIELD(ANYBODY, SO_BUF_LOCK, so_buf_lock),
};

/* ---- and options it has none for ---- */

/* The later ones of the time stamps say which layout is meant. */
const struct sockopt_other sockopt_others[SOCKOPT_OTHERS] = {
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

		v->number[i].known =
			is_used(sockopt_numbers[i].use, family) &&
			get(sk, sockopt_numbers[i].option, &v->number[i].value, &len) == 0;
	}
	for (size_t i = 0; i < SOCKOPT_OTHERS; i++) {
		struct sockopt_bytes *b = &v->other[i];

		*b = (struct sockopt_bytes){ .len = sockopt_others[i].size };
		if (!is_used(sockopt_others[i].use, family) ||
		    get(sk, sockopt_others[i].option, b->bytes, &b->len) < 0)
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
		if (sockopt_numbers[i].option == option)
			return v->number[i].known ? (int)v->number[i].value : fallback;
	for (size_t i = 0; i < SOCKOPT_OTHERS; i++)
		if (sockopt_others[i].option == option && v->other[i].len == sizeof(value)) {
			memcpy(&value, v->other[i].bytes, sizeof(value));
			return value;
		}
	return fallback;
}

/* ---- what a new socket has ---- */

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
