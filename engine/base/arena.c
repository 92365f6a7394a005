// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "arena.h"
#include "cleanup.h"

#define CHUNK (1UL << 20)
#define SOON  (64UL << 10) /* what most dumps need */
#define HEAD  ALIGN_UP(sizeof(struct arena_chunk), 16)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
};

/*
 * SAN=1: nobody touches what has not been given out, between two pieces there is always some of it,
 * and what only a piece points to is not lost.
 */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>

#define GAP 16

static void guard(const struct arena_chunk *c)
{
	ASAN_POISON_MEMORY_REGION((char *)c + HEAD, c->size - HEAD);
	__lsan_register_root_region(c, c->size);
}

static void unguard(const struct arena_chunk *c)
{
	__lsan_unregister_root_region(c, c->size);
	ASAN_UNPOISON_MEMORY_REGION(c, c->size);
}
#else
#define GAP                               0
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)0)

static void guard(const struct arena_chunk *c)
{
}

static void unguard(const struct arena_chunk *c)
{
}
#endif

void arena_init(struct arena *a, bool shared)
{
	*a = (struct arena){ .shared = shared };
}

void arena_done(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *c = a->chunks;

		a->chunks = c->next;
		unguard(c);
		munmap(c, c->size);
	}
	*a = (struct arena){ .shared = a->shared };
}

static int add_chunk(struct arena *a, size_t size, int populate)
{
	struct arena_chunk *c =
		mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_ANONYMOUS | populate | (a->shared ? MAP_SHARED : MAP_PRIVATE), -1, 0);

	if (c == MAP_FAILED)
		return -ENOMEM;
	c->next = a->chunks;
	c->size = size;
	a->chunks = c;
	a->used = HEAD;
	a->size = size;
	guard(c);
	return 0;
}

int arena_reserve(struct arena *a)
{
	int r = a->chunks ? 0 : add_chunk(a, CHUNK, 0);

	/* Before 5.14 it comes by faults. */
	if (r == 0)
		(void)madvise(a->chunks, SOON, MADV_POPULATE_WRITE);
	return r;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t room = ALIGN_UP(n, 16) + GAP;
	void *p;

	if (n > SIZE_MAX / 2)
		return NULL;
	if (a->used + room > a->size) {
		size_t size = MAX(CHUNK, ALIGN_UP(room + HEAD, 4096));
		/* Who needs a second chunk will need most of it: the kernel fills it in one go. */
		int populate = a->chunks && size == CHUNK ? MAP_POPULATE : 0;

		if (add_chunk(a, size, populate) < 0)
			return NULL;
	}
	p = (char *)a->chunks + a->used;
	a->used += room;
	ASAN_UNPOISON_MEMORY_REGION(p, n);
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = arena_alloc(a, n);

	return p ? memcpy(p, s, n) : NULL;
}
