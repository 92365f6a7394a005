// SPDX-License-Identifier: GPL-2.0-only
/* Mounts of a probe's own, and what mountinfo says of them. */
#ifndef FEATURE_PROBES_FRAME_MOUNT_H
#define FEATURE_PROBES_FRAME_MOUNT_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Enters a new mount namespace of which nothing shows outside, and in it a fresh private tmpfs, as
 * working directory. Absent for who may not. Gives its path.
 */
const char *own_tmpfs(void);

struct mountinfo {
	int id, parent;
	unsigned int major, minor;
	char root[256], point[256], options[256];
	char optional[128]; /* "shared:1 master:2", or "" */
	char type[64], source[128], super[512];
};

/* The topmost mount at a path, absolute or below the working directory. ENOENT: nothing is there. */
int mount_at(pid_t pid, const char *path, struct mountinfo *ret);

/* The mount of that id. ENOENT: not in this namespace, or outside of the root of its reader. */
int mount_by_id(pid_t pid, int id, struct mountinfo *ret);

/* The number behind "shared:" (or "master:"), 0 when there is none. */
int peer_group(const struct mountinfo *m, const char *word);

/* How many mounts have such a mount point. */
int mounts_at(const char *path);

#endif
