// SPDX-License-Identifier: GPL-2.0-only
/*
 * The signal a parent gets when a child ends is the child's attribute: another one than SIGCHLD,
 * or none. Such a child is waited for only by those who ask for it. With criu 4.2 the signal never
 * arrives.
 */
#include <sched.h>
#include <time.h>

#include "zdtm.h"

enum { READY, GO };

static pid_t child;

static void ends(long unused)
{
	t_wake(READY);
	t_wait(GO);
	_exit(7);
}

static void setup(void)
{
	sigset_t all;

	sigfillset(&all);
	SYS_RC(pthread_sigmask(SIG_SETMASK, &all, NULL));
	child = t_clone(0, variant->arg, ends, 0);
	t_wait(READY);
}

static void check(void)
{
	const struct timespec now = {}, patience = { .tv_sec = 5 };
	siginfo_t info = {};
	sigset_t all;
	int status;

	sigfillset(&all);
	EXPECT_ERRNO(sigtimedwait(&all, &info, &now), EAGAIN);
	t_wake(GO);
	if (variant->arg) {
		SYS(sigtimedwait(&all, &info, &patience));
		EXPECT_EQ(info.si_signo, variant->arg);
		EXPECT_EQ(info.si_code, CLD_EXITED);
		EXPECT_EQ(info.si_pid, child);
		EXPECT_EQ(info.si_status, 7);
	}
	t_wait_state(child, 'Z');
	EXPECT_ERRNO(waitpid(child, &status, 0), ECHILD);
	SYS(waitpid(child, &status, __WCLONE));
	EXPECT_EQ(WEXITSTATUS(status), 7);
	EXPECT_ERRNO(sigtimedwait(&all, &info, &now), EAGAIN);
}

ZDTM_TEST = {
	.doc = "the end of a child is told by the signal it was made with, or by none",
	.object = "task",
	.variants = VARIANTS({ "usr1", SIGUSR1 }, { "realtime", 40 }, { "none", 0 }),
	.setup = setup,
	.check = check,
};
