// SPDX-License-Identifier: GPL-2.0-only
/* POSIX message queues. */
#ifndef OBJECTS_MQUEUE_H
#define OBJECTS_MQUEUE_H

#include "object.h"

/*
 * Refuses one that cannot be opened again as it is. 1: it can by mq_open(3), under the name that its
 * link shows, and this is what the image is to say of it. Anything else: 0.
 */
int mqueue_check(const struct fd_view *v, MqueueEntry **ret);

/* The descriptor, or -errno. */
int mqueue_open(const RegFileEntry *img, int flags);

#endif
