// SPDX-License-Identifier: GPL-2.0-only
/*
 * A list of robust futexes made by hand: three that the thread holds, one it has only just taken
 * and not put into the list yet, one that belongs to somebody else. When the thread ends, the
 * kernel marks those that are its own.
 */
#include <linux/futex.h>

#include "zdtm.h"

#define LOCKS   3
#define PENDING LOCKS
#define FOREIGN (LOCKS + 1)
#define ALL     (LOCKS + 2)

enum { READY, GO };

struct lock {
	struct robust_list link;
	uint32_t word;
};

static struct {
	struct robust_list_head head;
	struct lock lock[ALL];
	pthread_t thread;
	pid_t tid;
} was;

static void make_list(void)
{
	struct robust_list *at = &was.head.list;

	for (int i = 0; i < ALL; i++)
		was.lock[i].word = i == FOREIGN ? getpid() : gettid();
	for (int i = 0; i < LOCKS; i++)
		at = at->next = &was.lock[i].link;
	at->next = &was.lock[FOREIGN].link;
	was.lock[FOREIGN].link.next = &was.head.list;
	was.head.futex_offset = offsetof(struct lock, word) - offsetof(struct lock, link);
	was.head.list_op_pending = &was.lock[PENDING].link;
}

static void thread(long unused)
{
	was.tid = gettid();
	make_list();
	SYS(syscall(SYS_set_robust_list, &was.head, sizeof(was.head)));
	t_wake(READY);
	t_wait(GO);
}

static void setup(void)
{
	was.thread = t_thread(thread, 0);
	t_wait(READY);
}

static void check(void)
{
	struct robust_list_head *head = NULL;
	size_t size = 0;

	SYS(syscall(SYS_get_robust_list, was.tid, &head, &size));
	EXPECT_EQ(head, &was.head);
	EXPECT_EQ(size, sizeof(was.head));
	for (int i = 0; i < ALL; i++)
		EXPECT_EQ(was.lock[i].word, i == FOREIGN ? getpid() : was.tid);
	t_wake(GO);
	t_thread_join(was.thread);
	for (int i = 0; i < ALL; i++)
		if (i == FOREIGN)
			EXPECT_EQ(was.lock[i].word, getpid());
		else
			EXPECT_EQ(was.lock[i].word, FUTEX_OWNER_DIED);
}

ZDTM_TEST = {
	.doc = "the kernel still knows a thread's list of robust futexes",
	.object = "robust_list",
	.setup = setup,
	.check = check,
};
