// SPDX-License-Identifier: GPL-2.0-only
/* Mounts, as far as an engine that stays in its own mount namespace needs them. */
#ifndef KERNEL_MOUNTS_H
#define KERNEL_MOUNTS_H

#include <stdbool.h>

/*
 * Is the file of a descriptor on a mount of this mount namespace? Files of memfd_create(2), shared
 * memory and the like live on mounts inside the kernel, and their "path" leads nowhere. 1, 0 or
 * -errno.
 */
int mounts_has_file(int fd);

#endif
