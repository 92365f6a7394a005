// SPDX-License-Identifier: GPL-2.0-only
/*
 * target STATE one|many: one task with one thread, or several with several. See target.h. It has no
 * way to tell that it was stopped, dumped, left alone by a dying engine or restored, other than by
 * what it checks.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "regs.h"
#include "target.h"

#define MS  1000000L
#define NAP (2 * MS)

static struct target_state *state;

static bool stopping(void)
{
	return __atomic_load_n(&state->stop, __ATOMIC_ACQUIRE);
}

static void fail(const char *fmt, ...)
{
	va_list ap;

	if (__atomic_exchange_n(&state->telling, 1, __ATOMIC_ACQ_REL))
		return;
	va_start(ap, fmt);
	vsnprintf(state->why, sizeof(state->why), fmt, ap);
	va_end(ap);
	__atomic_store_n(&state->failed, 1, __ATOMIC_RELEASE);
}

#define CHECK(cond, ...)                                                                           \
	do {                                                                                       \
		if (!(cond))                                                                       \
			fail(__VA_ARGS__);                                                         \
	} while (0)

static struct target_slot *slot(const char *what)
{
	struct target_slot *s = &state->slot[__atomic_fetch_add(&state->n, 1, __ATOMIC_ACQ_REL)];

	snprintf(s->what, sizeof(s->what), "%s", what);
	s->pid = getpid();
	s->tid = gettid();
	return s;
}

static void round_done(struct target_slot *s)
{
	__atomic_add_fetch(&s->rounds, 1, __ATOMIC_ACQ_REL);
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

/* There are others on this machine. */
static void rest(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = MS / 5 }, NULL);
}

static void spin(void)
{
	check_regs("spinning", -3000, 0, 0, 0);
	rest();
}

static void sleep_with_regs(void)
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

static void sleeps(void)
{
	struct timespec nap = { .tv_nsec = NAP }, left, until;
	struct timeval tv = { .tv_usec = NAP / 1000 };
	static uint32_t word;

	TIMED(nanosleep(&nap, &left), 0);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += NAP + 100000;
	until.tv_sec += until.tv_nsec / (1000 * MS);
	until.tv_nsec %= 1000 * MS;
	TIMED(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), 0);
	TIMED(poll(NULL, 0, NAP / MS), 0);
	TIMED(select(0, NULL, NULL, NULL, &tv), 0);
	TIMED(syscall(SYS_futex, &word, FUTEX_WAIT, 0, &nap, NULL, 0), -1);
	CHECK(errno == ETIMEDOUT, "FUTEX_WAIT: errno %d", errno);
}

#define PATTERN_SIZE (64 << 10)

static void memory(void)
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

/* A timer's signals, which are blocked outside of here, and queued ones. */
static void signals(void)
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

/* ---- threads and tasks ---- */

struct worker {
	const char *what;
	void (*once)(void);
};

static void *work(void *arg)
{
	const struct worker *w = arg;
	struct target_slot *s = slot(w->what);

	regs_change_modes();
	while (!stopping()) {
		w->once();
		CHECK(regs_modes_kept(), "%s: floating-point modes", w->what);
		round_done(s);
	}
	return NULL;
}

static pthread_t start(const struct worker *w)
{
	pthread_t t;

	if (pthread_create(&t, NULL, work, (void *)w) != 0)
		fail("pthread_create");
	return t;
}

static pid_t start_task(void (*fn)(void *), void *arg)
{
	pid_t pid = fork();

	if (pid == 0) {
		fn(arg);
		_exit(state->failed);
	}
	return pid;
}

static int to_peer[2], from_peer[2];

/* Sends back what it gets. */
static void peer(void *unused)
{
	struct target_slot *s = slot("peer");
	uint64_t word;
	ssize_t n;

	close(to_peer[1]);
	close(from_peer[0]);
	while ((n = read(to_peer[0], &word, sizeof(word))) != 0) {
		CHECK(n == sizeof(word), "read gave %zd, errno %d", n, errno);
		word *= 3;
		n = write(from_peer[1], &word, sizeof(word));
		CHECK(n == sizeof(word), "write gave %zd, errno %d", n, errno);
		round_done(s);
	}
}

static void ask_peer(void)
{
	static uint64_t turn;
	uint64_t word = ++turn;
	ssize_t n = write(to_peer[1], &word, sizeof(word));

	CHECK(n == sizeof(word), "write gave %zd, errno %d", n, errno);
	n = read(from_peer[0], &word, sizeof(word));
	CHECK(n == sizeof(word), "read gave %zd, errno %d", n, errno);
	CHECK(word == 3 * turn, "peer answers %ju to %ju", (uintmax_t)word, (uintmax_t)turn);
	rest();
}

