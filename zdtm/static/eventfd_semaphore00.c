// SPDX-License-Identifier: GPL-2.0-only
/*
 * An eventfd that is a semaphore: a read takes one, however many there are. Somebody waits for the
 * one after the last. Criu 4.2 brings back an ordinary eventfd, and the first read takes all.
 */
#include <poll.h>
#include <sys/eventfd.h>

#include "zdtm.h"

enum { TAKEN };
#define COUNT 3

static struct {
	int fd;
	pid_t child;
} was;

static void take(uint64_t expect)
{
	uint64_t got = 0;

	while (read(was.fd, &got, sizeof(got)) < 0 && errno == EINTR)
		;
	EXPECT_EQ(got, expect);
}

static void waiter(long unused)
{
	uint64_t all = COUNT;

	take(1);
	t_write(was.fd, &all, sizeof(all));
	t_wake(TAKEN);
}

static void setup(void)
{
	uint64_t all = COUNT;

	was.fd = SYS(eventfd(0, variant->arg));
	if (!(variant->arg & EFD_NONBLOCK)) {
		was.child = t_fork(waiter, 0);
		t_wait_syscall(was.child, SYS_read);
	} else {
		t_write(was.fd, &all, sizeof(all));
	}
}

static void check(void)
{
	uint64_t one = 1;

	if (was.child) {
		t_write(was.fd, &one, sizeof(one));
		t_wait(TAKEN);
		t_join(was.child);
	}
	for (int i = 0; i < COUNT; i++)
		take(1);
	EXPECT_EQ(t_ready(was.fd, POLLIN), 0);
}

ZDTM_TEST = {
	.doc = "an eventfd that is a semaphore gives one at a time",
	.object = "eventfd",
	.needs = LIST("eventfd.semaphore_flag"),
	.variants = VARIANTS({ "counted", EFD_SEMAPHORE | EFD_NONBLOCK },
			     { "waited_for", EFD_SEMAPHORE }),
	.setup = setup,
	.check = check,
};
