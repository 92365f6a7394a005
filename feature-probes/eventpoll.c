// SPDX-License-Identifier: GPL-2.0-only
/* Epoll: what fdinfo tells of what is watched. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "probe.h"

#define DECLARED                                                                                   \
	.since = "3.8", .commit = "138d22b58696", .kconfig = "CONFIG_EPOLL CONFIG_PROC_FS",        \
	.source = "proc_pid_fdinfo(5), fs/eventpoll.c"

struct entry {
	int tfd;
	unsigned int events;
	unsigned long long data, pos;
	unsigned long ino;
	unsigned int dev;
};

static int entries(int ep, struct entry *to, int room)
{
	char *text = NEED(slurp("/proc/self/fdinfo/%d", ep));
	int n = 0;

	for_each_line(line, text) {
		if (!str_after(line, "tfd:"))
			continue;
		PROMISE_LT(n, room);
		if (sscanf(line, "tfd: %d events: %x data: %llx pos:%lli ino:%lx sdev:%x",
			   &to[n].tfd, &to[n].events, &to[n].data, (long long *)&to[n].pos,
			   &to[n].ino, &to[n].dev) != 6)
			DEVIATES("cannot make sense of a line of fdinfo: '%s'", line);
		n++;
	}
	return n;
}

static void watch(int ep, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event ev = { .events = events, .data.u64 = data };

	NEED(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
}

PROBE(fdinfo, .what = "fdinfo tells number, events, data and inode of each file an epoll watches",
      DECLARED)
{
	static const uint32_t events[] = { EPOLLIN, EPOLLIN | EPOLLOUT | EPOLLET,
					   EPOLLOUT | EPOLLONESHOT, EPOLLIN | EPOLLRDHUP };
	int ep = NEED(epoll_create1(0)), fd[4], n;
	struct entry e[8];
	struct stat st;

	for (int i = 0; i < 4; i++) {
		int p[2];

		NEED(pipe(p));
		fd[i] = p[0];
		watch(ep, fd[i], events[i], 0x1122334455667700 + i);
	}
	n = entries(ep, e, ARRAY_SIZE(e));
	PROMISE_EQ(n, 4);
	for (int i = 0; i < 4; i++) {
		int at = 0;

		while (at < n && e[at].tfd != fd[i])
			at++;
		PROMISE_LT(at, n);
		/* Errors and hang-ups are always watched. */
		PROMISE_EQ(e[at].events, events[i] | EPOLLERR | EPOLLHUP);
		PROMISE_EQ(e[at].data, 0x1122334455667700 + i);
		NEED(fstat(fd[i], &st));
		PROMISE_EQ(e[at].ino, st.st_ino);
		/* As the kernel has device numbers, not as stat shows them. */
		PROMISE_EQ(e[at].dev, major(st.st_dev) << 20 | minor(st.st_dev));
	}
	NEED(epoll_ctl(ep, EPOLL_CTL_DEL, fd[0], NULL));
	PROMISE_EQ(entries(ep, e, ARRAY_SIZE(e)), 3);
}

PROBE(fdinfo_closed, .what = "fdinfo of an epoll still shows a target whose number was closed",
      DECLARED)
{
	int ep = NEED(epoll_create1(0)), fd = NEED(eventfd(0, 0)), copy = NEED(dup(fd));
	struct entry e[2];

	watch(ep, fd, EPOLLIN, 5);
	close(fd);
	PROMISE_EQ(entries(ep, e, 2), 1);
	PROMISE_EQ(e[0].tfd, fd);
	PROMISE_EQ(e[0].data, 5);
	close(copy);
	PROMISE_EQ(entries(ep, e, 2), 0);
}

PROBE(oneshot, .what = "fdinfo shows a disarmed one-shot target without the events it had",
      DECLARED)
{
	int ep = NEED(epoll_create1(0)), fd = NEED(eventfd(1, 0));
	struct epoll_event ev;
	struct entry e[2];

	watch(ep, fd, EPOLLIN | EPOLLONESHOT, 5);
	PROMISE_EQ(entries(ep, e, 2), 1);
	PROMISE_EQ(e[0].events & EPOLLIN, EPOLLIN);
	PROMISE_EQ(NEED(epoll_wait(ep, &ev, 1, 0)), 1);
	PROMISE_EQ(entries(ep, e, 2), 1);
	PROMISE_EQ(e[0].events, EPOLLONESHOT);
}

