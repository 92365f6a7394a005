// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts pages of an image into fresh private memory by a userfaultfd: the kernel copies each from
 * the page cache of the image, and does not clear it first as it would for a page that is written to.
 */
#ifndef MEMORY_PLACE_H
#define MEMORY_PLACE_H

#include <stdbool.h>
#include <stdint.h>

struct place {
	int uffd; /* negative: not opened, or it cannot be had */
	int image;
	const char *at; /* the image, mapped */
	uint64_t size;
	bool tried;
};

/* Opens nothing yet. image_fd is borrowed; size: of the image, bytes. */
struct place place_init(int image_fd, uint64_t size);
void place_done(struct place *p);

/*
 * Takes [at, at + len), which is private anonymous memory that has no page yet. Until place_done()
 * its pages come by place_pages() alone: whoever else touches one that is not there gets SIGBUS,
 * a system call EFAULT. false: this kernel does not let us, or would have given it huge pages.
 */
bool place_take(struct place *p, void *at, uint64_t len);

/* -EIO: the image cannot be read. Threads may place at once. */
int place_pages(const struct place *p, void *to, uint64_t pos, uint64_t len);

#endif
