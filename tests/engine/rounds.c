// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "regs.h"
#include "rounds.h"

#define NAP (2 * MS)

struct target_state *state;

void fail(const char *fmt, ...)
{
	va_list ap;

	if (__atomic_exchange_n(&state->telling, 1, __ATOMIC_ACQ_REL))
		return;
	va_start(ap, fmt);
	vsnprintf(state->why, sizeof(state->why), fmt, ap);
	va_end(ap);
	__atomic_store_n(&state->failed, 1, __ATOMIC_RELEASE);
}

static int64_t now_ns(void)
{
	struct timespec t;

	/* Through the vdso: a mark in it that matters would show here. */
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * (1000 * MS) + t.tv_nsec;
}

/* ---- registers ---- */

static void check_regs(const char *where, long call, uint64_t arg0, uint64_t arg1, long result)
{
	const char *what = regs_kept(call, arg0, arg1, result);

	CHECK(!what, "%s: %s", where, what);
}

/* ---- what one thread does in a round ---- */

void rest(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = MS / 5 }, NULL);
}

void spin(void)
{
	check_regs("spinning", -3000, 0, 0, 0);
	rest();
}

void sleep_with_regs(void)
{
	struct timespec t = { .tv_nsec = NAP };
	int64_t begun = now_ns(), took;

	check_regs("in nanosleep", SYS_nanosleep, (uintptr_t)&t, 0, 0);
	took = now_ns() - begun;
	CHECK(took >= NAP, "nanosleep took %jd ns", (intmax_t)took);
}

/* A call that is to end by its timeout, not sooner and not with another result. */
#define TIMED(call, expected)                                                                      \
	({                                                                                         \
		int64_t begun_ = now_ns(), took_;                                                  \
		long r_;                                                                           \
		errno = 0;                                                                         \
		r_ = (call);                                                                       \
		took_ = now_ns() - begun_;                                                         \
		CHECK(r_ == (expected), #call " gave %ld, errno %d", r_, errno);                   \
		CHECK(took_ >= NAP, #call " took %jd ns", (intmax_t)took_);                        \
	})

void sleeps(void)
{
	struct timespec nap = { .tv_nsec = NAP }, left, until;
	struct timeval tv = { .tv_usec = NAP / 1000 };
	static uint32_t word;
	int64_t end;

	TIMED(nanosleep(&nap, &left), 0);
	/* By the clock, however late it is called. */
	end = now_ns() + NAP;
	until = (struct timespec){ end / (1000 * MS), end % (1000 * MS) };
	CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == 0, "cut short");
	CHECK(now_ns() >= end, "%jd ns too early", (intmax_t)(end - now_ns()));
	TIMED(poll(NULL, 0, NAP / MS), 0);
	TIMED(select(0, NULL, NULL, NULL, &tv), 0);
	TIMED(syscall(SYS_futex, &word, FUTEX_WAIT, 0, &nap, NULL, 0), -1);
	CHECK(errno == ETIMEDOUT, "FUTEX_WAIT: errno %d", errno);
}

#define PATTERN_SIZE (64 << 10)

void memory(void)
{
	static uint64_t *area, turn;

	if (!area) {
		area = mmap(NULL, PATTERN_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
		for (size_t i = 0; i < PATTERN_SIZE / 8; i++)
			area[i] = i * 7919;
	}
	for (size_t i = 0; i < PATTERN_SIZE / 8; i++) {
		CHECK(area[i] == i * 7919 + turn, "memory: word %zu is %#jx", i,
		      (uintmax_t)area[i]);
		area[i]++;
	}
	turn++;
	rest();
}

static volatile sig_atomic_t ticks, bad_ticks;

static void on_tick(int sig, siginfo_t *info, void *context)
{
	if (info->si_code != SI_TIMER || info->si_value.sival_int != 4711)
		bad_ticks++;
	ticks++;
}

void catch_signals(void)
{
	struct sigaction tick = { .sa_sigaction = on_tick, .sa_flags = SA_SIGINFO | SA_RESTART };

	sigaction(SIGRTMIN + 1, &tick, NULL);
}

static void every_ms(int sig)
{
	struct sigevent se = { .sigev_notify = SIGEV_THREAD_ID,
			       .sigev_signo = sig,
			       .sigev_value.sival_int = 4711,
			       ._sigev_un._tid = gettid() };
	struct itimerspec period = { { 0, MS }, { 0, MS } };
	timer_t timer;

	CHECK(timer_create(CLOCK_MONOTONIC, &se, &timer) == 0, "timer_create");
	CHECK(timer_settime(timer, 0, &period, NULL) == 0, "timer_settime");
}

/* Sent while blocked, taken in order. */
static void queue(int sig)
{
	const struct timespec none = {};
	siginfo_t info = {};
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, sig);
	for (int i = 0; i < 4; i++)
		CHECK(pthread_sigqueue(pthread_self(), sig, (union sigval){ i }) == 0,
		      "pthread_sigqueue: errno %d", errno);
	nanosleep(&(struct timespec){ .tv_nsec = MS }, NULL);
	for (int i = 0; i < 4; i++) {
		int got;

		/* A stop in it counts as a signal: signal(7). */
		while ((got = sigtimedwait(&one, &info, &none)) < 0 && errno == EINTR)
			;
		CHECK(got == sig && info.si_value.sival_int == i,
		      "queued signal %d: %d with %d, errno %d", i, got, info.si_value.sival_int,
		      errno);
	}
}

void signals(void)
{
	static bool set;
	sigset_t mask, now;
	int before = ticks;

	sigemptyset(&mask);
	sigaddset(&mask, SIGRTMIN + 3);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	if (!set)
		every_ms(SIGRTMIN + 1);
	set = true;
	while (ticks < before + 2 && !stopping())
		nanosleep(&(struct timespec){ .tv_nsec = MS }, NULL);
	queue(SIGRTMIN + 3);
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	CHECK(memcmp(&mask, &now, 8) == 0, "the signal mask has changed");
	CHECK(!bad_ticks, "a timer's signal came with other data");
	sigaddset(&mask, SIGRTMIN + 1);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
}
