// SPDX-License-Identifier: GPL-2.0-only
/* What the parts of a dump share. */
#ifndef ENGINE_DUMP_H
#define ENGINE_DUMP_H

#include "engine/base/arena.h"
#include "engine/image/image.h"
#include "engine/options.h"
#include "engine/task/task.h"

struct dump_files;
struct dump_memory;

struct dump_stats {
	uint64_t frozen; /* when, on now_us() */
	uint64_t freeze_us, frozen_us, memory_us;
	uint64_t pages_scanned, pages_written;
	uint64_t shmem_pages_scanned, shmem_pages_written;
};

struct dump {
	const struct options *opts;
	unsigned int timeout_ms;
	struct arena arena; /* lives until the dump ends */
	struct image_dir images;
	int images_fd, work_fd;
	struct tree tree;
	struct dump_files *files;
	struct dump_memory *memory;
	struct dump_stats stats;
};

static inline bool dump_ends_tree(const struct options *opts)
{
	return !opts->leave_running && !opts->leave_stopped;
}

int dump_main(const struct options *opts);

#endif
