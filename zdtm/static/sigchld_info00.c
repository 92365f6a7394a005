// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a parent is told of its children, and what it can still wait for: one that stopped, and
 * perhaps has been waited for already; one that went on; one that dumped core; and what
 * SA_NOCLDSTOP and SA_NOCLDWAIT leave out. Whoever stops a child again to restore it tells of it
 * twice, as criu 4.2 does, which loses what went on and what dumped core, too.
 */
#include <sys/resource.h>
#include <time.h>

#include "zdtm.h"

enum { STOPPED, STOPPED_WAITED, CONTINUED, DUMPED, NOCLDSTOP, NOCLDWAIT }; /* variant->arg */
enum { READY, GO };

static pid_t child;

static void dumps_core(void)
{
	struct rlimit core;

	SYS(getrlimit(RLIMIT_CORE, &core));
	core.rlim_cur = core.rlim_max;
	SYS(setrlimit(RLIMIT_CORE, &core));
	signal(SIGQUIT, SIG_DFL);
	raise(SIGQUIT);
}

static void lives(long unused)
{
	if (variant->arg == DUMPED)
		dumps_core();
	t_wake(READY);
	t_wait(GO);
}

static int take(siginfo_t *info)
{
	const struct timespec now = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return sigtimedwait(&set, info, &now);
}

/* What waiting for it gives; 0: nothing now. */
static int wait_code(int options, int *status)
{
	siginfo_t info = {};

	SYS(waitid(P_PID, child, &info, options | WNOHANG));
	*status = info.si_status;
	return info.si_pid ? info.si_code : 0;
}

static void expect_told(int code, int status)
{
	siginfo_t info = {};

	EXPECT_EQ(SYS(take(&info)), SIGCHLD);
	EXPECT_EQ(info.si_code, code);
	EXPECT_EQ(info.si_pid, child);
	EXPECT_EQ(info.si_status, status);
	EXPECT_ERRNO(take(&info), EAGAIN);
}

static void need_core_file(void)
{
	char *pattern = t_slurp("/proc/sys/kernel/core_pattern");
	struct rlimit core;

	SYS(getrlimit(RLIMIT_CORE, &core));
	if (pattern[0] == '|' || pattern[0] == '/' || core.rlim_max == 0)
		t_skip("core dumps go to '%s', with a hard limit of %ju", strtok(pattern, "\n"),
		       (uintmax_t)core.rlim_max);
	free(pattern);
}

static void setup(void)
{
	struct sigaction act = { .sa_handler = SIG_DFL };
	int status;
	sigset_t set;

	if (variant->arg == DUMPED)
		need_core_file();
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	SYS_RC(pthread_sigmask(SIG_BLOCK, &set, NULL));
	act.sa_flags = variant->arg == NOCLDSTOP   ? SA_NOCLDSTOP
		       : variant->arg == NOCLDWAIT ? SA_NOCLDWAIT
						   : 0;
	SYS(sigaction(SIGCHLD, &act, NULL));
	child = t_fork(lives, 0);
	if (variant->arg == DUMPED) {
		t_wait_state(child, 'Z');
		SYS(waitid(P_PID, child, &(siginfo_t){}, WEXITED | WNOWAIT));
		return;
	}
	t_wait(READY);
	if (variant->arg == NOCLDWAIT)
		return;
	SYS(kill(child, SIGSTOP));
	t_wait_state(child, 'T');
	if (variant->arg == STOPPED_WAITED)
		EXPECT_EQ(wait_code(WSTOPPED, &status), CLD_STOPPED);
	if (variant->arg == CONTINUED) {
		SYS(kill(child, SIGCONT));
		t_wait_state(child, 'S');
	}
}

static void ends(void)
{
	siginfo_t info;
	int status;

	while (take(&info) == SIGCHLD)
		;
	t_wake(GO);
	if (variant->arg == NOCLDWAIT) {
		EXPECT_ERRNO(waitpid(child, &status, 0), ECHILD);
	} else {
		SYS(kill(child, SIGCONT));
		t_join(child);
	}
}

static void check(void)
{
	siginfo_t info = {};
	int status;

	switch (variant->arg) {
	case STOPPED:
		expect_told(CLD_STOPPED, SIGSTOP);
		EXPECT_EQ(wait_code(WSTOPPED, &status), CLD_STOPPED);
		EXPECT_EQ(status, SIGSTOP);
		EXPECT_EQ(wait_code(WSTOPPED, &status), 0);
		break;
	case STOPPED_WAITED:
		expect_told(CLD_STOPPED, SIGSTOP);
		EXPECT_EQ(wait_code(WSTOPPED, &status), 0);
		break;
	case CONTINUED:
		/* Two were sent, but one waits at most: the first. */
		expect_told(CLD_STOPPED, SIGSTOP);
		EXPECT_EQ(wait_code(WCONTINUED, &status), CLD_CONTINUED);
		EXPECT_EQ(wait_code(WCONTINUED | WSTOPPED, &status), 0);
		break;
	case DUMPED:
		expect_told(CLD_DUMPED, SIGQUIT);
		EXPECT_EQ(wait_code(WEXITED, &status), CLD_DUMPED);
		EXPECT_EQ(status, SIGQUIT);
		return;
	case NOCLDSTOP:
	case NOCLDWAIT:
		EXPECT_ERRNO(take(&info), EAGAIN);
	}
	ends();
}

ZDTM_TEST = {
	.doc = "parents are told of their children once, and can wait for them as before",
	.object = "signals",
	.variants =
		VARIANTS({ "stopped", STOPPED }, { "stopped_waited", STOPPED_WAITED },
			 { "continued", CONTINUED }, { "dumped", DUMPED, .demand = KEEP_OR_REFUSE },
			 { "nocldstop", NOCLDSTOP }, { "nocldwait", NOCLDWAIT }),
	.setup = setup,
	.check = check,
};
