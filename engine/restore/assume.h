// SPDX-License-Identifier: GPL-2.0-only
/*
 * To be somebody else for one call. The kernel remembers of some things who made them (the owner of a
 * descriptor's signals, the other end of a unix socket): so whoever it was is who a task is for this
 * moment. It keeps all its capabilities.
 */
#ifndef RESTORE_ASSUME_H
#define RESTORE_ASSUME_H

#include <stddef.h>
#include <stdint.h>

struct assumed {
	uint32_t uid, euid, egid;
	const uint32_t *groups; /* NULL: those it has */
	size_t n_groups;
};

/* In a task. After a failure as well it is to resume its own. -errno. */
int assume(const struct assumed *who);
int assume_nobody_else(void);

#endif
