// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ring of io_uring that has nothing to do, with a file and a buffer registered; one that a thread of
 * the kernel's serves; one whose descriptor is closed, as its memory keeps it; and one that nothing
 * shows at all: it lies in memory of the task's own and is known by its number among the rings that
 * the task has registered. Each takes new requests, or the dump is refused.
 *
 * criu 4.2 does not see the last, and restores a task whose ring is gone.
 */
#include <sys/uio.h>

#include "ring.h"

enum { PLAIN, SQPOLL, CLOSED, REGISTERED, HIDDEN, HIDDEN_LAST }; /* variant->arg */

#define REGISTER_RING_FDS 20 /* since 5.18 */
#define SIZE              100

static struct {
	struct ring ring;
	char *buffer;
	struct blob data;
} was;

static void register_file(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	struct iovec buffer = { was.buffer, T_PAGE };

	was.data = t_fill(fd, SIZE);
	SYS(ring_register(&was.ring, IORING_REGISTER_FILES, &fd, 1));
	SYS(ring_register(&was.ring, IORING_REGISTER_BUFFERS, &buffer, 1));
	SYS(close(fd));
}

/* From now on it has a number that is no descriptor. */
static void register_ring(void)
{
	struct io_uring_rsrc_update up = {
		.offset = variant->arg == HIDDEN_LAST ? 15 : -1U,
		.data = was.ring.fd,
	};

	if (ring_register(&was.ring, REGISTER_RING_FDS, &up, 1) < 0)
		t_skip("rings cannot be registered: %s", strerror(errno));
	SYS(close(was.ring.fd));
	was.ring.fd = up.offset;
	was.ring.enter = IORING_ENTER_REGISTERED_RING;
}

static void setup(void)
{
	was.buffer = t_map(T_PAGE, MAP_PRIVATE);
	ring_open(&was.ring, variant->arg == SQPOLL   ? IORING_SETUP_SQPOLL
			     : variant->arg >= HIDDEN ? IORING_SETUP_NO_MMAP
						      : 0);
	if (variant->arg == PLAIN || variant->arg == SQPOLL)
		register_file();
	if (variant->arg == CLOSED)
		SYS(close(was.ring.fd));
	if (variant->arg >= REGISTERED)
		register_ring();
}

static void check(void)
{
	struct ring_answer answer;

	/* Its descriptor is gone for good; the memory is what the kernel wrote. */
	if (variant->arg == CLOSED) {
		EXPECT_EQ(*ring_word(&was.ring, was.ring.p.sq_off.ring_entries), RING_ENTRIES);
		EXPECT_EQ(t_vma(was.ring.rings).name[0], 'a'); /* "anon_inode:[io_uring]" */
		return;
	}
	ring_submit(&was.ring, (struct io_uring_sqe){ .opcode = IORING_OP_NOP, .user_data = 7 });
	answer = ring_take(&was.ring);
	EXPECT_EQ(answer.user_data, 7);
	EXPECT_EQ(answer.res, 0);
	if (variant->arg >= REGISTERED)
		return;
	ring_submit(&was.ring, (struct io_uring_sqe){ .opcode = IORING_OP_READ_FIXED,
						      .flags = IOSQE_FIXED_FILE,
						      .addr = (uintptr_t)was.buffer,
						      .len = SIZE });
	EXPECT_EQ(ring_take(&was.ring).res, SIZE);
	EXPECT_MEM_IS(was.buffer, &was.data);
}

ZDTM_TEST = {
	.doc = "an idle io_uring takes new requests, or the dump is refused",
	.object = "io_uring",
	.demand = KEEP_OR_REFUSE,
	.variants = VARIANTS({ "plain", PLAIN }, { "sqpoll", SQPOLL }, { "closed", CLOSED },
			     { "registered", REGISTERED },
			     { "hidden", HIDDEN, .needs = LIST("io_uring.own_memory") },
			     { "hidden_last", HIDDEN_LAST, .needs = LIST("io_uring.own_memory") }),
	.setup = setup,
	.check = check,
};
