// SPDX-License-Identifier: GPL-2.0-only
/* Options that sockets of every family have: SOL_SOCKET. */
#ifndef OBJECTS_SOCKOPT_H
#define OBJECTS_SOCKOPT_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "engine/base/arena.h"
#include "proto/sk-opts.pb-c.h"

#define SOCKOPT_NUMBERS 13
#define SOCKOPT_OTHERS  23

/* All that can be read, as it was read. */
struct sockopt_values {
	uint32_t sndbuf, rcvbuf;
	struct timeval snd_timeo, rcv_timeo;
	struct linger linger;
	struct {
		bool known; /* of no use to this family, or to this kernel, if not */
		uint32_t value;
	} number[SOCKOPT_NUMBERS];
	struct sockopt_bytes {
		socklen_t len; /* 0: the same */
		uint8_t bytes[8];
	} other[SOCKOPT_OTHERS];
	unsigned int n_filter; /* instructions */
	bool foreign_filter;   /* which nobody can read */
	char device[16];       /* that it is bound to, "" */
};

/*
 * Reads them by a descriptor of ours; silent, and any number of threads may do so. Options that mean
 * nothing to a family are not looked at.
 */
int sockopt_read(int sk, int family, struct sockopt_values *v);

/* One of those that are numbers; fallback: when there is none. */
int sockopt_value(const struct sockopt_values *v, int option, int fallback);

/* What a new socket of a kind has; read once, by making one. NULL: logged. */
struct sockopt_new;
const struct sockopt_new *sockopt_new_socket(int family, int type, int protocol);

/* ---- sockopt_image.c ---- */

/* what: for messages. */
int sockopt_dump(const struct sockopt_values *v, int sk, const struct sockopt_new *base,
		 struct arena *a, const char *what, SkOptsEntry **ret);

int sockopt_check(const SkOptsEntry *e, const char *what);

/*
 * Sets what a new socket does not have already. Last of all, as a filter may drop what is still to
 * be received, and buffers may be smaller than what is in them.
 */
int sockopt_restore(const SkOptsEntry *e, const struct sockopt_new *base, int sk, const char *what);

/* Room for n more bytes to send, for as long as queues are filled; sockopt_restore_sndbuf() undoes it. */
int sockopt_widen_sndbuf(int sk, size_t n);
int sockopt_restore_sndbuf(const SkOptsEntry *e, int sk, const char *what);

#endif
