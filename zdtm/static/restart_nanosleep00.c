// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread asleep for a time: relative or absolute, it goes on sleeping until a signal is really
 * for it, and is then told what was left; one whose time ends in the meantime or soon after sleeps
 * no less than it asked for. The kernel lets it sleep on after any stop; criu 4.2 wakes it with
 * EINTR.
 */
#include <time.h>

#include "zdtm.h"

#define LONG      1000 /* seconds */
#define SHORT_MS  500
#define UNTOUCHED 12345

enum { NANOSLEEP, RELATIVE, ABSOLUTE, TO_THE_END }; /* variant->arg */
enum { BEGINS, MAY_END };

static struct {
	pthread_t thread;
	pid_t tid;
	volatile bool may_wake;
} was;

static void on_usr1(int sig)
{
}

static int64_t now_ms(void)
{
	struct timespec t;

	SYS(clock_gettime(CLOCK_MONOTONIC, &t));
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static long sleep_long(struct timespec *left)
{
	struct timespec t = { .tv_sec = LONG };

	switch (variant->arg) {
	case NANOSLEEP:
		return syscall(SYS_nanosleep, &t, left);
	case RELATIVE:
		return syscall(SYS_clock_nanosleep, CLOCK_BOOTTIME, 0, &t, left);
	default:
		SYS(clock_gettime(CLOCK_MONOTONIC, &t));
		t.tv_sec += LONG;
		return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, left);
	}
}

static void sleeps(long unused)
{
	struct timespec left = { .tv_sec = UNTOUCHED };

	was.tid = gettid();
	t_wake(BEGINS);
	EXPECT_ERRNO(sleep_long(&left), EINTR);
	EXPECT(was.may_wake);
	if (variant->arg == ABSOLUTE) {
		EXPECT_EQ(left.tv_sec, UNTOUCHED);
	} else {
		EXPECT_LE(left.tv_sec, LONG);
		EXPECT_GT(left.tv_sec, LONG - 30);
	}
}

static void sleeps_to_the_end(long unused)
{
	const struct timespec t = { .tv_nsec = SHORT_MS * 1000000 };
	int64_t start = now_ms();

	was.tid = gettid();
	t_wake(BEGINS);
	SYS(syscall(SYS_nanosleep, &t, NULL));
	EXPECT_GE(now_ms() - start, SHORT_MS);
	/* It may be over before the restore is, which compares who is there. */
	t_wait(MAY_END);
}

static void setup(void)
{
	const struct sigaction act = { .sa_handler = on_usr1 };

	SYS(sigaction(SIGUSR1, &act, NULL));
	was.thread = t_thread(variant->arg == TO_THE_END ? sleeps_to_the_end : sleeps, 0);
	t_wait(BEGINS);
	t_wait_syscall(was.tid, variant->arg == RELATIVE || variant->arg == ABSOLUTE
					? SYS_clock_nanosleep
					: SYS_nanosleep);
}

static void check(void)
{
	was.may_wake = true;
	if (variant->arg == TO_THE_END) {
		t_wake(MAY_END);
	} else {
		t_wait_state(was.tid, 'S');
		SYS(syscall(SYS_tgkill, getpid(), was.tid, SIGUSR1));
	}
	t_thread_join(was.thread);
}

ZDTM_TEST = {
	.doc = "a sleep goes on for the time it has left",
	.object = "task",
	.variants = VARIANTS({ "nanosleep", NANOSLEEP }, { "relative", RELATIVE },
			     { "absolute", ABSOLUTE }, { "to_the_end", TO_THE_END }),
	.setup = setup,
	.check = check,
};
