// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two epolls watch the same 250 pipes. One knows each by the number it has, half of them by high
 * ones; the other by one and the same number, which was closed again each time: what an epoll
 * watches is the open file, and the number it was added by is no more than half of a key.
 */
#include <sys/epoll.h>

#include "zdtm.h"

#define PIPES  250
#define HIGH   600 /* above all others */
#define CLOSED 900

static struct {
	int by_number, by_closed;
	int in[PIPES], out[PIPES];
} was;

static void setup(void)
{
	was.by_number = SYS(epoll_create1(0));
	was.by_closed = SYS(epoll_create1(0));
	for (int i = 0; i < PIPES; i++) {
		int ends[2];

		SYS(pipe(ends));
		was.in[i] = ends[0];
		was.out[i] = ends[1];
		if (i % 2) {
			was.in[i] = SYS(dup2(ends[0], HIGH + i));
			SYS(close(ends[0]));
		}
		t_watch(was.by_number, was.in[i], EPOLLIN, i);
		SYS(dup2(was.in[i], CLOSED));
		t_watch(was.by_closed, CLOSED, EPOLLIN, i);
		SYS(close(CLOSED));
	}
}

static void check(void)
{
	char byte;

	EXPECT_NO_EVENT(was.by_number);
	EXPECT_NO_EVENT(was.by_closed);
	for (int i = 0; i < PIPES; i++) {
		t_write(was.out[i], "", 1);
		EXPECT_EVENT(was.by_number, EPOLLIN, i);
		EXPECT_EVENT(was.by_closed, EPOLLIN, i);
		t_read(was.in[i], &byte, 1);
		EXPECT_NO_EVENT(was.by_number);
		EXPECT_NO_EVENT(was.by_closed);
	}
}

ZDTM_TEST = {
	.doc = "epolls watch the files they watched, whatever became of the numbers",
	.object = "eventpoll",
	.needs = LIST("kcmp.epoll_tfd"),
	.setup = setup,
	.check = check,
};
