// SPDX-License-Identifier: GPL-2.0-only
/*
 * A seccomp filter that asks a supervisor, who has its listener and a question he has not answered
 * yet: the answer reaches the one who is blocked in the call.
 */
#include "filter.h"

#include <sys/ioctl.h>

#define ANSWER 4711

static struct {
	pthread_t asks;
	int listener;
	struct seccomp_notif question;
} was;

static void asks(long unused)
{
	SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	was.listener = SYS(
		filter_call(SYS_getpgid, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER));
	t_wake(0);
	EXPECT_EQ(syscall(SYS_getpgid, 0), ANSWER);
}

static void setup(void)
{
	was.asks = t_thread(asks, 0);
	t_wait(0);
	SYS(ioctl(was.listener, SECCOMP_IOCTL_NOTIF_RECV, &was.question));
	EXPECT_EQ(was.question.data.nr, SYS_getpgid);
}

/* Whoever asks and is stopped takes the question back and puts it anew, as with any signal. */
static void answer(void)
{
	struct seccomp_notif_resp answer = { .val = ANSWER };

	while (answer.id = was.question.id,
	       ioctl(was.listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) < 0) {
		EXPECT_EQ(errno, ENOENT);
		was.question = (struct seccomp_notif){};
		SYS(ioctl(was.listener, SECCOMP_IOCTL_NOTIF_RECV, &was.question));
		EXPECT_EQ(was.question.data.nr, SYS_getpgid);
	}
}

static void check(void)
{
	answer();
	t_thread_join(was.asks);
}

ZDTM_TEST = {
	.doc = "a supervisor answers the question a seccomp filter has put to him",
	.object = "seccomp",
	.demand = KEEP_OR_REFUSE,
	.setup = setup,
	.check = check,
};