PROBE(renumber, .what = "a target can be added under one number, moved to another, and found there",
      .since = "2.6.0", .kconfig = "CONFIG_EPOLL", .source = "epoll(7)")
{
	int ep = NEED(epoll_create1(0)), fd = NEED(eventfd(1, 0)), copy;
	struct epoll_event ev;
	struct entry e[4];

	/* As a restorer has to make an entry whose number is another file's by now. */
	watch(ep, fd, EPOLLIN, 1);
	copy = NEED(dup(fd));
	NEED(dup2(NEED(eventfd(1, 0)), fd));
	watch(ep, fd, EPOLLIN, 2);
	PROMISE_EQ(entries(ep, e, 4), 2);
	PROMISE_EQ(e[0].tfd, fd);
	PROMISE_EQ(e[1].tfd, fd);
	PROMISE_EQ(NEED(epoll_wait(ep, (struct epoll_event[4]){}, 4, 0)), 2);
	/* By its number the newer one is reached, and by the copy's no one. */
	PROMISE_FAILS(epoll_ctl(ep, EPOLL_CTL_DEL, copy, NULL), ENOENT);
	NEED(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL));
	PROMISE_EQ(NEED(epoll_wait(ep, &ev, 1, 0)), 1);
	PROMISE_EQ(ev.data.u64, 1);
}

PROBE(params, .what = "EPIOCGPARAMS gives back the busy polling EPIOCSPARAMS has set",
      .since = "6.9", .commit = "18e2bf0edf4d", .kconfig = "CONFIG_EPOLL CONFIG_NET_RX_BUSY_POLL",
      .source = "ioctl_eventpoll(2)")
{
	struct {
		uint32_t usecs;
		uint16_t budget;
		uint8_t prefer, pad;
	} set = { 200, 16, 1, 0 }, got = {};
	const unsigned long set_params = _IOW(0x8a, 0x01, set), get_params = _IOR(0x8a, 0x02, got);
	int ep = NEED(epoll_create1(0));

	OFFERED(ioctl(ep, set_params, &set), "EPIOCSPARAMS", ENOTTY, EINVAL, EOPNOTSUPP);
	NEED(ioctl(ep, get_params, &got));
	PROMISE_EQ(got.usecs, 200);
	PROMISE_EQ(got.budget, 16);
	PROMISE_EQ(got.prefer, 1);
	set.pad = 1;
	PROMISE_FAILS(ioctl(ep, set_params, &set), EINVAL);
}

GAP(edge, .what = "nobody tells which edges of an edge-triggered target were reported already",
    .kconfig = "CONFIG_EPOLL", .source = "epoll(7)")
{
	int ep[2], fd[2];
	struct epoll_event ev;

	for (int i = 0; i < 2; i++) {
		ep[i] = NEED(epoll_create1(0));
		fd[i] = NEED(eventfd(1, 0));
		/* Under one number, so that the lines can be equal. */
		NEED(dup2(fd[i], 200));
		watch(ep[i], 200, EPOLLIN | EPOLLET, 7);
	}
	PROMISE_EQ(NEED(epoll_wait(ep[0], &ev, 1, 0)), 1);
	PROMISE_EQ(NEED(epoll_wait(ep[0], &ev, 1, 0)), 0);
	tried_files(ep[0], ep[1]);
	if (poll_now(ep[0], POLLIN) == poll_now(ep[1], POLLIN))
		NEW("poll sees both alike");
	TRIED("poll: that there is an edge left, of whichever target");
	/* Adding it anew reports the edge anew: there is no way to say that it was seen. */
	NEED(epoll_ctl(ep[0], EPOLL_CTL_DEL, 200, NULL) < 0 && errno != ENOENT ? -1 : 0);
	watch(ep[0], fd[0], EPOLLIN | EPOLLET, 7);
	if (epoll_wait(ep[0], &ev, 1, 0) == 0)
		NEW("a target that is ready can be added as one that was reported");
	TRIED("EPOLL_CTL_ADD");
}

PROBE(exclusive, .what = "EPOLLEXCLUSIVE is told by fdinfo, and cannot be changed to or from",
      .since = "4.5", .commit = "df0108c5da56", .kconfig = "CONFIG_EPOLL", .source = "epoll_ctl(2)")
{
	int ep = NEED(epoll_create1(0)), fd = NEED(eventfd(0, 0));
	struct epoll_event ev = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	struct entry e[2];

	OFFERED(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), "EPOLLEXCLUSIVE", EINVAL);
	PROMISE_EQ(entries(ep, e, 2), 1);
	PROMISE_EQ(e[0].events & EPOLLEXCLUSIVE, EPOLLEXCLUSIVE);
	ev.events = EPOLLIN;
	PROMISE_FAILS(epoll_ctl(ep, EPOLL_CTL_MOD, fd, &ev), EINVAL);
}
