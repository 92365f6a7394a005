// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking at what waits in the receive queue of a socket, and leaving all of it there. That takes
 * options of the socket itself (SO_PEEK_OFF, to get beyond the first message), which are as they
 * were when this returns: or when the engine is killed meanwhile (peek_guard.h).
 */
#ifndef OBJECTS_SK_PEEK_H
#define OBJECTS_SK_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "peek_guard.h"

/* A message; of a stream, a run of bytes that came from one sender. */
struct sk_message {
	const char *data;
	size_t len;
	const char *addr; /* what follows sa_family */
	size_t addr_len;
	struct ucred cred; /* pid 0: none were attached */
	const int *fd;     /* descriptors that came with it, ours for as long as this is shown */
	unsigned int n_fds;
	bool oob;       /* one byte, by MSG_OOB */
	bool oob_taken; /* where one was that has been received: no data */
};

struct sk_peek {
	int sk;
	bool stream, datagram;
	bool by_pieces; /* of a stream: each piece that was sent by itself */
	struct peek_options was;
	const char *what; /* for messages */
	/* What this returns other than 0 ends the look. */
	int (*show)(void *arg, const struct sk_message *m);
	void *arg;
};

/*
 * Shows each message in its order; any number of threads may do so, with sockets of their own.
 * Refuses what it cannot look at without changing it. *error: one is pending on the socket. Logged, but
 * for -EMFILE: more descriptors are in flight than we can have.
 */
int sk_peek(const struct sk_peek *p, bool *error);

#endif
