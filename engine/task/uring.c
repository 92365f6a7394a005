// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings of io_uring that nothing shows: one of a task's own memory (IORING_SETUP_NO_MMAP), known by its
 * number among the 16 that a thread can register, when its descriptor is closed. Entering it for
 * nothing tells whether it is there.
 */
#include <errno.h>
#include <sys/syscall.h>

#include "engine/base/log.h"
#include "engine/inject/inject.h"
#include "parts.h"

#define RINGS                 16        /* IO_RINGFD_REG_MAX of the kernel */
#define ENTER_REGISTERED_RING (1U << 4) /* since 5.18 */

static int ask(struct batch *b, unsigned int ring)
{
	return batch_call(b, SYS_io_uring_enter, ring, 0, 0, ENTER_REGISTERED_RING, 0, 0);
}

int uring_ask(struct batch *b, int *first)
{
	*first = ask(b, 0);
	return *first;
}

/* An older kernel has no such flag, a thread that has never used a ring no room for them. */
static bool may_have(int64_t ret)
{
	return ret != -EINVAL && ret != -ENOSYS;
}

static int refuse(const struct task *t, const struct thread *th, int64_t ret)
{
	if (!may_have(ret) || ret == -EBADF)
		return 0;
	return log_refuse("task %d: thread %d has registered a ring of io_uring: not supported yet",
			  t->pid, th->tid);
}

int uring_answer(const struct task *t, struct thread *th, struct batch *b, int first)
{
	int64_t ret = batch_ret(b, first);

	th->answers.may_have_rings = may_have(ret);
	return refuse(t, th, ret);
}

int uring_ask_more(const struct thread *th, struct batch *b)
{
	int r = 0;

	for (unsigned int i = 1; r >= 0 && th->answers.may_have_rings && i < RINGS; i++)
		r = ask(b, i);
	return r;
}

int uring_answer_more(const struct task *t, struct thread *th, struct batch *b)
{
	int r = 0;

	for (unsigned int i = 1; r == 0 && th->answers.may_have_rings && i < RINGS; i++)
		r = refuse(t, th, batch_ret(b, i - 1));
	th->answers.may_have_rings = false;
	return r;
}
