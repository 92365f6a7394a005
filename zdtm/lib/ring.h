// SPDX-License-Identifier: GPL-2.0-only
/* An io_uring of a few entries, for tests. */
#ifndef ZDTM_RING_H
#define ZDTM_RING_H

#include <linux/io_uring.h>

#include "zdtm.h"

#ifndef IORING_SETUP_NO_MMAP
#define IORING_SETUP_NO_MMAP (1U << 14) /* since 6.5 */
#endif
#ifndef IORING_ENTER_REGISTERED_RING
#define IORING_ENTER_REGISTERED_RING (1U << 4) /* since 5.18 */
#endif

#define RING_ENTRIES 8

struct ring {
	int fd;
	unsigned int flags, enter; /* of io_uring_setup(2) and of io_uring_enter(2) */
	struct io_uring_params p;
	char *rings;
	struct io_uring_sqe *sqe;
};

static inline uint32_t *ring_word(const struct ring *r, uint32_t offset)
{
	return (uint32_t *)(r->rings + offset);
}

/* flags: IORING_SETUP_*. Only in setup(): skips the test where such a ring is not to be had. */
static inline void ring_open(struct ring *r, unsigned int flags)
{
	bool own = flags & IORING_SETUP_NO_MMAP;

	*r = (struct ring){ .flags = flags, .p.flags = flags, .p.sq_thread_idle = 1000 };
	if (own) {
		r->rings = t_map(T_PAGE, MAP_SHARED);
		r->sqe = (void *)t_map(T_PAGE, MAP_SHARED);
		memset(r->rings, 0, T_PAGE);
		memset(r->sqe, 0, T_PAGE);
		/* user_addr of either, by newer headers */
		r->p.cq_off.resv2 = (uintptr_t)r->rings;
		r->p.sq_off.resv2 = (uintptr_t)r->sqe;
	}
	r->fd = syscall(SYS_io_uring_setup, RING_ENTRIES, &r->p);
	if (r->fd < 0)
		t_skip("no such io_uring: %s", strerror(errno));
	if (own)
		return;
	r->rings = SYS(mmap(NULL, r->p.cq_off.cqes + 2 * RING_ENTRIES * sizeof(struct io_uring_cqe),
			    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd,
			    IORING_OFF_SQ_RING));
	r->sqe = SYS(mmap(NULL, RING_ENTRIES * sizeof(*r->sqe), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQES));
}

static inline long ring_register(const struct ring *r, unsigned int op, void *arg, unsigned int n)
{
	return syscall(SYS_io_uring_register, r->fd, op, arg, n);
}

/* Asks for one thing. */
static inline void ring_submit(struct ring *r, struct io_uring_sqe sqe)
{
	uint32_t tail = *ring_word(r, r->p.sq_off.tail), i = tail & (RING_ENTRIES - 1);
	unsigned int wake = r->flags & IORING_SETUP_SQPOLL ? IORING_ENTER_SQ_WAKEUP : 0;

	r->sqe[i] = sqe;
	ring_word(r, r->p.sq_off.array)[i] = i;
	__atomic_store_n(ring_word(r, r->p.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
	EXPECT_EQ(SYS(syscall(SYS_io_uring_enter, r->fd, 1, 0, r->enter | wake, NULL, 0)), 1);
}

static inline bool ring_has_event(const struct ring *r)
{
	return __atomic_load_n(ring_word(r, r->p.cq_off.tail), __ATOMIC_ACQUIRE) !=
	       *ring_word(r, r->p.cq_off.head);
}

struct ring_answer {
	uint64_t user_data;
	int res;
};

/* The next answer. */
static inline struct ring_answer ring_take(struct ring *r)
{
	const struct io_uring_cqe *cqe = (void *)(r->rings + r->p.cq_off.cqes);
	uint32_t head = *ring_word(r, r->p.cq_off.head);
	struct ring_answer answer;

	T_UNTIL(ring_has_event(r));
	cqe += head & *ring_word(r, r->p.cq_off.ring_mask);
	answer = (struct ring_answer){ cqe->user_data, cqe->res };
	__atomic_store_n(ring_word(r, r->p.cq_off.head), head + 1, __ATOMIC_RELEASE);
	return answer;
}

#endif
