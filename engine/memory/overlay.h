// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file on an overlay that was mapped before it was copied up: the mapping shows the lower file, for
 * which there is no other way any more. stat(2), maps and map_files all tell of the upper one.
 */
#ifndef MEMORY_OVERLAY_H
#define MEMORY_OVERLAY_H

#include "engine/kernel/maps.h"
#include "engine/task/task.h"

/*
 * Refuses a mapping that shows something else than its file, `fd` (O_PATH will do), has. 1 when it is
 * on an overlay and shows the same, 0 when it is elsewhere.
 */
int overlay_check(const struct task *t, const struct vm_area *a, int fd);

#endif
