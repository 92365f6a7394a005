// SPDX-License-Identifier: GPL-2.0-only
/* Futexes, of which the kernel keeps only who waits, for as long as they do. */
#include <limits.h>
#include <linux/futex.h>
#include <time.h>

#include "probe.h"

#define DECLARED .since = "2.6", .kconfig = "CONFIG_FUTEX", .source = "futex(2)"

static long futex(uint32_t *word, int op, uint32_t value)
{
	return syscall(SYS_futex, word, op, value, NULL, NULL, 0);
}

/* A child that waits, and says what it was woken with. */
static pid_t spawn_waiting(uint32_t *word, int op)
{
	pid_t pid = spawn();

	if (pid == 0) {
		long r = futex(word, op, *word);

		_exit(r < 0 ? errno : 0);
	}
	until_state(pid, 'S');
	return pid;
}

PROBE(told, .what = "/proc/PID/syscall tells which futex a task waits on, and how", DECLARED)
{
	uint32_t *word = share(page_size());
	unsigned long address, op;
	pid_t pid = spawn_waiting(word, FUTEX_WAIT);
	int nr;

	PROMISE_EQ(sscanf(OFFERED(slurp("/proc/%d/syscall", pid), "/proc/PID/syscall", ENOENT),
			  "%d %lx %lx", &nr, &address, &op),
		   3);
	PROMISE_EQ(nr, SYS_futex);
	PROMISE_EQ(address, word);
	PROMISE_EQ(op, FUTEX_WAIT);
}

PROBE(interrupted, .what = "a task stopped while it waits on a futex waits on, and is woken",
      DECLARED)
{
	uint32_t *word = share(page_size());
	pid_t pid = spawn_waiting(word, FUTEX_WAIT);

	seize_stopped(pid, 0);
	let_go(pid);
	until_state(pid, 'S');
	/* Nobody is in the queue while stopped: an answer of 0 would say it has not got back yet. */
	for (int i = 0; i < 1000 && NEED(futex(word, FUTEX_WAKE, 1)) == 0; i++)
		usleep(1000);
	PROMISE_EQ(WEXITSTATUS(reap(pid)), 0);
}

PROBE(pi, .what = "a lock with priority inheritance tells its owner and waiters in its word",
      DECLARED)
{
	uint32_t *word = share(page_size());
	pid_t owner, waiter;

	owner = spawn();
	if (owner == 0) {
		OFFERED(futex(word, FUTEX_LOCK_PI, 0), "FUTEX_LOCK_PI");
		reach(1);
		await(2);
		NEED(futex(word, FUTEX_UNLOCK_PI, 0));
		_exit(0);
	}
	await(1);
	PROMISE_EQ(*word & FUTEX_TID_MASK, owner);
	waiter = spawn();
	if (waiter == 0) {
		NEED(futex(word, FUTEX_LOCK_PI, 0));
		PROMISE_EQ(*word & FUTEX_TID_MASK, getpid());
		_exit(0);
	}
	for (int i = 0; i < 5000 && !(*word & FUTEX_WAITERS); i++)
		usleep(1000);
	PROMISE_EQ(*word, owner | FUTEX_WAITERS);
	/* The wait begins again from the word alone: that is all a dump has to save of it. */
	seize_stopped(waiter, 0);
	let_go(waiter);
	reach(2);
	reap_good(owner);
	reap_good(waiter);
}

GAP(order, .what = "nobody tells in which order tasks wait on a futex", .kconfig = "CONFIG_FUTEX",
    .source = "futex(2)")
{
	uint32_t *word = share(page_size());
	pid_t first = spawn_waiting(word, FUTEX_WAIT), second = spawn_waiting(word, FUTEX_WAIT);
	char *a = NEED(slurp("/proc/%d/syscall", first)),
	     *b = NEED(slurp("/proc/%d/syscall", second));

	tried_texts("/proc/PID/syscall", a, b, NULL);
	tried_tasks(second, first);
	TRIED_TO("an operation of futex unknown yet", futex(word, 14, 0));
}

GAP(pi_waiters,
    .what = "nobody tells who waits for a lock with priority inheritance, nor its owner's debt",
    .kconfig = "CONFIG_FUTEX_PI", .source = "Documentation/locking/pi-futex.rst")
{
	uint32_t *words = share(page_size());
	pid_t owner[2];

	for (int i = 0; i < 2; i++) {
		owner[i] = spawn();
		if (owner[i] == 0) {
			OFFERED(futex(&words[i], FUTEX_LOCK_PI, 0), "FUTEX_LOCK_PI");
			reach(i + 1);
			linger();
		}
		await(i + 1);
	}
	spawn_waiting(&words[0], FUTEX_LOCK_PI);
	PROMISE_EQ(words[0] & FUTEX_WAITERS, FUTEX_WAITERS);
	tried_tasks(owner[0], owner[1]);
}

/* A child that sleeps so long, and has been stopped once in the middle of it. */
static pid_t spawn_sleeping(time_t seconds, struct timespec *shared)
{
	pid_t pid;

	shared->tv_sec = seconds;
	shared->tv_nsec = 0;
	pid = spawn();
	if (pid == 0) {
		struct timespec own = *shared;

		/* All six, so that no register tells what the call does not. */
		syscall(SYS_nanosleep, &own, NULL, 0, 0, 0, 0);
		_exit(0);
	}
	until_state(pid, 'S');
	kill(pid, SIGSTOP);
	until_state(pid, 'T');
	kill(pid, SIGCONT);
	until_state(pid, 'S');
	return pid;
}

GAP(restart_block, .what = "nobody tells for how long an interrupted sleep, poll or wait goes on",
    .source = "restart_syscall(2)")
{
	struct timespec *shared = share(page_size());
	pid_t with = spawn_sleeping(100, shared), without = spawn_sleeping(3000, shared);
	char *a = NEED(slurp("/proc/%d/syscall", with)),
	     *b = NEED(slurp("/proc/%d/syscall", without));

	tried_texts("/proc/PID/syscall", a, b, NULL);
	tried_tasks(with, without);
}
