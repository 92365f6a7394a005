// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread in a signal handler, called while another one ran, called while a third did; one of them
 * on an alternate stack. Each return finds the frame below with its variables, its blocked signals
 * and its way of rounding, and what was interrupted goes on.
 */
#include <fenv.h>

#include "zdtm.h"

#define LEVELS 3
#define STACK  (64 << 10)

enum { READY, GO };

static const int modes[] = { FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO };

static struct {
	pthread_t thread;
	char *stack;
	int level, returned;
} was;

static uint64_t blocked(void)
{
	uint64_t now;

	SYS(syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &now, sizeof(now)));
	return now;
}

/* Makes the next level, or waits at the last one; afterwards everything here is as it was. */
static void go_deeper(void)
{
	int level = was.level++;
	unsigned char local[512];
	struct blob data = t_fill_mem(local, sizeof(local));
	uint64_t mask = blocked();

	fesetround(modes[level]);
	if (level == LEVELS) {
		t_wake(READY);
		t_wait(GO);
	} else {
		SYS(syscall(SYS_tgkill, getpid(), gettid(), SIGRTMIN + level));
	}
	EXPECT_MEM_IS(local, &data);
	EXPECT_EQ(fegetround(), modes[level]);
	EXPECT_EQ(blocked(), mask);
	EXPECT_EQ(was.returned, LEVELS - level);
	was.returned++;
}

static void on_signal(int sig)
{
	char here;

	EXPECT_EQ(&here >= was.stack && &here < was.stack + STACK, sig != SIGRTMIN);
	go_deeper();
}

static void thread(long unused)
{
	const stack_t ss = { .ss_sp = was.stack, .ss_size = STACK };

	SYS(sigaltstack(&ss, NULL));
	go_deeper();
	EXPECT_EQ(was.returned, LEVELS + 1);
}

static void setup(void)
{
	was.stack =
		SYS(mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	for (int i = 0; i < LEVELS; i++) {
		struct sigaction act = { .sa_handler = on_signal, .sa_flags = i ? SA_ONSTACK : 0 };

		/* Each level blocks one more. */
		sigaddset(&act.sa_mask, SIGUSR1 + i);
		SYS(sigaction(SIGRTMIN + i, &act, NULL));
	}
	was.thread = t_thread(thread, 0);
	t_wait(READY);
}

static void check(void)
{
	EXPECT_EQ(was.returned, 0);
	t_wake(GO);
	t_thread_join(was.thread);
}

ZDTM_TEST = {
	.doc = "nested signal handlers return, one into the other",
	.object = "signals",
	.setup = setup,
	.check = check,
};
