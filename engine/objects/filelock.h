// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks and leases: fcntl(2), flock(2). POSIX locks belong to a descriptor table, all others to an
 * open file.
 *
 * The kernel releases them when the tree ends, and a restore takes them again. What outsiders do to
 * the files meanwhile is not prevented; if they hold a conflicting lock then, the restore fails.
 */
#ifndef OBJECTS_FILELOCK_H
#define OBJECTS_FILELOCK_H

#include <uthash.h>

#include "files.h"
#include "proto/filelock.pb-c.h"

/* file_lock_entry.flag */
enum { LOCK_POSIX = 1, LOCK_FLOCK = 2, LOCK_OFD = 4, LOCK_LEASE = 8 };
/* file_lock_entry.type of a lease */
#define LEASE_BREAKING 4

/* "POSIX read lock" */
const char *filelock_name(const FileLockEntry *e);

/* ---- dump ---- */

/* A lock that has been found. */
struct held_lock {
	struct held_lock *next; /* of the same owner */
	const struct open_file *file;
	dev_t dev;
	ino_t ino;
	pid_t shown;       /* who took it, as the kernel tells; -1: it does not */
	const char *who;   /* "task 812 fd 7: /path", for messages */
	const char *text;  /* as /proc/locks has it too, behind the number of the line */
	unsigned int seen; /* in this round of reading /proc/locks */
	FileLockEntry img;
	UT_hash_handle hh; /* by text */
};

/* Notes the locks that fdinfo shows with a descriptor. */
int filelock_look(const struct fd_view *v, const struct open_file *f);

/*
 * While the tree still runs. Whoever reads /proc/locks waits until each CPU has passed a quiet state
 * (percpu_down_write()), some 10 ms; who comes soon after another does not, so there is another. On a
 * busy machine it takes seconds, which a tree that stands still may help: it is not waited for longer.
 */
void filelock_ahead_begin(void);
void filelock_ahead_end(void);

/*
 * Has this open file a lease that opening its file once more, for reading, would break? Nobody has one
 * of a file that another has opened, but for descriptors of O_PATH and memfd_create(2), which do not
 * count: of those it is asked whether anybody has, which takes long. That is 1, 0 or -errno.
 */
bool filelock_leases(const struct fd_view *v);
int filelock_leased(const struct fd_view *v);

/* When all files are known: writes the image. */
int filelock_dump_end(struct dump *d);

/*
 * Refuses a lock whose owner somebody outside the tree has too, so that it would not be released.
 */
int filelock_refuse_sharer(const struct dump *d, const struct held_lock *l);

/* Refuses locks that somebody outside the tree waits for: he would have them when it ends. */
int filelock_refuse_waiters(const struct dump *d, struct held_lock *by_text);

/* ---- restore ---- */

/* Reads the image, when it is known which task has which file. */
int filelock_plan(struct restore *r);

/* In a task that has its files, and files_take() gives any other: takes those of open files. */
int filelock_take(struct restore *r, const struct restore_task *t);

/* In a task, when nobody opens files any more: takes leases. */
int filelock_lease(const struct restore_task *t);

/*
 * Steps for POSIX locks: a process loses all it has on a file when it closes any descriptor of it,
 * so that they come when the last one is closed that is not the task's.
 */
int filelock_program(const struct restore_task *t, struct program *p);
unsigned int filelock_steps(const struct restore_task *t);

/* In main, when all tasks stand still: breaks the leases that were being broken. */
int filelock_arm(struct restore *r);

#endif
