// SPDX-License-Identifier: GPL-2.0-only
/* Mounts, as far as an engine that stays in its own mount namespace needs them. */
#ifndef KERNEL_MOUNTS_H
#define KERNEL_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

/* Reads the list, which is read again at the first question if it has changed by then. */
void mounts_read_ahead(void);

/*
 * Is the file of a descriptor on a mount of this mount namespace? Files of memfd_create(2), shared
 * memory and the like live on mounts inside the kernel, and their "path" leads nowhere. 1, 0 or
 * -errno.
 */
int mounts_has_file(int fd);
/* The same by the mnt_id of fdinfo. */
int mounts_has(uint64_t id);

/*
 * An O_PATH descriptor of where a file system is mounted, by its device number; that of its files may
 * be another, and stat(2) tells that one. -ENOENT: nowhere that can be reached.
 */
int mounts_open_device(unsigned int major, unsigned int minor);

/* Where a mount is. The text lives until the next question. -ENOENT: not there, or mounted over. */
int mounts_find(uint64_t id, const char **place);

#endif
