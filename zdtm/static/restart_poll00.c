// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread that waits for a descriptor, with a timeout, and with another signal mask for that long:
 * it does not come back early, the signals of one mask stay out while it waits and those of the
 * other afterwards. What is left of the timeout it is told. criu 4.2 ends poll() with EINTR.
 */
#include <poll.h>
#include <sys/select.h>

#include "zdtm.h"

#define LONG 1000 /* seconds */

enum { POLL, PPOLL, SELECT, PSELECT }; /* variant->arg */

static const long numbers[] = { SYS_poll, SYS_ppoll, SYS_select, SYS_pselect6 };

static struct {
	pthread_t thread;
	pid_t tid;
	int pipe[2];
	volatile bool may_wake;
	volatile int usr1, usr2;
} was;

static void on_signal(int sig)
{
	if (sig == SIGUSR1)
		was.usr1++;
	else
		was.usr2++;
}

static bool has_mask(void)
{
	return variant->arg == PPOLL || variant->arg == PSELECT;
}

/* By system calls: the C library's do not tell what was left. */
static long wait_for_pipe(const sigset_t *mask)
{
	struct pollfd p = { .fd = was.pipe[0], .events = POLLIN };
	const struct {
		const sigset_t *mask;
		size_t size;
	} packed = { mask, 8 };
	long left[2] = { LONG, 0 };
	fd_set set;
	long r;

	FD_ZERO(&set);
	FD_SET(was.pipe[0], &set);
	switch (variant->arg) {
	case POLL:
		return syscall(SYS_poll, &p, 1, LONG * 1000);
	case PPOLL:
		r = syscall(SYS_ppoll, &p, 1, left, mask, 8);
		break;
	case SELECT:
		r = syscall(SYS_select, was.pipe[0] + 1, &set, NULL, NULL, left);
		break;
	default:
		r = syscall(SYS_pselect6, was.pipe[0] + 1, &set, NULL, NULL, left, &packed);
	}
	EXPECT_LE(left[0], LONG);
	EXPECT_GT(left[0], LONG - 30);
	return r;
}

static void waits(long unused)
{
	sigset_t one, other, now;

	sigemptyset(&one);
	sigemptyset(&other);
	sigaddset(&one, SIGUSR1);
	sigaddset(&other, SIGUSR2);
	SYS_RC(pthread_sigmask(SIG_SETMASK, &one, NULL));
	was.tid = gettid();
	t_wake(0);
	EXPECT_EQ(SYS(wait_for_pipe(&other)), 1);
	EXPECT(was.may_wake);
	/* Only now that the first mask is back. */
	EXPECT_EQ(was.usr2, has_mask());
	EXPECT_EQ(was.usr1, 0);
	SYS_RC(pthread_sigmask(SIG_SETMASK, NULL, &now));
	EXPECT_EQ(sigismember(&now, SIGUSR1), 1);
	EXPECT_EQ(sigismember(&now, SIGUSR2), 0);
}

static void setup(void)
{
	const struct sigaction act = { .sa_handler = on_signal };

	SYS(sigaction(SIGUSR1, &act, NULL));
	SYS(sigaction(SIGUSR2, &act, NULL));
	SYS(pipe(was.pipe));
	was.thread = t_thread(waits, 0);
	t_wait(0);
	t_wait_syscall(was.tid, numbers[variant->arg]);
}

static void check(void)
{
	/* Before the call has begun again, the mask is that of afterwards. */
	if (has_mask()) {
		t_wait_syscall(was.tid, numbers[variant->arg]);
		SYS(syscall(SYS_tgkill, getpid(), was.tid, SIGUSR2));
	}
	t_wait_state(was.tid, 'S');
	EXPECT_EQ(was.usr2, 0);
	was.may_wake = true;
	t_write(was.pipe[1], "!", 1);
	t_thread_join(was.thread);
}

ZDTM_TEST = {
	.doc = "waiting for descriptors goes on, with its timeout and its signal mask",
	.object = "task",
	.variants = VARIANTS({ "poll", POLL }, { "ppoll", PPOLL }, { "select", SELECT },
			     { "pselect", PSELECT }),
	.setup = setup,
	.check = check,
};
