// SPDX-License-Identifier: GPL-2.0-only
/* Robust futex lists: the heads, and what is done with them at a thread's end. */
#include <linux/futex.h>
#include <pthread.h>
#include <sys/prctl.h>

#include "probe.h"

#define DECLARED .since = "2.6.17", .kconfig = "CONFIG_FUTEX", .source = "get_robust_list(2)"

static long get_list(pid_t tid, struct robust_list_head **head)
{
	size_t len = 0;
	long r = syscall(SYS_get_robust_list, tid, head, &len);

	if (r == 0)
		PROMISE_EQ(len, sizeof(**head));
	return r;
}

static long set_list(struct robust_list_head *head, size_t len)
{
	return syscall(SYS_set_robust_list, head, len);
}

static struct robust_list_head *empty_list(void)
{
	struct robust_list_head *head = share(page_size());

	head->list.next = &head->list;
	return head;
}

static _Atomic pid_t tid;
static struct robust_list_head *thread_head;

static void *set_own(void *unused)
{
	NEED(set_list(thread_head, sizeof(*thread_head)));
	tid = gettid();
	linger();
}

PROBE(get, .what = "each thread's list head reads back, of other tasks too, as it was set",
      DECLARED)
{
	struct robust_list_head *mine = empty_list(), *theirs = empty_list(), *got;
	pthread_t t;
	pid_t pid;

	NEED(set_list(mine, sizeof(*mine)));
	OFFERED(get_list(0, &got), "get_robust_list");
	PROMISE_EQ(got, mine);
	thread_head = empty_list();
	NEED(-pthread_create(&t, NULL, set_own, NULL));
	while (!tid)
		usleep(100);
	NEED(get_list(tid, &got));
	PROMISE_EQ(got, thread_head);
	NEED(get_list(getpid(), &got));
	PROMISE_EQ(got, mine);

	pid = spawn();
	if (pid == 0) {
		NEED(set_list(theirs, sizeof(*theirs)));
		reach(1);
		linger();
	}
	await(1);
	NEED(get_list(pid, &got));
	PROMISE_EQ(got, theirs);
	PROMISE_FAILS(set_list(mine, sizeof(*mine) - 1), EINVAL);
	end_task(pid);
	PROMISE_FAILS(get_list(pid, &got), ESRCH);
}

PROBE(refused, .what = "without the right to trace a task, its list is not told: EPERM", DECLARED)
{
	pid_t secretive = spawn(), asker;
	struct robust_list_head *got;

	if (secretive == 0) {
		NEED(prctl(PR_SET_DUMPABLE, 0));
		reach(1);
		linger();
	}
	await(1);
	asker = spawn();
	if (asker == 0) {
		lose_privileges();
		OFFERED(get_list(getpid(), &got), "get_robust_list");
		PROMISE_FAILS(get_list(secretive, &got), EPERM);
		_exit(0);
	}
	reap_good(asker);
}

PROBE(owner_died, .what = "a lock whose owner ends is marked FUTEX_OWNER_DIED", DECLARED)
{
	struct {
		struct robust_list_head head;
		struct robust_list node;
		uint32_t futex;
	} *lock = share(page_size());
	pid_t pid = spawn();

	if (pid == 0) {
		lock->head.list.next = &lock->node;
		lock->node.next = &lock->head.list;
		lock->head.futex_offset = (char *)&lock->futex - (char *)&lock->node;
		lock->futex = gettid() | FUTEX_WAITERS;
		OFFERED(set_list(&lock->head, sizeof(lock->head)), "set_robust_list");
		_exit(0);
	}
	reap_good(pid);
	PROMISE_EQ(lock->futex & FUTEX_OWNER_DIED, FUTEX_OWNER_DIED);
	PROMISE_EQ(lock->futex & FUTEX_TID_MASK, 0);
}
