// SPDX-License-Identifier: GPL-2.0-only
/* What the parts of the module fanotify share. */
#ifndef OBJECTS_FANOTIFY_H
#define OBJECTS_FANOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/fanotify.h>

#include "engine/restore.h"

/* Groups that are asked for permission. */
#define FANOTIFY_CLASSES (FAN_CLASS_CONTENT | FAN_CLASS_PRE_CONTENT)

/* What fdinfo shows of a mark, and a new one must show again. */
struct fanotify_shown {
	uint64_t mflags, mask, ignored;
};
bool fanotify_scan_mark(const char *line, size_t len, struct fanotify_shown *m);

/* The module's half of a restore. */
int fanotify_check(struct restore *r, struct restore_file *f);
int fanotify_prepare(struct restore *r);
int fanotify_arm(struct restore *r);
void fanotify_finish(struct restore *r, bool ok);

#endif
