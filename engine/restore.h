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
#include "parasite/restorer.h"
#include "proto/core.pb-c.h"
#include "proto/files.pb-c.h"
#include "proto/fs.pb-c.h"
#include "proto/mm.pb-c.h"
#include "proto/pstree.pb-c.h"

struct object;
struct plan_memory;
struct plan_segment;
struct plan_sysv;
struct sharer;
struct restore_lock;
struct restore_undo;
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
	bool late;                  /* opened only when all others are, which that takes */
	struct restore_task *owner; /* who opens it otherwise; NULL: no descriptor refers to it */
	int owner_fd;               /* its number there */
	uint32_t ready;             /* stage_set_word() when the owner has it */
	UT_hash_handle hh;
};

struct restore_fd {
	int fd;
	bool cloexec;
	bool lent; /* in no image: open only for as long as others may want to take it */
	struct restore_file *file;
};

struct restore_thread {
	pid_t tid;
	CoreEntry *core;
	struct restorer_thread *restorer; /* its part, in the memory of the task */
	bool blocks;                      /* it stays in a call of its own: task/restart.h */
	bool held;                        /* main has seized it */
};

struct restore_task {
	struct restore_task *next; /* preorder */
	struct restore_task *parent, *child, **last_child, *sibling;
	UT_hash_handle hh;
	pid_t pid, sid, pgid;
	bool zombie;
	bool helper; /* of no image: it lends its pid to a session, a group or files, and ends */
	/* A helper or zombie that lends its pid to files, and ends when they are open. */
	bool until_files;

	/* Who forks it, and when: restore/sessions.c. */
	struct restore_task *forker; /* its parent, or a sibling with CLONE_PARENT; NULL: main */
	bool bridged;       /* by way of a process that ends at once: it becomes an orphan */
	bool adopts;        /* such orphans, from below */
	bool makes_group;   /* others belong to the group it leads, or led */
	bool before_setsid; /* forked while the forker is still in its old session */
	pid_t born_sid;     /* of a session leader: the session it leaves; 0: any */
	struct restore_task *to_fork, **last_to_fork, *next_to_fork;

	/* The controlling terminal: objects/tty_restore.c. */
	int terminal;           /* main's descriptor of that of its session; -1: it has none */
	bool gives_up_terminal; /* the session has one, this member has not */
	pid_t foreground;       /* a group it is to put in the foreground of it; 0: none */

	struct restore_thread *thread; /* the leader first */
	unsigned int n_threads;
	uint32_t files_id, fs_id;
	struct restore_task *files_of,
		*fs_of; /* whose table and directories it shares; NULL: its own */
	FsEntry *fs;
	MmEntry *mm;
	struct plan_memory *memory;
	struct restore_fd *fd;  /* rising */
	unsigned int *first_fd; /* for each, the first one that is the same file */
	unsigned int n_fds, cap_fds;
	uint32_t files_ready; /* stage_set_word() when its table is complete, for who shares it */
	int log_fd;           /* then: where the log is in it */
	struct restore_lock *locks; /* that it takes: objects/filelock_restore.c */
	unsigned int n_posix_locks;

	struct restore_undo *undo; /* task/undo_restore.c */
	uint64_t undo_room;        /* for operations, in its area */

	uint32_t filters_in_common; /* of all its threads: task/seccomp.c */

	uint32_t made;                     /* its pid, from when it exists */
	uint64_t area, area_size, step_ip; /* what the restorer leaves for main to take away */
};

static inline const TaskCoreEntry *restore_task_core(const struct restore_task *t)
{
	return t->thread[0].core->tc;
}

static inline bool restore_task_stopped(const struct restore_task *t)
{
	return !t->zombie && !t->helper && restore_task_core(t)->task_state == 3 /* TASK_STOPPED */;
}

#define for_each_restore_task(t, r) for (struct restore_task *t = (r)->root; t; t = t->next)

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

	struct restore_task *root, *by_pid; /* helpers are in by_pid only */
	struct sharer *sharers;             /* while it is planned */
	struct restore_task *to_fork;       /* by main */
	bool job;                           /* a job of the caller's shell: its session was */
	pid_t job_sid;                      /* this one, and is now the caller's */
	int job_terminal;                   /* restore/job.c; -1: it has none */
	bool job_resized;                   /* the window has another size than it had */
	unsigned int n_helpers;
	unsigned int n_makers; /* helpers and zombies that make files */
	unsigned int n_tasks, n_live, n_threads, n_stopped_threads;
	unsigned int n_confined;    /* threads with seccomp */
	struct restore_file *files; /* uthash by id */
	struct plan_segment *segments;
	struct plan_sysv *sysv;
	struct restore_ctl *ctl;
	pid_t guard;
	uint32_t *released;          /* shared: the tree is complete, and nobody's but its own */
	struct restore_stats *stats; /* shared */
};

int restore_main(const struct options *opts);

/* NULL when no image mentions it. */
struct restore_file *restore_file_by_id(const struct restore *r, uint32_t id);

#endif
