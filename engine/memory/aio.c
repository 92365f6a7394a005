// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "aio.h"
#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/image/values.h"

/* struct aio_ring of fs/aio.c, which user space may read its events from. */
struct ring {
	uint32_t id; /* the kernel's: it finds the context by it */
	uint32_t nr, head, tail;
	uint32_t magic, compat_features, incompat_features, header_length;
	struct io_event event[];
};
#define RING_MAGIC 0xa10a10a1
#define AT_ONCE    64U

unsigned int aio_requests(uint64_t ring_len)
{
	uint64_t events = (ring_len - sizeof(struct ring)) / sizeof(struct io_event);

	/* The kernel doubles what it is asked for, adds two, and fills up the last page. */
	return (events - 2) / 2;
}

int aio_check(const MmEntry *mm, const struct plan_memory *m, const char *image)
{
	unsigned int rings = 0;

	for (unsigned int i = 0; i < m->n; i++) {
		const struct plan_vma *v = &m->vma[i];

		if (!(v->e->status & VMA_AIO_RING))
			continue;
		rings++;
		if (!v->has_pages)
			return log_bad_image("%s: native AIO: the ring at %#jx has no content",
					     image, (uintmax_t)v->e->start);
	}
	for (size_t i = 0; i < mm->n_aios; i++) {
		const struct plan_vma *v = plan_vma_at(m, mm->aios[i]->id);

		if (!v || !(v->e->status & VMA_AIO_RING) || v->e->start != mm->aios[i]->id ||
		    vma_size(v) != mm->aios[i]->ring_len)
			return log_bad_image("%s: native AIO: there is no ring at %#jx", image,
					     (uintmax_t)mm->aios[i]->id);
	}
	return rings == mm->n_aios ? 0
				   : log_bad_image("%s: native AIO: %u rings, %zu contexts", image,
						   rings, mm->n_aios);
}

int aio_setup(const VmaEntry *e, uint64_t *at)
{
	aio_context_t ctx = 0;

	if (syscall(SYS_io_setup, aio_requests(e->end - e->start), &ctx) < 0)
		return log_err(-errno, "native AIO context %#jx", (uintmax_t)e->start);
	*at = ctx;
	return 0;
}

/* The kernel's tail moves only with requests that complete: reads of nothing do at once. */
static int complete(struct ring *ring, aio_context_t ctx, unsigned int n)
{
	_cleanup_close_ int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct iocb read = { .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = null };
	struct iocb *list[AT_ONCE];
	char nothing;

	if (null < 0)
		return -errno;
	read.aio_buf = (uintptr_t)&nothing;
	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		list[i] = &read;
	while (n > 0) {
		unsigned int some = MIN(n, MIN(AT_ONCE, ring->nr / 2));
		long done = syscall(SYS_io_submit, ctx, some, list);

		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		n -= done;
		/* Taken: there is room for more. */
		ring->head = ring->tail;
	}
	return 0;
}

int aio_fill(const struct plan_vma *v, const void *saved)
{
	struct ring *ring = (void *)v->at;
	const struct ring *was = saved;
	uint32_t end = (vma_size(v) - sizeof(*ring)) / sizeof(struct io_event);
	int r;

	if (was->magic != RING_MAGIC || was->nr == 0 || was->nr > end || was->head >= was->nr ||
	    was->tail >= was->nr)
		return log_bad_image("native AIO: the ring at %#jx makes no sense",
				     (uintmax_t)v->e->start);
	if (ring->magic != RING_MAGIC || ring->nr != was->nr)
		return log_refuse(
			"native AIO: this kernel makes a ring of %u events at %#jx, it had %u",
			ring->nr, (uintmax_t)v->e->start, was->nr);
	r = complete(ring, v->at, was->tail);
	if (r < 0)
		return log_err(r, "native AIO: the ring at %#jx", (uintmax_t)v->e->start);
	if (ring->tail != was->tail)
		return log_err(-EIO, "native AIO: the ring at %#jx does not fill",
			       (uintmax_t)v->e->start);
	memcpy(ring->event, was->event, was->nr * sizeof(struct io_event));
	ring->head = was->head;
	return 0;
}
