// SPDX-License-Identifier: GPL-2.0-only
/*
 * An eventfd that is a semaphore, and somebody who waits for it to have one.
 *
 * criu 4.2 makes it a counter: whoever comes first takes all.
 */
#include <poll.h>
#include <sys/eventfd.h>

#include "zdtm.h"

enum { TAKEN };

static struct {
	int fd;
	pid_t child;
} was;

static void take_one(void)
{
	uint64_t got = 0;

	while (read(was.fd, &got, sizeof(got)) < 0)
		if (errno != EINTR)
			t_die("read: %s", strerror(errno));
	EXPECT_EQ(got, 1);
}

static void waiter(long unused)
{
	take_one();
	t_wake(TAKEN);
}

static void setup(void)
{
	was.fd = SYS(eventfd(0, EFD_SEMAPHORE));
	was.child = t_fork(waiter, 0);
	t_wait_syscall(was.child, SYS_read);
}

static void check(void)
{
	uint64_t three = 3;

	t_write(was.fd, &three, sizeof(three));
	t_wait(TAKEN);
	t_join(was.child);
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(t_ready(was.fd, POLLIN), POLLIN);
		take_one();
	}
	EXPECT_EQ(t_ready(was.fd, POLLIN), 0);
}

ZDTM_TEST = {
	.doc = "an eventfd that is a semaphore gives one at a time",
	.object = "eventfd",
	.needs = LIST("eventfd.semaphore_flag"),
	.setup = setup,
	.check = check,
};
