// SPDX-License-Identifier: GPL-2.0-only
/* Descriptor tables, and which descriptors are one open file. */
#ifndef OBJECTS_FILES_H
#define OBJECTS_FILES_H

#include "engine/dump.h"
#include "engine/objects/identity.h"
#include "engine/objects/object.h"
#include "engine/restore.h"
#include "engine/restore/program.h"

/* ---- dump ---- */

/* Before anything stands still: what there is to be made for a dump. */
int files_dump_prepare(struct dump *d);

/* A new file_entry in files.img; its id is unique among all kinds. */
FileEntry *files_new_entry(struct dump *d, FdTypes type);
/* The newest one is written before those that are not such: other readers look for it only there. */
void files_put_first(struct dump *d);

/* The descriptors of a task: writes its fdinfo image. */
int files_dump_task(struct dump *d, struct task *t);

/*
 * An open file that a task need not have a descriptor of (any more): it is in flight, or what
 * something else watches. `copy` is ours of it, borrowed. Saves it if that has not been done. what:
 * for messages, "a descriptor in flight".
 */
int files_dump_copy(struct dump *d, int copy, const char *what, uint32_t *id, FdTypes *type);

/*
 * What a descriptor of a task is; NULL when there is none, or it shares the table of another task
 * that was looked at. For object.dump_end.
 */
struct open_file *files_by_number(const struct dump *d, pid_t pid, int fd);

/* A number under which it is found in whatever task has something there; -1: there is none. */
int files_only_number(const struct dump *d, const struct open_file *f);

/* The open file an epoll watches, which may well be `guess`. -ENOENT: no task of the tree has it. */
int files_find_watched(struct dump *d, const struct watched *w, struct open_file *guess,
		       struct open_file **ret);

/* After all tasks: lets the modules finish, writes files.img. */
int files_dump_end(struct dump *d);
void files_dump_free(struct dump *d);

/* Owner, signal and async state of F_SETOWN_EX and F_SETSIG. */
int fown_dump(const struct fd_view *v, FownEntry **ret);

/*
 * Saves the file behind `copy` (an O_PATH descriptor will do) as an entry of its own that no
 * descriptor refers to: an executable, a working directory, the file of a mapping. open_flags is
 * what it must be opened with. what: "its executable" and the like, for messages.
 */
int file_dump_extra(struct dump *d, pid_t pid, int copy, int open_flags, const char *what,
		    uint32_t *id);

/* Is this file mapped, or executed, by a task whose memory has been saved? */
bool file_is_extra(dev_t dev, ino_t ino);

/* ---- restore ---- */

/* Is there such an entry, of a kind that can be mapped or executed? */
bool file_exists(const struct restore *r, uint32_t id);

/* In a task: opens it. The result is the caller's. what: for messages. */
int file_open_extra(struct restore *r, uint32_t id, int open_flags, const char *what);

/* Refuses what no module claims; what has a path, but is in no mount of ours. */
int file_refuse_unknown(const struct fd_view *v);
int file_refuse_without_mount(const struct fd_view *v);

/* Reads files.img and every fdinfo image; every reference is checked. */
int files_plan(struct restore *r);

/*
 * For object.plan: file f will be wanted by files_take(). If no task has a descriptor of it, `t`
 * opens it and keeps it until everybody has what it wants.
 */
int files_lend(struct restore *r, struct restore_task *t, struct restore_file *f);

/*
 * For object.plan: it is t that opens f, whoever has it besides, and be t a zombie or a helper
 * (plan_task_for): what the kernel remembers of who made a file.
 */
int files_give(struct restore *r, struct restore_task *t, struct restore_file *f);

/* The lowest number from 3 up that a table leaves free, and where it would stand in it. */
int files_free_number(const struct restore_task *t, unsigned int *at);

/* In a task: what it opened only for others nobody needs any more. */
void files_close_lent(struct restore_task *t, struct restore_file *f);

/*
 * In main, before the fork: opens what no task could open by itself (pipes, files without a name).
 * Such a file's main_fd is set, and tasks take it from there.
 */
int files_prepare(struct restore *r);

/*
 * In a task: closes everything it inherited and opens exactly the descriptors of the images. What
 * stays besides is the log, at a number that none of them has.
 */
int files_restore(struct restore *r, struct restore_task *t);

/*
 * Steps for what must wait until every thread exists and no descriptor is left that is not the
 * task's: owners that are threads, POSIX locks.
 */
int files_program(struct restore *r, struct restore_task *t, struct program *p);

/* In a task, when everybody has its files: what only counts from now on. */
int files_begin(struct restore *r, struct restore_task *t);

/* And then: closes what it only lent. */
void files_lent_done(const struct restore_task *t);

/* In main, when all tasks stand still at the end of their restore. */
int files_arm(struct restore *r);

/* In main, when nothing can fail any more, or the restore failed. */
void files_finish(struct restore *r, bool ok);

/* The owner of a file, who gets its signals, set by whoever had set it: fcntl(F_SETOWN_EX). */
int files_set_owner(int fd, const FownEntry *e);

/*
 * A descriptor, in this task, of a file that main or its owner has or will have open: waits for that.
 * Close-on-exec is set. Not in object.open, where two tasks could wait for each other; there, of a
 * file that is late, only for those that are not.
 */
int files_take(struct restore *r, struct restore_file *f);

#endif
