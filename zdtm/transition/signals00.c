// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals all the time: two processes that answer each other's with the next number, and a thread
 * that queues some dozens for itself and takes them again. None is lost, doubled, late, or
 * overtaken.
 */
#include <time.h>

#include "zdtm.h"

#define SIG    40
#define FLOOD  60
#define SIGNOS 3

enum { TURNING, PEER_READY };

static struct {
	pid_t a, b;
} was;

/* Any stop ends the wait, whatever comes. */
static int take(const sigset_t *set, siginfo_t *info)
{
	int sig;

	while ((sig = sigwaitinfo(set, info)) < 0 && errno == EINTR)
		;
	return sig;
}

static void block(sigset_t *set)
{
	sigemptyset(set);
	for (int i = 0; i < SIGNOS; i++)
		sigaddset(set, SIG + i);
	SYS_RC(pthread_sigmask(SIG_BLOCK, set, NULL));
}

static void answers(long unused)
{
	siginfo_t info;
	sigset_t set;

	block(&set);
	t_wake(PEER_READY);
	for (int nr = 0;; nr++) {
		EXPECT_EQ(SYS(take(&set, &info)), SIG);
		if (info.si_value.sival_int < 0)
			break;
		EXPECT_EQ(info.si_value.sival_int, nr);
		SYS(sigqueue(getppid(), SIG, (union sigval){ .sival_int = nr }));
	}
}

static void asks(long unused)
{
	siginfo_t info;
	pid_t peer;
	sigset_t set;

	block(&set);
	peer = t_fork(answers, 0);
	t_wait(PEER_READY);
	for (int nr = 0; !t_over(); nr++) {
		SYS(sigqueue(peer, SIG, (union sigval){ .sival_int = nr }));
		EXPECT_EQ(SYS(take(&set, &info)), SIG);
		EXPECT_EQ(info.si_value.sival_int, nr);
		EXPECT_EQ(info.si_pid, peer);
		if (nr == 10)
			t_wake(TURNING);
	}
	SYS(sigqueue(peer, SIG, (union sigval){ .sival_int = -1 }));
	t_join(peer);
}

/* Lower numbers first, each in the order in which they were sent. */
static void floods(long unused)
{
	siginfo_t info;
	sigset_t set;

	block(&set);
	for (int round = 0; !t_over(); round++) {
		for (int i = 0; i < FLOOD; i++)
			SYS(sigqueue(getpid(), SIG + i % SIGNOS, (union sigval){ .sival_int = i }));
		for (int i = 0; i < FLOOD; i++) {
			int sig = SYS(take(&set, &info));

			EXPECT_EQ(sig, SIG + i / (FLOOD / SIGNOS));
			EXPECT_EQ(info.si_value.sival_int,
				  i % (FLOOD / SIGNOS) * SIGNOS + sig - SIG);
		}
		if (round == 3)
			t_wake(TURNING);
	}
}

static void setup(void)
{
	was.a = t_fork(asks, 0);
	was.b = t_fork(floods, 0);
	t_wait(TURNING);
	t_wait(TURNING);
}

static void check(void)
{
	t_join(was.a);
	t_join(was.b);
}

ZDTM_TEST = {
	.doc = "signals that are sent all the time arrive once, in order",
	.object = "signals",
	.setup = setup,
	.check = check,
};
