// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call user dispatch, by which a thread catches its own calls: all those made outside of a
 * range while a byte says so. It belongs to the thread, and a child of it begins without. With criu
 * 4.2 nothing is caught any more.
 */
#include <linux/prctl.h>
#include <sys/prctl.h>

#include "zdtm.h"

enum { READY, GO };

static pthread_t catcher;
static volatile uint8_t selector = SYSCALL_DISPATCH_FILTER_ALLOW;
static volatile int caught;

static void on_sys(int sig, siginfo_t *info, void *context)
{
	selector = SYSCALL_DISPATCH_FILTER_ALLOW;
	if (info->si_code == 2 /* SYS_USER_DISPATCH */ && info->si_syscall == SYS_getppid)
		caught++;
}

static bool is_caught(void)
{
	caught = 0;
	selector = SYSCALL_DISPATCH_FILTER_BLOCK;
	syscall(SYS_getppid);
	selector = SYSCALL_DISPATCH_FILTER_ALLOW;
	return caught == 1;
}

static void catches(long unused)
{
	/* Where there is only the return from the handler, or nothing. */
	SYS(prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector));
	EXPECT(is_caught());
	t_wake(READY);
	t_wait(GO);
	EXPECT(is_caught());
	SYS(prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0));
	EXPECT(!is_caught());
}

static void setup(void)
{
	const struct sigaction act = { .sa_sigaction = on_sys, .sa_flags = SA_SIGINFO };

	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0))
		t_skip("PR_SET_SYSCALL_USER_DISPATCH: %s", strerror(errno));
	SYS(sigaction(SIGSYS, &act, NULL));
	catcher = t_thread(catches, 0);
	t_wait(READY);
}

static void check(void)
{
	EXPECT(!is_caught());
	t_wake(GO);
	t_thread_join(catcher);
}

ZDTM_TEST = {
	.doc = "a thread that catches its own system calls still does",
	.object = "task",
	.demand = KEEP_OR_REFUSE,
	.needs = LIST("sud.get_config"), /* before, nobody can know of it */
	.setup = setup,
	.check = check,
};
