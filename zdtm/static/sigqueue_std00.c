// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals of the old kind wait at most once in each queue, with what the first sender put into
 * them: of the process and of a thread at the same time. Those of the thread come first.
 */
#include <time.h>

#include "zdtm.h"

enum { TO_MAIN = 1, TO_PROCESS, TOO_LATE };

static void queue(int value, bool thread)
{
	siginfo_t info = {};

	info.si_signo = SIGUSR1;
	info.si_code = SI_QUEUE;
	info.si_pid = getpid();
	info.si_uid = 1000 + value;
	info.si_value.sival_int = value;
	if (thread)
		SYS(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGUSR1, &info));
	else
		SYS(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info));
}

static int take(siginfo_t *info)
{
	const struct timespec now = {};
	sigset_t all;

	sigfillset(&all);
	return sigtimedwait(&all, info, &now);
}

static void setup(void)
{
	sigset_t all;

	sigfillset(&all);
	SYS_RC(pthread_sigmask(SIG_SETMASK, &all, NULL));
	queue(TO_PROCESS, false);
	queue(TOO_LATE, false);
	queue(TO_MAIN, true);
	queue(TOO_LATE, true);
	/* Without anything in it, but who sent it. */
	SYS(kill(getpid(), SIGUSR2));
}

static void check(void)
{
	static const int values[] = { TO_MAIN, TO_PROCESS };
	siginfo_t info = {};

	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(SYS(take(&info)), SIGUSR1);
		EXPECT_EQ(info.si_code, SI_QUEUE);
		EXPECT_EQ(info.si_pid, getpid());
		EXPECT_EQ(info.si_uid, 1000 + values[i]);
		EXPECT_EQ(info.si_value.sival_int, values[i]);
	}
	EXPECT_EQ(SYS(take(&info)), SIGUSR2);
	EXPECT_EQ(info.si_code, SI_USER);
	EXPECT_EQ(info.si_pid, getpid());
	EXPECT_ERRNO(take(&info), EAGAIN);
}

ZDTM_TEST = {
	.doc = "a standard signal pending for process and thread, each with its own payload",
	.object = "signals",
	.setup = setup,
	.check = check,
};
