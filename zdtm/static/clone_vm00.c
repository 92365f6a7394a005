// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two processes in one memory, with or without their signal handlers in common: what one stores the
 * other sees, and where the handlers are shared so are they changed for both.
 */
#include <sched.h>

#include "zdtm.h"

#define STACK (64 << 10)

enum { READY, GO, LOOK };

static struct {
	pid_t child;
	volatile int stored;
} was;

/* It runs on the parent's thread-local data: nothing here may need its own. */
static int lives(void *unused)
{
	t_wake(READY);
	t_wait(GO);
	was.stored++;
	signal(SIGUSR1, SIG_IGN);
	t_wake(LOOK);
	return was.stored;
}

static void setup(void)
{
	char *stack =
		SYS(mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	t_share();
	was.child = SYS(clone(lives, stack + STACK, variant->arg | SIGCHLD, NULL));
	t_wait(READY);
}

static void check(void)
{
	struct sigaction now;

	was.stored = 41;
	t_wake(GO);
	t_wait(LOOK);
	EXPECT_EQ(was.stored, 42);
	SYS(sigaction(SIGUSR1, NULL, &now));
	EXPECT_EQ(now.sa_handler == SIG_IGN, (variant->arg & CLONE_SIGHAND) != 0);
	EXPECT_EQ(WEXITSTATUS(t_reap(was.child)), 42);
}

ZDTM_TEST = {
	.doc = "processes that share memory, and signal handlers, still do",
	.object = "task",
	.demand = KEEP_OR_REFUSE,
	.variants = VARIANTS({ "vm", CLONE_VM }, { "vm_sighand", CLONE_VM | CLONE_SIGHAND }),
	.setup = setup,
	.check = check,
};
