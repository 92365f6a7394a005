// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers that tell nobody, and timers that tell one thread: the signal comes to that one and to no
 * other, with the value it was given.
 */
#include <time.h>

#include "zdtm.h"

#define SIG     40
#define THREADS 3
#define LAST    (THREADS - 1) /* has no timer */
#define FAR     1000          /* seconds */
#define GO(i)   (1 + (i))

static struct {
	pthread_t thread[THREADS];
	pid_t tid[THREADS];
	timer_t id[THREADS], none;
} was;

static void block(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIG);
	SYS_RC(pthread_sigmask(SIG_BLOCK, set, NULL));
}

static void thread(long i)
{
	const struct timespec patience = { .tv_sec = i == LAST ? 0 : 5 };
	siginfo_t info = {};
	sigset_t set;

	block(&set);
	was.tid[i] = gettid();
	t_wake(0);
	t_wait(GO(i));
	if (i == LAST) {
		EXPECT_ERRNO(sigtimedwait(&set, &info, &patience), EAGAIN);
		return;
	}
	SYS(sigtimedwait(&set, &info, &patience));
	EXPECT_EQ(info.si_code, SI_TIMER);
	EXPECT_EQ(info.si_value.sival_int, 100 + i);
}

static timer_t make(int how, int i)
{
	const struct itimerspec far = { { FAR, 7 }, { FAR, 0 } };
	struct sigevent ev = {
		.sigev_notify = how,
		.sigev_signo = SIG,
		.sigev_value.sival_int = 100 + i,
	};
	timer_t id;

	if (how == SIGEV_THREAD_ID)
		ev._sigev_un._tid = was.tid[i];
	SYS(timer_create(CLOCK_MONOTONIC, &ev, &id));
	SYS(timer_settime(id, 0, &far, NULL));
	return id;
}

static void setup(void)
{
	sigset_t set;

	block(&set);
	for (int i = 0; i < THREADS; i++) {
		was.thread[i] = t_thread(thread, i);
		t_wait(0);
		if (i != LAST)
			was.id[i] = make(SIGEV_THREAD_ID, i);
	}
	was.none = make(SIGEV_NONE, 0);
}

static void end_now(timer_t id)
{
	const struct itimerspec soon = { .it_value = { 0, 1 } };
	struct itimerspec t;

	SYS(timer_settime(id, 0, &soon, &t));
	EXPECT_LE(t.it_value.tv_sec, FAR);
	EXPECT_GT(t.it_value.tv_sec, FAR - 30);
	EXPECT_EQ(t.it_interval.tv_sec, FAR);
	EXPECT_EQ(t.it_interval.tv_nsec, 7);
}

static void check(void)
{
	const struct timespec now = {};
	sigset_t set;

	end_now(was.none);
	for (int i = 0; i < THREADS; i++) {
		if (i != LAST)
			end_now(was.id[i]);
		t_wake(GO(i));
		t_thread_join(was.thread[i]);
	}
	block(&set);
	EXPECT_ERRNO(sigtimedwait(&set, NULL, &now), EAGAIN);
}

ZDTM_TEST = {
	.doc = "timers tell the thread they were made to tell, or nobody",
	.known_as = "static/timer_none00",
	.object = "timers",
	.setup = setup,
	.check = check,
};
