// SPDX-License-Identifier: GPL-2.0-only
/* Sockets of this network namespace, as sock_diag(7) tells of them. */
#ifndef KERNEL_DIAG_H
#define KERNEL_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/buf.h"

enum { SK_ESTABLISHED = 1, SK_CLOSE = 7, SK_LISTEN = 10 };

/* What points does so into the answers that the list keeps. */
struct diag_unix {
	uint32_t ino; /* st_ino of the socket */
	uint8_t type; /* SOCK_* */
	uint8_t state;
	uint8_t shutdown; /* 1 receiving, 2 sending */
	bool has_peer;
	uint32_t peer; /* 0: nobody has it open */
	/* Of a listener: connections that wait, and its backlog; else bytes that wait here and there. */
	uint32_t rqueue, wqueue;
	const char *name; /* sun_path, with the NUL of a path */
	size_t name_len;
	bool has_file; /* that it is bound to */
	uint32_t file_ino;
	const void *pending; /* peers of the connections that wait, in their order; 32 bits each */
	unsigned int n_pending;
};

struct diag_unix_list {
	struct buf answers;
	struct diag_unix *sk; /* rising by ino */
	size_t n;
};

/* All unix sockets that are open. -ENOENT: the kernel cannot tell (CONFIG_UNIX_DIAG). */
int diag_unix_read(struct diag_unix_list *ret);
/* The same for one of them, where a list read while others come and go has none: a list of one. */
int diag_unix_read_one(uint32_t ino, struct diag_unix_list *ret);
void diag_unix_done(struct diag_unix_list *l);

/* NULL when there is none. */
const struct diag_unix *diag_unix_find(const struct diag_unix_list *l, uint32_t ino);
uint32_t diag_unix_pending(const struct diag_unix *sk, unsigned int i);

#endif
