// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is told, and by which signal, that a pipe can be read: a process, one of its threads or a whole
 * group. With a signal of one's own choice the siginfo says which descriptor it is about.
 *
 * criu 4.2 cannot restore an owner that is a thread: it sets owners before there are threads.
 */
#include "zdtm.h"

enum { PROCESS, THREAD, GROUP };

#define SIGNAL (SIGRTMIN + 3)

static struct {
	int pipe[2];
	struct f_owner_ex owner;
	pthread_t thread;
	pid_t child;
} was;

static pid_t tid; /* of the thread; in the child: its own */

static void wait_for_end(long slot)
{
	tid = gettid();
	t_wake(10);
	t_wait(slot);
}

static uint64_t pending(pid_t pid, const char *key)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	return t_field_num(path, key, 16) & 1UL << (SIGNAL - 1);
}

static void setup(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGNAL);
	SYS_RC(pthread_sigmask(SIG_BLOCK, &set, NULL));
	SYS(pipe(was.pipe));
	was.thread = t_thread(wait_for_end, 0);
	t_wait(10);
	was.child = t_fork(wait_for_end, 1);
	t_wait(10);
	was.owner.type = variant->arg == PROCESS  ? F_OWNER_PID
			 : variant->arg == THREAD ? F_OWNER_TID
						  : F_OWNER_PGRP;
	was.owner.pid = variant->arg == PROCESS  ? was.child
			: variant->arg == THREAD ? tid
						 : getpgrp();
	SYS(fcntl(was.pipe[0], F_SETOWN_EX, &was.owner));
	SYS(fcntl(was.pipe[0], F_SETSIG, SIGNAL));
	SYS(fcntl(was.pipe[0], F_SETFL, O_ASYNC | O_NONBLOCK));
}

static void check(void)
{
	struct f_owner_ex now;
	siginfo_t info;
	sigset_t set;

	SYS(fcntl(was.pipe[0], F_GETOWN_EX, &now));
	EXPECT_EQ(now.type, was.owner.type);
	EXPECT_EQ(now.pid, was.owner.pid);
	EXPECT_EQ(fcntl(was.pipe[0], F_GETSIG), SIGNAL);
	EXPECT_EQ(fcntl(was.pipe[0], F_GETFL) & (O_ASYNC | O_NONBLOCK), O_ASYNC | O_NONBLOCK);
	EXPECT_EQ(fcntl(was.pipe[1], F_GETOWN), 0);
	EXPECT_EQ(fcntl(was.pipe[1], F_GETFL) & O_ASYNC, 0);

	t_write(was.pipe[1], "x", 1);
	EXPECT_EQ(pending(was.child, "ShdPnd") != 0, variant->arg != THREAD);
	EXPECT_EQ(pending(getpid(), "ShdPnd") != 0, variant->arg == GROUP);
	EXPECT_EQ(pending(tid, "SigPnd") != 0, variant->arg == THREAD);
	if (variant->arg == GROUP) {
		sigemptyset(&set);
		sigaddset(&set, SIGNAL);
		EXPECT_EQ(sigwaitinfo(&set, &info), SIGNAL);
		EXPECT_EQ(info.si_fd, was.pipe[0]);
		EXPECT_EQ(info.si_code, POLL_IN);
	}
	t_wake(0);
	t_thread_join(was.thread);
	t_wake(1);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "the owner of a descriptor, and the signal it gets, stay the same",
	.object = "pipe",
	.variants = VARIANTS({ "process", PROCESS }, { "thread", THREAD }, { "group", GROUP }),
	.setup = setup,
	.check = check,
};
