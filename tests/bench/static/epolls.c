// SPDX-License-Identifier: GPL-2.0-only
/*
 * An epoll with thousands of targets: eventfds, which are all one inode; pipes; sockets; and pipes
 * known by numbers that are closed.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "zdtm.h"

#define TARGETS 4000
#define CLOSED  19000

enum { EVENTFDS, PIPES, SOCKETS, CLOSED_PIPES };

static struct {
	int ep, rouse[TARGETS];
} was;

static int make(int i)
{
	int ends[2];

	switch (variant->arg) {
	case EVENTFDS:
		return was.rouse[i] = SYS(eventfd(0, 0));
	case SOCKETS:
		SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
		break;
	default:
		SYS(pipe(ends));
	}
	was.rouse[i] = ends[1];
	return ends[0];
}

static void setup(void)
{
	struct rlimit limit;

	SYS(getrlimit(RLIMIT_NOFILE, &limit));
	if (limit.rlim_max <= CLOSED)
		t_skip("only %ju descriptors allowed", (uintmax_t)limit.rlim_max);
	limit.rlim_cur = limit.rlim_max;
	SYS(setrlimit(RLIMIT_NOFILE, &limit));
	was.ep = SYS(epoll_create1(0));
	for (int i = 0; i < TARGETS; i++) {
		int fd = make(i);

		if (variant->arg == CLOSED_PIPES)
			SYS(dup2(fd, CLOSED));
		t_watch(was.ep, variant->arg == CLOSED_PIPES ? CLOSED : fd, EPOLLIN | EPOLLET, i);
	}
	if (variant->arg == CLOSED_PIPES)
		SYS(close(CLOSED));
}

static void check(void)
{
	uint64_t one = 1;

	for (int i = 0; i < TARGETS; i++) {
		t_write(was.rouse[i], &one, sizeof(one));
		EXPECT_EVENT(was.ep, EPOLLIN, i);
	}
	EXPECT_NO_EVENT(was.ep);
}

ZDTM_TEST = {
	.doc = "an epoll with many targets",
	.object = "eventpoll",
	.flavors = ZDTM_HOST,
	.variants = VARIANTS({ "eventfds", EVENTFDS }, { "pipes", PIPES }, { "sockets", SOCKETS },
			     { "closed", CLOSED_PIPES }),
	.timeout = 120,
	.setup = setup,
	.check = check,
};
