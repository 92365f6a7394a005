// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers that run on CPU time: of the process, of a thread, of another process. They keep the time
 * they have left, and end when so much has been used.
 */
#include <time.h>

#include "zdtm.h"

#define SIG    40
#define LEFT   5  /* seconds, far more than anybody here uses */
#define SHORT  10 /* milliseconds */
#define MS     INT64_C(1000000)
#define SECOND (1000 * MS)

enum { OF_PROCESS, OF_THREAD, OF_OTHER }; /* variant->arg: whose time */
enum { READY, GO };

static struct {
	timer_t id;
	clockid_t clock;
	pid_t child;
	pthread_t thread;
} was;

static void burn(int ms)
{
	struct timespec t;
	int64_t start;

	SYS(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t));
	start = t.tv_sec * SECOND + t.tv_nsec;
	do
		SYS(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t));
	while (t.tv_sec * SECOND + t.tv_nsec - start < ms * MS);
}

static void burns(long unused)
{
	if (variant->arg == OF_THREAD)
		SYS_RC(pthread_getcpuclockid(pthread_self(), &was.clock));
	t_wake(READY);
	t_wait(GO);
	burn(3 * SHORT);
}

static void setup(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIG };
	const struct itimerspec t = { .it_value = { LEFT, 0 } };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIG);
	SYS_RC(pthread_sigmask(SIG_BLOCK, &set, NULL));
	if (variant->arg == OF_OTHER) {
		was.child = t_fork(burns, 0);
		SYS_RC(clock_getcpuclockid(was.child, &was.clock));
	} else {
		was.clock = CLOCK_PROCESS_CPUTIME_ID;
		was.thread = t_thread(burns, 0);
	}
	t_wait(READY);
	SYS(timer_create(was.clock, &ev, &was.id));
	SYS(timer_settime(was.id, 0, &t, NULL));
}

/* The time of nobody, or of somebody else than the timer's. */
static void use_other_time(void)
{
	const struct timespec t = { .tv_nsec = SHORT * MS };

	if (variant->arg == OF_PROCESS)
		SYS(nanosleep(&t, NULL));
	else
		burn(3 * SHORT);
}

static void check(void)
{
	const struct itimerspec soon = { .it_value = { 0, SHORT * MS } };
	const struct timespec patience = { .tv_sec = 5 }, now = {};
	struct itimerspec t;
	siginfo_t info = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIG);
	SYS(timer_settime(was.id, 0, &soon, &t));
	EXPECT_LE(t.it_value.tv_sec, LEFT);
	EXPECT_GE(t.it_value.tv_sec, LEFT - 1);
	use_other_time();
	EXPECT_ERRNO(sigtimedwait(&set, NULL, &now), EAGAIN);
	t_wake(GO);
	SYS(sigtimedwait(&set, &info, &patience));
	EXPECT_EQ(info.si_code, SI_TIMER);
	if (variant->arg == OF_OTHER)
		t_join(was.child);
	else
		t_thread_join(was.thread);
}

ZDTM_TEST = {
	.doc = "timers on CPU clocks keep clock and time",
	.object = "timers",
	.variants = VARIANTS({ "process", OF_PROCESS }, { "thread", OF_THREAD },
			     { "other_process", OF_OTHER, .demand = KEEP_OR_REFUSE }),
	.setup = setup,
	.check = check,
};
