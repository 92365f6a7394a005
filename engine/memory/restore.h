// SPDX-License-Identifier: GPL-2.0-only
/* What the files of a memory restore share. */
#ifndef MEMORY_RESTORE_H
#define MEMORY_RESTORE_H

#include "engine/base/parallel.h"
#include "memory.h"
#include "place.h"

struct plan_vma {
	const VmaEntry *e;
	/*
	 * Where it is while the engine is still in the way: its place, unless something of the
	 * engine's is there. Every task writes its own; a child reads what its forker wrote before.
	 */
	uint64_t at;
	bool mapped;
	bool inherited; /* came by fork, with its pages */
	bool placed;    /* its pages come by place_pages() */
	bool has_pages; /* of its own, in the images */
	struct plan_segment *segment;
	struct plan_sysv *sysv;
};

/* Pages of the images: [start, end) in memory, from `pos` on in the pages file. */
struct plan_run {
	uint64_t start, end, pos;
};

struct plan_pages {
	uint32_t pages_id;
	struct plan_run *run; /* rising */
	unsigned int n;
	uint64_t bytes;
};

struct plan_memory {
	struct plan_vma *vma; /* rising; without the guards */
	unsigned int n;
	const VmaEntry **guard;
	unsigned int n_guards;
	struct plan_pages pages;
	bool inherits; /* shares mappings with its forker's memory */
	bool feeds;    /* somebody it forks inherits from it: its memory comes first */
};

struct plan_segment {
	uint64_t id, size;
	struct plan_pages pages;
	const MemfdInodeEntry *memfd; /* NULL: only shared anonymous memory */
	int fd; /* in main, and inherited by every task until it takes care of its files */
	UT_hash_handle hh;
};

static inline bool segment_is_huge(const struct plan_segment *s)
{
	return s->memfd && s->memfd->hugetlb_flag;
}

static inline uint64_t vma_size(const struct plan_vma *v)
{
	return v->e->end - v->e->start;
}

/* Pages that are to be filled in must be writable for that long, and readable for comparing. */
int vma_first_prot(const struct plan_vma *v);

/* Those pieces of its advice that are in `which`, a bit for each. */
int vma_advise(const struct plan_vma *v, uint64_t which);

/* Not a mapping that the task itself made. */
bool vma_is_special(const VmaEntry *e);

/* A pagemap image, and whether the pages it tells of are there. */
int memory_read_pagemap(struct restore *r, enum image_type type, uint64_t id, struct plan_pages *p);

/* The pages of a task, which has mapped everything, and drops what it has inherited and should not. */
int memory_fill(struct restore *r, struct restore_task *t);

/* The mapping that holds this address, or NULL. */
struct plan_vma *plan_vma_at(const struct plan_memory *m, uint64_t addr);

/*
 * Fills memory from a pages file: `at` is where `start` of a run is to go. Big amounts are split
 * among the CPUs.
 */
struct page_copy {
	char *to;
	uint64_t pos, len;
	bool populate;             /* private anonymous, untouched: may be faulted in at once */
	const struct place *place; /* which has taken the memory, or NULL */
};
int pages_read(int fd, const struct page_copy *copy, size_t n);
/* The pages of shared memory that is mapped at `at`, from byte `begin` of it on. */
int pages_fill(struct restore *r, const struct plan_pages *p, char *at, uint64_t begin);

#endif
