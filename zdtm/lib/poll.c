// SPDX-License-Identifier: GPL-2.0-only
/* Readiness of descriptors, and what an epoll knows of its targets. */
#include <poll.h>
#include <sys/epoll.h>

#include "harness.h"

short t_ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	SYS(poll(&p, 1, 0));
	return p.revents;
}

void t_await_ready(int fd, short events)
{
	if (!ready_in_time(fd, events))
		end_caller("descriptor %d: nothing of %#x within %u s", fd, events, patience());
}

void t_watch(int ep, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = { .events = events, .data.u64 = data };

	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) < 0)
		end_caller("epoll %d: add descriptor %d, events %#x: %s", ep, fd, events,
			   strerror(errno));
}

static int by_number(const void *a, const void *b)
{
	const struct t_watch *x = a, *y = b;

	return x->fd != y->fd ? (x->fd > y->fd) - (x->fd < y->fd)
			      : (x->data > y->data) - (x->data < y->data);
}

unsigned int t_watches(int ep, struct t_watch *to, unsigned int room)
{
	char path[64], *text;
	unsigned int n = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", ep);
	text = t_slurp(path);
	for (char *line = strstr(text, "\ntfd:"); line; line = strstr(line + 1, "\ntfd:"), n++) {
		unsigned long long data;
		struct t_watch w;

		if (sscanf(line, "\ntfd: %d events: %x data: %llx", &w.fd, &w.events, &data) != 3)
			end_caller("%s: cannot make sense of '%.80s'", path, line + 1);
		w.data = data;
		if (n < room)
			to[n] = w;
	}
	free(text);
	if (to)
		qsort(to, n < room ? n : room, sizeof(*to), by_number);
	return n;
}

void zdtm_expect_event(int ep, uint32_t events, uint64_t data, const char *text,
		       struct zdtm_here here)
{
	struct epoll_event got[2] = {};
	int n = epoll_wait(ep, got, 2, 0);

	if (n < 0)
		zdtm_fail(here, "%s: epoll_wait: %s", text, strerror(errno));
	else if (n == 0 && events)
		zdtm_fail(here, "%s: nothing is ready, expected events %#x of %#jx", text, events,
			  (uintmax_t)data);
	else if (n && (n > 1 || got[0].events != events || got[0].data.u64 != data))
		zdtm_fail(here, "%s: events %#x of %#jx%s, expected %#x of %#jx", text,
			  got[0].events, (uintmax_t)got[0].data.u64, n > 1 ? " and more" : "",
			  events, (uintmax_t)data);
}
