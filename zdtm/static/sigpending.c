// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals nobody has taken yet: of the process, of the main thread and of another thread, each with
 * everything its sender put into it, in the order in which they were sent.
 */
#include <sys/syscall.h>
#include <time.h>

#include "zdtm.h"

#define TO_MAIN    64
#define TO_PROCESS 2
#define TO_OTHER   3
#define CODE       -60 /* below SI_TKILL: of no meaning to anybody */

enum { READY, GO };

static struct {
	pid_t child, other;
	pthread_t thread;
} was;

static void send(pid_t tid, int sig, int value)
{
	siginfo_t info = {};

	info.si_signo = sig;
	info.si_code = CODE;
	info.si_pid = 4321;
	info.si_uid = 8765;
	info.si_value.sival_int = value;
	if (tid)
		SYS(syscall(SYS_rt_tgsigqueueinfo, getpid(), tid, sig, &info));
	else
		SYS(syscall(SYS_rt_sigqueueinfo, getpid(), sig, &info));
}

/* The next signal of this thread, which comes before those of the process. */
static siginfo_t take(void)
{
	const struct timespec now = {};
	siginfo_t info = {};
	sigset_t all;

	sigfillset(&all);
	SYS(sigtimedwait(&all, &info, &now));
	return info;
}

static void expect_sent(int sig, int value)
{
	siginfo_t info = take();

	EXPECT_EQ(info.si_signo, sig);
	EXPECT_EQ(info.si_code, CODE);
	EXPECT_EQ(info.si_pid, 4321);
	EXPECT_EQ(info.si_uid, 8765);
	EXPECT_EQ(info.si_value.sival_int, value);
}

static void expect_all_blocked(void)
{
	sigset_t now;

	SYS_RC(pthread_sigmask(SIG_SETMASK, NULL, &now));
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && (sig < 32 || sig >= SIGRTMIN))
			EXPECT(sigismember(&now, sig));
}

static void other(long unused)
{
	was.other = gettid();
	t_wake(READY);
	t_wait(GO);
	expect_all_blocked();
	for (int i = 0; i < TO_OTHER; i++)
		expect_sent(SIGRTMIN + 2, i);
}

static void die_at_once(long unused)
{
	_exit(5);
}

static void setup(void)
{
	sigset_t all;

	sigfillset(&all);
	SYS_RC(pthread_sigmask(SIG_SETMASK, &all, NULL));
	was.thread = t_thread(other, 0);
	t_wait(READY);
	was.child = t_fork(die_at_once, 0);
	t_wait_state(was.child, 'Z');
	for (int i = 0; i < TO_OTHER; i++)
		send(was.other, SIGRTMIN + 2, i);
	for (int i = 0; i < TO_PROCESS; i++)
		send(0, SIGRTMIN + 3, i);
	for (int i = 0; i < TO_MAIN; i++)
		send(getpid(), SIGRTMIN + 1, i);
}

static void check(void)
{
	siginfo_t info;

	expect_all_blocked();
	for (int i = 0; i < TO_MAIN; i++)
		expect_sent(SIGRTMIN + 1, i);

	info = take();
	EXPECT_EQ(info.si_signo, SIGCHLD);
	EXPECT_EQ(info.si_code, CLD_EXITED);
	EXPECT_EQ(info.si_pid, was.child);
	EXPECT_EQ(info.si_status, 5);

	for (int i = 0; i < TO_PROCESS; i++)
		expect_sent(SIGRTMIN + 3, i);
	t_wake(GO);
	t_thread_join(was.thread);
}

ZDTM_TEST = {
	.doc = "pending signals stay with their thread or process, complete and in order",
	.object = "signals",
	.setup = setup,
	.check = check,
};
