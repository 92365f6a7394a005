// SPDX-License-Identifier: GPL-2.0-only
/* What the files of a memory dump share. */
#ifndef MEMORY_DUMP_H
#define MEMORY_DUMP_H

#include <pthread.h>
#include <stdbool.h>
#include <uthash.h>

#include "memory.h"
#include "room.h"

/* What comes in less is written sooner than reserved, and freed sooner than helped with. */
#define BIG (2 * ROOM_PART)

/* pages-<id>.img */
struct pages_file {
	uint32_t id;
	pid_t pid; /* whose pages it was made for; 0: nobody's in particular */
	int fd;
	unsigned int index; /* in the set */
	bool used;
	/* The kernel lets one write to a file at a time: the others may read on. */
	pthread_mutex_t turn;
	struct room room;
	UT_hash_handle hh; /* by pid */
};

/* Where pages come from: a task, or a shared segment. */
struct page_source {
	struct task *task;     /* NULL: a segment */
	int fd;                /* /proc/PID/mem, or the segment's file */
	uint64_t id;           /* pid, or the segment's number */
	struct page_runs runs; /* in a segment, offsets */
	bool pin_nothing;      /* by process_vm_readv(2) it must not be read */
	struct pages_file *out;
};

/* Shared anonymous memory (MAP_SHARED | MAP_ANONYMOUS): told apart by its inode. */
struct segment {
	struct {
		dev_t dev;
		ino_t ino;
	} key;
	uint64_t id;
	UT_hash_handle hh;
};

/* A file that is mapped: one entry however many mappings it has. */
struct mapped {
	struct {
		dev_t dev;
		ino_t ino;
		int flags; /* O_RDONLY or O_RDWR */
	} key;
	char *name; /* as /proc/PID/maps shows it: other names of the inode are other entries */
	uint32_t id;
	bool on_overlay;     /* each mapping is looked at: overlay.h */
	struct mapped *next; /* of the same key */
	UT_hash_handle hh;
};

struct sysv_seen;

struct dump_memory {
	struct page_source **source;
	unsigned int n, cap;
	struct segment *segments;
	struct sysv_seen *sysv;
	struct mapped *mapped;
	struct pages_file *reserved;
	uint32_t n_files;
	struct parallel *looking;
	/* While pages are copied: of the sources from one to another. */
	unsigned int first, begun;
	struct part *part;
	size_t n_parts;
	struct parallel *copying;
	bool given_up;
};

/* What a mapping is. */
enum kind {
	KIND_ANON, /* private anonymous */
	KIND_FILE,
	KIND_MEMFD, /* of memfd_create(2), or shared anonymous memory, which is the same */
	KIND_SYSV,  /* System V shared memory */
	KIND_AIO,   /* the ring of a context of io_setup(2) */
	KIND_VDSO,
	KIND_VVAR,
	KIND_VSYSCALL,
};

/* look.c. Refuses, by name, mappings of other kinds. */
int area_kind(const struct task *t, const struct vm_area *a, enum kind *ret);
const char *area_name(const struct vm_area *a);

/* mapped.c: saves the file of a mapping, unless that has been done. flags: O_RDONLY or O_RDWR. */
int mapped_file_id(struct dump *d, struct task *t, const struct vm_area *a, int flags,
		   uint32_t *id);

struct dump_memory *memory_of(struct dump *d);
/* reserve.c: the file for the pages of a source, one made for its task if there is any; or -errno. */
int pages_file_of(struct dump *d, struct page_source *s);
/* Closes all; those made for tasks that were not dumped go again. */
void pages_files_done(struct dump *d);

/* The pages of shared memory, through `fd` (borrowed, readable), in the pagemap image `id`. */
int memory_add_segment(struct dump *d, uint64_t id, int fd);

/* A new, empty source; NULL when there is no memory. */
struct page_source *memory_add_source(struct dump *d, struct task *t, uint64_t id);

#endif