static void fork_once(void)
{
	static unsigned int turn;
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(turn % 50);
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
		      WEXITSTATUS(status) == (int)turn % 50,
	      "child %d of round %u: status %#x, errno %d", pid, turn, status, errno);
	turn++;
	rest();
}

static void forker(void *unused)
{
	work(&(struct worker){ "forker", fork_once });
}

static void on_stray(int sig)
{
	fail("signal %d, which nobody sent", sig);
}

static void nothing_stray(void)
{
	sleep_with_regs();
}

/* Catches all signals that an engine might use for its own ends: none must arrive. */
static void catcher(void *unused)
{
	static const struct worker w = { "catcher's thread", nothing_stray };
	static const int sigs[] = { SIGURG, SIGWINCH, SIGCHLD, SIGTRAP, SIGIO };
	pthread_t t;

	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		signal(sigs[i], on_stray);
	t = start(&w);
	work(&(struct worker){ "catcher", spin });
	pthread_join(t, NULL);
}

/* All signals blocked, so that none is left to stop it by. */
static void deaf(void *unused)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	work(&(struct worker){ "deaf", sleep_with_regs });
	sigprocmask(SIG_SETMASK, NULL, &all);
	CHECK(sigismember(&all, SIGURG), "signals of a deaf task are not blocked any more");
}

static void stopped(void *unused)
{
	raise(SIGSTOP);
	CHECK(stopping(), "a stopped task was let go");
}

static void await_rounds(void)
{
	for (unsigned int i = 0; i < __atomic_load_n(&state->n, __ATOMIC_ACQUIRE); i++)
		while (!__atomic_load_n(&state->slot[i].rounds, __ATOMIC_ACQUIRE) && !state->failed)
			nanosleep(&(struct timespec){ .tv_nsec = MS / 10 }, NULL);
}

static void many(void)
{
	static const struct worker threads[] = {
		{ "spin", spin },       { "sleep with registers", sleep_with_regs },
		{ "sleeps", sleeps },   { "memory", memory },
		{ "signals", signals }, { "peer's peer", ask_peer },
	};
	void (*const tasks[])(void *) = { peer, forker, catcher, deaf };
	const unsigned int n = sizeof(threads) / sizeof(threads[0]), slots = n + 5;
	pthread_t t[sizeof(threads) / sizeof(threads[0])];
	pid_t pid[4];
	int status;

	if (pipe(to_peer) < 0 || pipe(from_peer) < 0)
		fail("pipe: errno %d", errno);
	for (int i = 0; i < 4; i++)
		pid[i] = start_task(tasks[i], NULL);
	state->stopped = start_task(stopped, NULL);
	waitpid(state->stopped, &status, WUNTRACED);
	close(to_peer[0]);
	close(from_peer[1]);
	for (unsigned int i = 0; i < n; i++)
		t[i] = start(&threads[i]);
	while (__atomic_load_n(&state->n, __ATOMIC_ACQUIRE) < slots && !state->failed)
		nanosleep(&(struct timespec){ .tv_nsec = MS / 10 }, NULL);
	await_rounds();
	__atomic_store_n(&state->ready, 1, __ATOMIC_RELEASE);

	for (unsigned int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	close(to_peer[1]);
	kill(state->stopped, SIGCONT);
	for (int i = 0; i < 5; i++) {
		pid_t p = i < 4 ? pid[i] : state->stopped;

		CHECK(waitpid(p, &status, 0) == p && status == 0, "task %d ended with %#x", p,
		      status);
	}
}

/* All in turn, in the only thread there is. */
static void in_turn(void)
{
	spin();
	sleep_with_regs();
	memory();
	signals();
}

static void one(void)
{
	struct target_slot *s = slot("one");

	while (!stopping()) {
		in_turn();
		round_done(s);
		__atomic_store_n(&state->ready, 1, __ATOMIC_RELEASE);
	}
}

int main(int argc, char **argv)
{
	struct sigaction tick = { .sa_sigaction = on_tick, .sa_flags = SA_SIGINFO | SA_RESTART };
	int fd = argc == 3 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;

	if (fd < 0) {
		fprintf(stderr, "usage: target STATE one|many\n");
		return 2;
	}
	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	sigaction(SIGRTMIN + 1, &tick, NULL);
	if (strcmp(argv[2], "one") == 0)
		one();
	else
		many();
	return state->failed;
}
