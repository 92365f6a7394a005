// SPDX-License-Identifier: GPL-2.0-only
/*
 * Thirteen children write blocks into pipes of their own; the parent's pipes are all in one
 * epoll, level-triggered, edge-triggered and one-shot by turns, and a child of its own drains
 * what it tells of. No block is lost, and no pipe forgotten: the last to be told of each is its
 * end.
 */
#include <sys/epoll.h>

#include "zdtm.h"

#define WRITERS 13
#define BLOCK   512

enum { MOVING };

static struct {
	int in[WRITERS], out[WRITERS];
	pid_t writer[WRITERS], reader;
	uint64_t *written; /* blocks, shared */
} was;

static const uint32_t kinds[] = { 0, EPOLLET, EPOLLONESHOT };

static void writer(long i)
{
	char block[BLOCK];

	for (int k = 0; k < WRITERS; k++) {
		SYS(close(was.in[k]));
		if (k != i)
			SYS(close(was.out[k]));
	}
	memset(block, i, sizeof(block));
	while (!t_over()) {
		t_write(was.out[i], block, BLOCK);
		was.written[i]++;
		/* Not so many that the others never get their turn. */
		sched_yield();
	}
}

/* Everything there is: false at the end of the file. */
static bool drain(int i, uint64_t *bytes)
{
	char got[8 * BLOCK];
	ssize_t n;

	while ((n = read(was.in[i], got, sizeof(got))) > 0) {
		for (ssize_t k = 0; k < n; k++)
			if (got[k] != i)
				t_die("pipe %d: byte %d", i, got[k]);
		*bytes += n;
	}
	if (n < 0 && errno != EAGAIN)
		t_die("pipe %d: %s", i, strerror(errno));
	return n < 0;
}

static void reader(long unused)
{
	uint64_t bytes[WRITERS] = {};
	int ep = SYS(epoll_create1(0)), left = WRITERS;

	for (int i = 0; i < WRITERS; i++) {
		SYS(close(was.out[i]));
		t_watch(ep, was.in[i], EPOLLIN | kinds[i % 3], i);
	}
	while (left > 0) {
		struct epoll_event e[4];
		int n = epoll_wait(ep, e, 4, -1);

		if (n < 0 && errno == EINTR)
			continue;
		SYS(n);
		for (int k = 0; k < n; k++) {
			int i = e[k].data.u64;
			bool more = drain(i, &bytes[i]);

			e[k].events = EPOLLIN | kinds[i % 3];
			if (more && kinds[i % 3] == EPOLLONESHOT)
				SYS(epoll_ctl(ep, EPOLL_CTL_MOD, was.in[i], &e[k]));
			if (!more) {
				SYS(epoll_ctl(ep, EPOLL_CTL_DEL, was.in[i], NULL));
				left--;
			}
		}
		t_wake(MOVING);
	}
	for (int i = 0; i < WRITERS; i++)
		EXPECT_EQ(bytes[i], was.written[i] * BLOCK);
}

static void setup(void)
{
	was.written = t_map(T_PAGE, MAP_SHARED);
	t_share();
	for (int i = 0; i < WRITERS; i++) {
		int ends[2];

		SYS(pipe(ends));
		SYS(fcntl(ends[0], F_SETFL, O_NONBLOCK));
		was.in[i] = ends[0];
		was.out[i] = ends[1];
	}
	was.reader = t_fork(reader, 0);
	for (int i = 0; i < WRITERS; i++)
		was.writer[i] = t_fork(writer, i);
	for (int i = 0; i < WRITERS; i++) {
		SYS(close(was.in[i]));
		SYS(close(was.out[i]));
	}
	for (int i = 0; i < WRITERS; i++)
		t_wait(MOVING);
}

static void check(void)
{
	for (int i = 0; i < WRITERS; i++)
		t_join(was.writer[i]);
	t_join(was.reader);
}

ZDTM_TEST = {
	.doc = "what one epoll tells of many busy pipes is all there is",
	.object = "eventpoll",
	.setup = setup,
	.check = check,
};
