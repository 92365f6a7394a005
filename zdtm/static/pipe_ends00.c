// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pipes that have lost an end, with something in them or without: a reader gets what is there and
 * then the end of it, a writer is told that nobody reads, whatever was left unread.
 *
 * criu 4.2 loses what was left unread.
 */
#include <poll.h>

#include "zdtm.h"

static struct {
	int written, ended;   /* reading ends */
	int unread, unwanted; /* writing ends */
	struct blob data;
} was;

static int lose(int *other, int keep)
{
	int ends[2];

	SYS(pipe(ends));
	*other = ends[!keep];
	return ends[keep];
}

static short events(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	SYS(poll(&p, 1, 0));
	return p.revents;
}

static void setup(void)
{
	int other;

	was.written = lose(&other, 0);
	was.data = t_fill(other, 3000);
	SYS(close(other));
	was.ended = lose(&other, 0);
	SYS(close(other));
	was.unread = lose(&other, 1);
	t_fill(was.unread, 3000);
	SYS(close(other));
	was.unwanted = lose(&other, 1);
	SYS(close(other));
}

static void check(void)
{
	char byte = 'x';
	int again;

	signal(SIGPIPE, SIG_IGN);
	/* A reader that is not told of the end must not wait for it. */
	SYS(fcntl(was.written, F_SETFL, O_NONBLOCK));
	SYS(fcntl(was.ended, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(events(was.written), POLLIN | POLLHUP);
	EXPECT_DATA(was.written, &was.data);
	EXPECT_EQ(read(was.written, &byte, 1), 0);
	EXPECT_EQ(events(was.ended), POLLHUP);
	EXPECT_EQ(read(was.ended, &byte, 1), 0);
	EXPECT_EQ(events(was.unread), POLLOUT | POLLERR);
	EXPECT_ERRNO(write(was.unread, &byte, 1), EPIPE);
	EXPECT_EQ(events(was.unwanted), POLLOUT | POLLERR);
	EXPECT_ERRNO(write(was.unwanted, &byte, 1), EPIPE);

	/* What nobody has read a new reader finds. */
	again = t_reopen(was.unread, O_RDONLY | O_NONBLOCK);
	for (int i = 0; i < 3000; i++)
		if (!EXPECT_EQ(read(again, &byte, 1), 1))
			break;
	EXPECT_ERRNO(read(again, &byte, 1), EAGAIN);
}

ZDTM_TEST = {
	.doc = "a pipe that has lost an end has lost it for good, and keeps what is in it",
	.object = "pipe",
	.setup = setup,
	.check = check,
};
