// SPDX-License-Identifier: GPL-2.0-only
/*
 * target STATE one|many|execs: one task with one thread, several with several, or one with several
 * that executes this program all the time. See target.h. It has no way to tell that it was stopped, dumped, left alone by a dying engine or restored, other than by
 * what it checks.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "regs.h"
#include "rounds.h"

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

/* ---- programs ---- */

static char **again;
static sem_t all_made;

static void *pauses(void *unused)
{
	pause();
	return NULL;
}

/* While one executes a program the others can make no threads: EAGAIN. */
static void *exec_again(void *unused)
{
	sem_wait(&all_made);
	execv("/proc/self/exe", again);
	fail("execve: errno %d", errno);
	return NULL;
}

/* In turn from the main thread and from one in the midst of others, which takes over its pid. */
static void execs(char **argv)
{
	struct target_slot *s = state->n ? &state->slot[0] : slot("execs");
	bool by_main = s->rounds % 2;
	pthread_t t;

	again = argv;
	round_done(s);
	__atomic_store_n(&state->ready, 1, __ATOMIC_RELEASE);
	if (stopping())
		return;
	for (int i = 0; i < 12; i++)
		if (pthread_create(&t, NULL, i == 6 && !by_main ? exec_again : pauses, NULL) != 0)
			fail("pthread_create");
	sem_post(&all_made);
	if (by_main)
		exec_again(NULL);
	else
		pauses(NULL);
}

int main(int argc, char **argv)
{
	int fd = argc == 3 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;

	if (fd < 0) {
		fprintf(stderr, "usage: target STATE one|many|execs\n");
		return 2;
	}
	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	catch_signals();
	if (strcmp(argv[2], "one") == 0)
		one();
	else if (strcmp(argv[2], "execs") == 0)
		execs(argv);
	else
		many();
	return state->failed;
}
