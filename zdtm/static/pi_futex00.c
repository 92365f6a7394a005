// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mutex with priority inheritance, its owner and two waiters: the kernel knows who owns it only
 * while somebody waits. The more important waiter gets it first, though it came last, and so far
 * lends the owner its priority.
 */
#include <sched.h>

#include "zdtm.h"

enum { LOW, HIGH, WAITERS };
enum { READY, GO };

static const int priorities[] = { 5, 9 };

static struct {
	pthread_mutex_t mutex;
	pthread_t thread[WAITERS], owner;
	pid_t tid[WAITERS], owner_tid;
	int order[WAITERS], n;
} was;

/*
 * As the kernel schedules it, what others lend included: field 18 of stat, below zero if real-time.
 */
static int current_priority(pid_t tid)
{
	char path[64], *text, *at;
	int priority = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	text = t_slurp(path);
	at = strrchr(text, ')');
	for (int field = 2; field < 18; field++)
		at = strchr(at + 1, ' ');
	priority = atoi(at);
	free(text);
	return -1 - priority;
}

static void waits(long i)
{
	const struct sched_param param = { priorities[i] };

	was.tid[i] = gettid();
	SYS(sched_setscheduler(0, SCHED_FIFO, &param));
	t_wake(READY);
	SYS_RC(pthread_mutex_lock(&was.mutex));
	was.order[was.n++] = i;
	SYS_RC(pthread_mutex_unlock(&was.mutex));
}

static void owns(long unused)
{
	was.owner_tid = gettid();
	SYS_RC(pthread_mutex_lock(&was.mutex));
	t_wake(READY);
	t_wait(GO);
	SYS_RC(pthread_mutex_unlock(&was.mutex));
}

static void setup(void)
{
	pthread_mutexattr_t attr;

	SYS_RC(pthread_mutexattr_init(&attr));
	SYS_RC(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT));
	SYS_RC(pthread_mutex_init(&was.mutex, &attr));
	was.owner = t_thread(owns, 0);
	t_wait(READY);
	for (int i = 0; i < WAITERS; i++) {
		was.thread[i] = t_thread(waits, i);
		t_wait(READY);
		t_wait_syscall(was.tid[i], SYS_futex);
	}
	EXPECT_EQ(current_priority(was.owner_tid), priorities[HIGH]);
}

static void check(void)
{
	for (int i = 0; i < WAITERS; i++)
		t_wait_syscall(was.tid[i], SYS_futex);
	EXPECT_EQ(was.n, 0);
	EXPECT_EQ(current_priority(was.owner_tid), priorities[HIGH]);
	EXPECT_EQ(pthread_mutex_trylock(&was.mutex), EBUSY);
	t_wake(GO);
	t_thread_join(was.owner);
	for (int i = 0; i < WAITERS; i++)
		t_thread_join(was.thread[i]);
	EXPECT_EQ(was.order[0], HIGH);
	EXPECT_EQ(was.order[1], LOW);
}

ZDTM_TEST = {
	.doc = "a mutex with priority inheritance is owned, waited for and handed over as before",
	.object = "task",
	.caps = CAP_BIT(CAP_SYS_NICE), /* SCHED_FIFO */
	.setup = setup,
	.check = check,
};
