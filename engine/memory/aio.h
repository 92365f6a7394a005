// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contexts of native AIO, io_setup(2): each is known by the address of the ring it completes into,
 * whose head and tail are all there is to tell of it. Requests that are under way show nowhere.
 */
#ifndef MEMORY_AIO_H
#define MEMORY_AIO_H

#include "restore.h"

/* The number of requests to ask for to get a ring of this many bytes. */
unsigned int aio_requests(uint64_t ring_len);

/* Checks what the mm image of a task says of its rings. */
int aio_check(const MmEntry *mm, const struct plan_memory *m, const char *image);

/* In the task: a new context; *at is where its ring is. */
int aio_setup(const VmaEntry *e, uint64_t *at);
/* Lets it have completed as much as the saved ring, `saved`, has. */
int aio_fill(const struct plan_vma *v, const void *saved);

#endif
