// SPDX-License-Identifier: GPL-2.0-only
/* POSIX message queues. */
#ifndef OBJECTS_MQUEUE_H
#define OBJECTS_MQUEUE_H

#include "object.h"

/* Refuses one that cannot be opened again as it is. Anything else: 0. */
int mqueue_check(const struct fd_view *v);

#endif
