// SPDX-License-Identifier: GPL-2.0-only
/*
 * Five pipes in one epoll under two numbers: each number was another pipe's before, which lives on
 * under a third. Of entries with one number only the file tells which is which.
 */
#include <sys/epoll.h>

#include "zdtm.h"

#define PIPES 5
#define LOW   200
#define HIGH  300

static const int number[PIPES] = { HIGH, LOW, HIGH, LOW, HIGH };

static struct {
	int ep, in[PIPES], out[PIPES];
} was;

static void setup(void)
{
	was.ep = SYS(epoll_create1(0));
	for (int i = 0; i < PIPES; i++) {
		int ends[2];

		SYS(pipe(ends));
		was.in[i] = ends[0];
		was.out[i] = ends[1];
		/* Closed first, or taken over. */
		if (i == 2)
			SYS(close(number[i]));
		SYS(dup2(was.in[i], number[i]));
		t_watch(was.ep, number[i], EPOLLIN, 100 + i);
	}
	SYS(close(LOW));
}

static void check(void)
{
	char byte;

	for (int i = 0; i < PIPES; i++) {
		t_write(was.out[i], "", 1);
		EXPECT_EVENT(was.ep, EPOLLIN, 100 + i);
		t_read(was.in[i], &byte, 1);
		EXPECT_NO_EVENT(was.ep);
	}
}

ZDTM_TEST = {
	.doc = "an epoll tells files apart that were added under one number",
	.object = "eventpoll",
	.needs = LIST("kcmp.epoll_tfd"),
	.setup = setup,
	.check = check,
};
