// SPDX-License-Identifier: GPL-2.0-only
/* The ring of asynchronous I/O, whose address is its name. */
#include <linux/aio_abi.h>

#include "probe.h"

struct ring {
	uint32_t id, nr, head, tail, magic, compat, incompat, header_length;
};

#define RING_MAGIC 0xa10a10a1

static struct ring *setup(unsigned int nr)
{
	aio_context_t ctx = 0;

	OFFERED(syscall(SYS_io_setup, nr, &ctx), "asynchronous I/O");
	return (struct ring *)ctx;
}

static long get_events(void *ring, long max, struct io_event *to)
{
	struct timespec now = {};

	return syscall(SYS_io_getevents, (aio_context_t)ring, 0, max, to, &now);
}

/* One finished read of a file. */
static void submit_one(void *ring, uint64_t tag)
{
	static char byte;
	struct iocb cb = {
		.aio_data = tag,
		.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_fildes = NEED(open("/proc/self/exe", O_RDONLY)),
		.aio_buf = (uintptr_t)&byte,
		.aio_nbytes = 1,
	}, *list = &cb;

	PROMISE_EQ(NEED(syscall(SYS_io_submit, (aio_context_t)ring, 1, &list)), 1);
	while (((volatile struct ring *)ring)->head == ((volatile struct ring *)ring)->tail)
		usleep(100);
}

PROBE(ring, .what = "a context lies in memory with magic, capacity, head and tail to read",
      .since = "2.6", .kconfig = "CONFIG_AIO", .source = "fs/aio.c")
{
	struct ring *ring = setup(16), *same;
	struct io_event event;
	struct vma v;

	PROMISE_EQ(ring->magic, RING_MAGIC);
	PROMISE_GE(ring->nr, 16);
	PROMISE_EQ(ring->head, ring->tail);
	NEED(vma_at(0, ring, &v));
	PROMISE_STR(v.name, "/[aio] (deleted)");
	PROMISE_EQ(v.perms[3], 's');
	same = setup(16);
	PROMISE_EQ(same->nr, ring->nr);

	submit_one(ring, 4711);
	PROMISE_EQ(ring->tail, (ring->head + 1) % ring->nr);
	PROMISE_EQ(NEED(get_events(ring, 1, &event)), 1);
	PROMISE_EQ(event.data, 4711);
	PROMISE_EQ(event.res, 1);
	PROMISE_EQ(ring->head, ring->tail);
}

PROBE(mremap, .what = "a context goes with its memory: mremap gives it a new name, events and all",
      .since = "3.19", .commit = "e4a0d3e720e7", .kconfig = "CONFIG_AIO", .source = "fs/aio.c")
{
	struct ring *ring = setup(16), *moved;
	struct io_event event;
	struct vma v;
	size_t size;
	char *to;

	submit_one(ring, 99);
	NEED(vma_at(0, ring, &v));
	size = v.end - v.start;
	to = map(-1, size / page_size(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
	moved = OFFERED(mremap(ring, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to),
			"mremap of an AIO ring", EINVAL);
	PROMISE_EQ(moved->magic, RING_MAGIC);
	PROMISE_FAILS(get_events(ring, 1, &event), EINVAL);
	PROMISE_EQ(NEED(get_events(moved, 1, &event)), 1);
	PROMISE_EQ(event.data, 99);
	submit_one(moved, 100);
	PROMISE_EQ(NEED(get_events(moved, 1, &event)), 1);
	NEED(syscall(SYS_io_destroy, (aio_context_t)moved));
}

/* A child with a context, and in it a poll that nothing will end, or none. */
static pid_t spawn_polling(bool polls, int stage)
{
	pid_t pid = spawn();

	if (pid == 0) {
		aio_context_t context = 0;
		struct iocb cb = { .aio_lio_opcode = IOCB_CMD_POLL, .aio_buf = POLLIN },
			    *list = &cb;
		int ends[2];

		OFFERED(syscall(SYS_io_setup, 8, &context), "AIO");
		NEED(pipe(ends));
		cb.aio_fildes = ends[0];
		if (polls)
			PROMISE_EQ(OFFERED(syscall(SYS_io_submit, context, 1, &list),
					   "IOCB_CMD_POLL", EINVAL),
				   1);
		reach(stage);
		linger();
	}
	await(stage);
	return pid;
}

GAP(in_flight, .what = "nobody tells which requests of a context are not done yet",
    .kconfig = "CONFIG_AIO", .source = "io_submit(2)")
{
	pid_t with = spawn_polling(true, 1);

	tried_tasks(with, spawn_polling(false, 2));
}
