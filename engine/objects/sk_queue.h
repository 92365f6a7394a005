// SPDX-License-Identifier: GPL-2.0-only
/* Messages that wait in receive queues: sk-queues.img. */
#ifndef OBJECTS_SK_QUEUE_H
#define OBJECTS_SK_QUEUE_H

#include <sys/socket.h>
#include <uthash.h>

#include "engine/dump.h"
#include "engine/restore.h"
#include "sk_peek.h"
#include "proto/sk-queue.pb-c.h"

/* ---- dump ---- */

struct sk_mail;

/*
 * Looks at what waits in a socket (its show and arg are ours), so that it can be saved later: any
 * number of threads may do so, after peek_guard_start(). *error: one is pending on it. Logged, but for
 * -EMFILE: then only sk_queue_dump() will do.
 */
int sk_mail_look(struct sk_peek *p, struct sk_mail **ret, bool *error);
/* Saves it as what waits in socket `id`; descriptors in flight are saved as open files like any other. */
int sk_mail_save(struct dump *d, uint32_t id, const struct sk_mail *mail, const char *what);
void sk_mail_free(struct sk_mail *mail);

/* Looks and saves, one message after the other. */
int sk_queue_dump(struct dump *d, uint32_t id, struct sk_peek *p);

int sk_queue_dump_end(void);

/* ---- restore ---- */

struct sk_packet {
	struct sk_packet *next;
	const SkPacketEntry *e;
	const uint8_t *data;
};

struct sk_queue {
	uint32_t id;
	struct sk_packet *first, *last;
	UT_hash_handle hh;
};

/* All queues by the id of their socket. Every reference is checked. */
int sk_queues_read(struct restore *r, struct sk_queue **ret);

/* How many descriptors come with it, and which files they are of. */
unsigned int sk_packet_rights(const struct sk_packet *p);
struct restore_file *sk_packet_right(struct restore *r, const struct sk_packet *p, unsigned int i);

/*
 * Sends it once more, without waiting, from `sk`, to an address or (NULL) its peer. *done: bytes of
 * it that have gone, 0 at first; after -EAGAIN the rest can be sent.
 */
int sk_packet_send(const struct sk_packet *p, int sk, const struct sockaddr *to, socklen_t to_len,
		   const int *fds, size_t *done);

#endif
