// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zombies with something more to tell: one that a task traces which is not its parent, who is to hear of
 * the end only after the tracer has; one that had a thread, whose main thread ended before; one that has
 * used time and memory, which its parent is told of when it waits.
 *
 * criu 4.2 lets the tracer go, and forgets what was used.
 */
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "zdtm.h"

enum { TRACED, THREADS, USAGE }; /* variant->arg */
enum { READY, GO, END };

static struct {
	pid_t zombie, tracer;
} was;

static void *last(void *unused)
{
	t_wait_state(getpid(), 'Z');
	_exit(7);
}

static void zombie(long unused)
{
	struct rusage used;
	pthread_t thread;

	switch (variant->arg) {
	case TRACED:
		t_wait(END);
		break;
	case THREADS:
		SYS_RC(pthread_create(&thread, NULL, last, NULL));
		syscall(SYS_exit, 0);
		break;
	case USAGE:
		do
			SYS(getrusage(RUSAGE_SELF, &used));
		while (used.ru_utime.tv_usec + used.ru_stime.tv_usec < 30000);
		break;
	}
	_exit(7);
}

static void traces(long pid)
{
	siginfo_t info = {};

	SYS(ptrace(PTRACE_SEIZE, pid, NULL, NULL));
	t_wake(READY);
	t_wait(GO);
	SYS(waitid(P_PID, pid, &info, WEXITED | WNOHANG | __WALL));
	EXPECT_EQ(info.si_pid, pid);
	EXPECT_EQ(info.si_status, 7);
}

static void setup(void)
{
	siginfo_t info;

	was.zombie = t_fork(zombie, 0);
	if (variant->arg == TRACED) {
		was.tracer = t_fork(traces, was.zombie);
		t_wait(READY);
		t_wake(END);
	}
	t_wait_state(was.zombie, 'Z');
	/* The main thread is a zombie before the process is one. */
	if (variant->arg == THREADS)
		SYS(waitid(P_PID, was.zombie, &info, WEXITED | WNOWAIT));
	/* 52: exit_code. An older kernel has the main thread's there, and wait(2) that of the last. */
	if (variant->arg == THREADS && t_stat_num(was.zombie, 52) != 7 << 8)
		t_skip("this kernel tells how a main thread ended, and not its process");
}

static void check(void)
{
	struct rusage used = {};
	int status = 0;

	if (variant->arg == TRACED) {
		EXPECT_EQ(SYS(waitpid(was.zombie, &status, WNOHANG)), 0);
		t_wake(GO);
		t_join(was.tracer);
	}
	EXPECT_EQ(SYS(wait4(was.zombie, &status, 0, &used)), was.zombie);
	EXPECT(WIFEXITED(status));
	EXPECT_EQ(WEXITSTATUS(status), 7);
	if (variant->arg == USAGE)
		EXPECT_GE(used.ru_utime.tv_usec + used.ru_stime.tv_usec, 30000);
}

ZDTM_TEST = {
	.doc = "zombies are waited for by whom they were to be, and tell of what they used",
	.object = "task",
	.variants = VARIANTS({ "traced", TRACED, .demand = KEEP_OR_REFUSE }, { "threads", THREADS },
			     { "usage", USAGE, .demand = REPORT }),
	.setup = setup,
	.check = check,
};
