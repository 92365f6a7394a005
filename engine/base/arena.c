// SPDX-License-Identifier: GPL-2.0-only
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "arena.h"
#include "cleanup.h"

#define CHUNK (1UL << 20)

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
};

void arena_init(struct arena *a, bool shared)
{
	*a = (struct arena){ .shared = shared };
}

void arena_done(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *c = a->chunks;

		a->chunks = c->next;
		munmap(c, c->size);
	}
	*a = (struct arena){ .shared = a->shared };
}

void *arena_alloc(struct arena *a, size_t n)
{
	void *p;

	if (n > SIZE_MAX / 2)
		return NULL;
	n = ALIGN_UP(n, 16);
	if (a->used + n > a->size) {
		size_t head = ALIGN_UP(sizeof(struct arena_chunk), 16);
		size_t size = MAX(CHUNK, ALIGN_UP(n + head, 4096));
		struct arena_chunk *c =
			mmap(NULL, size, PROT_READ | PROT_WRITE,
			     (a->shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);

		if (c == MAP_FAILED)
			return NULL;
		c->next = a->chunks;
		c->size = size;
		a->chunks = c;
		a->used = head;
		a->size = size;
	}
	p = (char *)a->chunks + a->used;
	a->used += n;
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = arena_alloc(a, n);

	return p ? memcpy(p, s, n) : NULL;
}
