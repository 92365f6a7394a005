// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kind of open file: how it is recognised, saved and rebuilt. One module each, listed in
 * engine/objects.def.
 *
 * Identity is not a module's business: files_dump.c finds out which descriptors share one open file
 * and calls dump() once for it; at restore one task opens it and the others take it from there.
 */
#ifndef OBJECTS_OBJECT_H
#define OBJECTS_OBJECT_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "proto/files.pb-c.h"

struct dump;
struct restore;
struct restore_file;
struct restore_task;

/* An open file as a dump sees it. */
struct fd_view {
	struct dump *dump;
	pid_t pid;
	int fd; /* its number in the task; -1: it has none, and `what` says what it is */
	const char *what;
	int copy;   /* a descriptor of ours for the same open file */
	int *spare; /* the same, for whoever wants to keep it: fd_view_keep() */
	struct stat st;
	const char *link;        /* the path the kernel shows */
	bool found;              /* and it leads to this file */
	struct f_owner_ex owner; /* pid 0: none */
	int sig;                 /* F_GETSIG */
	const char *fdinfo;      /* text of /proc/PID/fdinfo/FD */
	int flags;               /* open flags; close-on-exec is none */
};

struct object {
	const char *name;
	FdTypes type;

	/* Is it one of ours? The first module that says so gets it. */
	bool (*claims)(const struct fd_view *v);
	/*
	 * Fills the member of `fe` that belongs to the type, with memory of v->dump->arena. fe->type
	 * and fe->id are set.
	 */
	int (*dump)(const struct fd_view *v, FileEntry *fe);
	/*
	 * The same for a file that is mapped or executed, without a descriptor: v->copy is an O_PATH
	 * one. NULL: of this kind there are none.
	 */
	int (*dump_mapped)(const struct fd_view *v, int open_flags, FileEntry *fe);
	/*
	 * After all files of all tasks, and again until nothing new turns up: saves what dump() has put
	 * off, and files that only the module knows of, by files_dump_copy().
	 */
	int (*dump_rest)(struct dump *d);
	/* Then: writes images of its own, refuses what turned out incomplete. */
	int (*dump_end)(struct dump *d);

	/* Before the first fork: checks what the image says of one file. */
	int (*check)(struct restore *r, struct restore_file *f);
	/*
	 * When it is known which task has which file: reads images of its own, and says by files_lend()
	 * what it will need besides. Everything an image can get wrong is to be found here or before.
	 */
	int (*plan)(struct restore *r);
	/* Opens in main what tasks cannot open themselves (main_fd). */
	int (*prepare)(struct restore *r);
	/* In the task that owns it: a descriptor of the new open file, or -errno (logged). */
	int (*open)(struct restore *r, struct restore_file *f);
	/* In a task that has it mapped or is in it: a descriptor with these flags, or -errno (logged). */
	int (*open_mapped)(struct restore *r, struct restore_file *f, int open_flags,
			   const char *what);
	/* In each task, when all its files are open and files_take() gives any other: ties them together. */
	int (*join)(struct restore *r, struct restore_task *t);
	/* The same, then, for one file in the task that owns it, where it is descriptor fd. */
	int (*connect)(struct restore *r, struct restore_file *f, int fd);
	/*
	 * In the task that owns it, where it is descriptor fd, when every task has its files: what only
	 * counts from now on.
	 */
	int (*begin)(struct restore *r, struct restore_file *f, int fd);
	/*
	 * In main, when all tasks stand still at the end of their restore: what must not see anything
	 * of it. The last thing that may fail.
	 */
	int (*arm)(struct restore *r);
	/* In main, when nothing can fail any more, or the restore failed. */
	void (*finish)(struct restore *r, bool ok);
	/* Modules whose dump_end(), plan(), prepare(), arm() and finish() come before its own. */
	const char *const *after;
};

extern const struct object *const objects[];
/* The same, each behind those it names in .after. */
const struct object *const *objects_in_order(void);
const struct object *object_by_type(FdTypes type);
/* The format's word for a type, for messages about what we do not handle. */
const char *object_type_name(FdTypes type);

/* "task 812 fd 7", for messages. */
const char *fd_view_name(const struct fd_view *v);
/* A descriptor of the file that outlives the view, for the caller to close. -errno. */
int fd_view_keep(const struct fd_view *v);

#endif
