// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers that are made, fire after some microseconds and are deleted, on one clock after the other:
 * each fires once, with its own value. Beside it an interval timer whose handler interrupts a
 * read() that goes on by itself.
 */
#include <sys/time.h>
#include <time.h>

#include "zdtm.h"

#define SIG 40

enum { TURNING };

static struct {
	pid_t churner, reader;
	int pipe[2];
} was;

static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_TAI };

static void once(int nr, const sigset_t *set)
{
	struct sigevent ev = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIG,
		.sigev_value.sival_int = nr,
	};
	const struct itimerspec soon = { .it_value = { 0, 1000 * (1 + nr % 500) } };
	siginfo_t info;
	timer_t id;

	SYS(timer_create(clocks[nr % 4], &ev, &id));
	SYS(timer_settime(id, 0, &soon, NULL));
	while (sigwaitinfo(set, &info) < 0)
		EXPECT_EQ(errno, EINTR);
	EXPECT_EQ(info.si_code, SI_TIMER);
	EXPECT_EQ(info.si_value.sival_int, nr);
	EXPECT_EQ(info.si_overrun, 0);
	SYS(timer_delete(id));
}

static void churns(long unused)
{
	const struct timespec now = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIG);
	SYS_RC(pthread_sigmask(SIG_BLOCK, &set, NULL));
	for (int nr = 0; !t_over(); nr++) {
		once(nr, &set);
		if (nr == 10)
			t_wake(TURNING);
	}
	EXPECT_ERRNO(sigtimedwait(&set, NULL, &now), EAGAIN);
}

static volatile int ticks;

static void on_alarm(int sig)
{
	if (++ticks == 5)
		t_wake(TURNING);
}

static void reads(long unused)
{
	const struct sigaction act = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	const struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	struct itimerval now;
	char c;

	SYS(sigaction(SIGALRM, &act, NULL));
	SYS(setitimer(ITIMER_REAL, &often, NULL));
	EXPECT_EQ(SYS(read(was.pipe[0], &c, 1)), 1);
	SYS(getitimer(ITIMER_REAL, &now));
	EXPECT_EQ(now.it_interval.tv_usec, 1000);
}

static void setup(void)
{
	SYS(pipe(was.pipe));
	was.churner = t_fork(churns, 0);
	was.reader = t_fork(reads, 0);
	t_wait(TURNING);
	t_wait(TURNING);
}

static void check(void)
{
	t_join(was.churner);
	t_write(was.pipe[1], "!", 1);
	t_join(was.reader);
}

ZDTM_TEST = {
	.doc = "timers that come, fire and go, and calls they interrupt, go on",
	.object = "timers",
	.setup = setup,
	.check = check,
};
