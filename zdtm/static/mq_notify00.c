// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that is to be told of the next message in a POSIX queue, by a signal with a value. The
 * queue is on a mount, where it looks like any file; what the kernel shows of who is to be told
 * lacks the value. criu 4.2 loses it.
 */
#include <mqueue.h>
#include <sys/mount.h>

#include "zdtm.h"

#define VALUE 4711

static struct {
	mqd_t queue;
} was;

static void setup(void)
{
	struct sigevent how = { .sigev_notify = SIGEV_SIGNAL,
				.sigev_signo = SIGRTMIN,
				.sigev_value.sival_int = VALUE };
	sigset_t set;

	SYS(mkdir("queues", 0700));
	SYS(mount("none", "queues", "mqueue", 0, NULL));
	was.queue = SYS(open("queues/queue", O_RDWR | O_CREAT | O_EXCL, 0600));
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	SYS(mq_notify(was.queue, &how));
}

static void check(void)
{
	struct timespec none = {};
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	SYS(mq_send(was.queue, "x", 1, 0));
	if (EXPECT_EQ(sigtimedwait(&set, &info, &none), SIGRTMIN)) {
		EXPECT_EQ(info.si_code, SI_MESGQ);
		EXPECT_EQ(info.si_value.sival_int, VALUE);
	}
}

ZDTM_TEST = {
	.doc = "who is to be told of the next message in a queue",
	.object = "mqueue",
	/* mount(2) */
	.caps = CAP_BIT(CAP_SYS_ADMIN),
	.demand = KEEP_OR_REFUSE,
	.setup = setup,
	.check = check,
};
