// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the parts of a restore share. The plan (tasks, files, segments) is complete before the first
 * fork and lives in memory shared by all restored tasks, at the same addresses: each of them finds
 * its own part of it, and the few words that change are seen by all.
 */
#ifndef ENGINE_RESTORE_H
#define ENGINE_RESTORE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uthash.h>

#include "engine/base/arena.h"
#include "engine/image/image.h"
#include "engine/options.h"
#include "proto/core.pb-c.h"
#include "proto/files.pb-c.h"
#include "proto/fs.pb-c.h"
#include "proto/mm.pb-c.h"
#include "proto/pstree.pb-c.h"

struct object;
struct plan_memory;
struct plan_segment;
struct restore_task;

/* An open file to be made. */
struct restore_file {
	uint32_t id;
	FileEntry *fe;
	const struct object *ops;
	/* Set by the module's check(), applied when the file is open: */
	const FownEntry *fown;
	unsigned int flags;
	void *data;                 /* the module's own */
	int main_fd;                /* main has it open, -1 if not */
	struct restore_task *owner; /* who opens it otherwise; NULL: no descriptor refers to it */
	int owner_fd;               /* its number there */
	uint32_t ready;             /* futex: 1 when the owner has it */
	UT_hash_handle hh;
};

struct restore_fd {
	int fd;
	bool cloexec;
	struct restore_file *file;
};

struct restore_thread {
	pid_t tid;
	CoreEntry *core;
	uint32_t held; /* main has seized it */
};

struct restore_task {
	struct restore_task *next; /* preorder */
	struct restore_task *parent, *child, **last_child, *sibling;
	UT_hash_handle hh;
	PstreeEntry *ps;
	pid_t pid, sid, pgid;
	CoreEntry *core; /* of the leader */
	bool zombie;
	struct restore_thread *thread;
	unsigned int n_threads;

	TaskKobjIdsEntry *ids;
	FsEntry *fs;
	MmEntry *mm;
	struct plan_memory *memory;
	struct restore_fd *fd; /* rising */
	unsigned int n_fds;

	/* Where it is born: restore/sessions.c. */
	pid_t born_sid; /* the session its parent is in when it forks it */
	struct restore_task
		*helper_for; /* not a task of the images: it lends its pid to a session or group */

	/* What the blob left behind for main to take away: task/finish.c. */
	uint64_t area, area_size, step_ip;
	uint32_t made; /* set by the parent that forked it */
};

#define for_each_restore_task(t, r) for (struct restore_task *t = (r)->root; t; t = t->next)

struct restore_ctl;

struct restore_stats {
	uint64_t begun, fork_us, restore_us;
	uint64_t pages_compared, pages_skipped_cow, pages_restored;
};

struct restore {
	const struct options *opts;
	struct arena arena;
	int images_fd, work_fd;
	struct image_set set;
	pid_t main_pid;

	struct restore_task *root, *by_pid;
	unsigned int n_tasks, n_threads;
	struct restore_file *files; /* uthash by id */
	struct plan_segment *segments;
	struct restore_ctl *ctl;
	struct restore_stats *stats; /* shared */
};

int restore_main(const struct options *opts);

/* NULL when no image mentions it. */
struct restore_file *restore_file_by_id(const struct restore *r, uint32_t id);

#endif
