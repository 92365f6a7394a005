// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stack that has grown until near its limit, with something in every page of it; it can still grow
 * a bit. And an alternate signal stack on the lowest page of a mapping.
 */
#include <sys/resource.h>

#include "zdtm.h"

#define LIMIT (1UL << 20)
#define FRAME 4000
#define DEEP  200 /* frames: some 800 kB */
#define MORE  30

enum { CHILD_READY, GO };

static struct {
	unsigned char *alt;
	pid_t child;
} was;

static void go_down(int n)
{
	unsigned char here[FRAME];
	struct blob data = t_fill_mem(here, sizeof(here));

	if (n > 0) {
		go_down(n - 1);
	} else {
		t_wake(CHILD_READY);
		t_wait(GO);
	}
	EXPECT_MEM_IS(here, &data);
}

static void go_down_more(int n)
{
	volatile unsigned char here[FRAME];

	for (int i = 0; i < FRAME; i += 500)
		here[i] = n;
	if (n > 0)
		go_down_more(n - 1);
	EXPECT_EQ(here[0], (unsigned char)n);
}

static volatile uintptr_t handled_on;

static void on_usr1(int sig)
{
	unsigned char here;

	handled_on = (uintptr_t)&here;
}

static void child(long unused)
{
	const struct sigaction act = { .sa_handler = on_usr1, .sa_flags = SA_ONSTACK };
	const stack_t alt = { .ss_sp = was.alt, .ss_size = 4 * T_PAGE };

	SYS(sigaltstack(&alt, NULL));
	SYS(sigaction(SIGUSR1, &act, NULL));
	go_down(DEEP);
	go_down_more(DEEP + MORE);
	SYS(raise(SIGUSR1));
	EXPECT_GE(handled_on, was.alt);
	EXPECT_LT(handled_on, was.alt + 4 * T_PAGE);
}

static void setup(void)
{
	struct rlimit limit;

	SYS(getrlimit(RLIMIT_STACK, &limit));
	limit.rlim_cur = LIMIT;
	SYS(setrlimit(RLIMIT_STACK, &limit));
	was.alt = t_map(5 * T_PAGE, MAP_PRIVATE);
	SYS(munmap(was.alt, T_PAGE));
	was.alt += T_PAGE;
	was.child = t_fork(child, 0);
	t_wait(CHILD_READY);
}

static void check(void)
{
	t_wake(GO);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "a deep stack keeps every frame and can still grow; an alternate stack works",
	.object = "mm",
	.setup = setup,
	.check = check,
};
