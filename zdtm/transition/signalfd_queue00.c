// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbered real-time signals go from parent to child, which takes them through a signalfd and
 * gives each number back through an eventfd: none is lost or comes twice, and they come in order.
 */
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include "zdtm.h"

#define IN_FLIGHT 8

enum { GOING };

static struct {
	int fd, taken;
	pid_t sender, taker;
} was;

static void taker(long unused)
{
	uint64_t one = 1;
	int next = 0;

	for (;;) {
		struct signalfd_siginfo info;

		if (read(was.fd, &info, sizeof(info)) < 0 && errno == EINTR)
			continue;
		EXPECT_EQ(info.ssi_signo, SIGRTMIN + 3);
		if (info.ssi_int < 0)
			break;
		if (info.ssi_int != next)
			t_die("signal %d came, expected %d", info.ssi_int, next);
		next++;
		t_write(was.taken, &one, sizeof(one));
	}
}

static void send(int number)
{
	SYS(sigqueue(was.taker, SIGRTMIN + 3, (union sigval){ .sival_int = number }));
}

static void sender(long unused)
{
	uint64_t got;
	int n = 0;

	for (; n < IN_FLIGHT; n++)
		send(n);
	while (!t_over()) {
		if (read(was.taken, &got, sizeof(got)) < 0 && errno == EINTR)
			continue;
		send(n++);
		if (n == 4 * IN_FLIGHT)
			t_wake(GOING);
	}
	send(-1);
}

static void setup(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 3);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	was.fd = SYS(signalfd(-1, &set, 0));
	was.taken = SYS(eventfd(0, EFD_SEMAPHORE));
	t_share();
	was.taker = t_fork(taker, 0);
	was.sender = t_fork(sender, 0);
	t_wait(GOING);
}

static void check(void)
{
	t_join(was.sender);
	t_join(was.taker);
}

ZDTM_TEST = {
	.doc = "queued signals taken through a signalfd come once each, in order",
	.object = "signalfd",
	.needs = LIST("eventfd.semaphore_flag"),
	.setup = setup,
	.check = check,
};
