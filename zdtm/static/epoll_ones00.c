// SPDX-License-Identifier: GPL-2.0-only
/* An eventfd written three times beside an epoll whose data are all ones, which looks like -1. */
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "zdtm.h"

static struct {
	int fd, ep, pipe[2];
} was;

static void setup(void)
{
	uint64_t more = 30;

	was.fd = SYS(eventfd(30, EFD_NONBLOCK));
	t_write(was.fd, &more, sizeof(more));
	t_write(was.fd, &more, sizeof(more));
	SYS(pipe(was.pipe));
	was.ep = SYS(epoll_create1(0));
	t_watch(was.ep, was.pipe[0], EPOLLIN, UINT64_MAX);
}

static void check(void)
{
	uint64_t got = 0;

	t_read(was.fd, &got, sizeof(got));
	EXPECT_EQ(got, 90);
	EXPECT_ERRNO(read(was.fd, &got, sizeof(got)), EAGAIN);
	EXPECT_NO_EVENT(was.ep);
	t_write(was.pipe[1], "", 1);
	EXPECT_EVENT(was.ep, EPOLLIN, UINT64_MAX);
}

ZDTM_TEST = {
	.doc = "an eventfd has counted what was written",
	.object = "eventfd",
	.needs = LIST("eventfd.semaphore_flag"),
	.setup = setup,
	.check = check,
};
