// SPDX-License-Identifier: GPL-2.0-only
/* Places to try things in that leave nothing behind. */
#ifndef CHECK_PLACES_H
#define CHECK_PLACES_H

#include <sched.h>

#include "engine/base/buf.h"
#include "feature.h"

/* In a child with a mount namespace of its own: an empty tmpfs as working directory. */
enum answer place_make_own(void);

/* A new directory that is mounted nowhere, and goes with its descriptor. */
enum answer place_open(int *dir);

/* A file that is nowhere, on a tmpfs of the kernel's. -1: errno. */
int new_file(void);

/* Of a descriptor of ours. */
int read_fdinfo(int fd, struct buf *text);

#endif
