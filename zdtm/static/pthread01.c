// SPDX-License-Identifier: GPL-2.0-only
/* Blocked signals are each thread's own, all 64 of them; who blocks nothing gets the signal. */
#include "zdtm.h"

#define THREADS 3

enum { READY, GO };

static const uint64_t masks[] = { 0x5a5a5a5a00000000 | 1 << (SIGUSR1 - 1),
				  0xffffffff00000a80 | 1 << (SIGUSR1 - 1), 0 };

static struct {
	pthread_t thread[THREADS];
	pid_t tid[THREADS];
	volatile pid_t got;
} was;

static void on_usr1(int sig)
{
	was.got = gettid();
}

/* The C library's own signals, too. */
static void mask(const uint64_t *set, uint64_t *old)
{
	SYS(syscall(SYS_rt_sigprocmask, SIG_SETMASK, set, old, 8));
}

static void thread(long i)
{
	uint64_t now;

	mask(&masks[i], NULL);
	was.tid[i] = gettid();
	t_wake(READY);
	t_wait(GO);
	mask(NULL, &now);
	EXPECT_EQ(now, masks[i]);
}

static void setup(void)
{
	const struct sigaction act = { .sa_handler = on_usr1 };
	const uint64_t usr1 = UINT64_C(1) << (SIGUSR1 - 1);

	SYS(sigaction(SIGUSR1, &act, NULL));
	for (int i = 0; i < THREADS; i++) {
		was.thread[i] = t_thread(thread, i);
		t_wait(READY);
	}
	mask(&usr1, NULL);
}

static void check(void)
{
	uint64_t now;

	mask(NULL, &now);
	EXPECT_EQ(now, UINT64_C(1) << (SIGUSR1 - 1));
	/* Blocked here and in all threads but the last. */
	SYS(kill(getpid(), SIGUSR1));
	for (int i = 0; i < THREADS; i++)
		t_wake(GO);
	for (int i = 0; i < THREADS; i++)
		t_thread_join(was.thread[i]);
	EXPECT_EQ(was.got, was.tid[2]);
}

ZDTM_TEST = {
	.doc = "each thread keeps its own blocked signals, and gets the others",
	.object = "signals",
	.setup = setup,
	.check = check,
};
