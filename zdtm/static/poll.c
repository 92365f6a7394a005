// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that waits in poll(2) for something that does not happen, and by now a good part of its time
 * is over. It may be interrupted; but the whole takes no longer than it should have, not counting the
 * time it did not exist: the timeout has not begun anew.
 *
 * What is left of it is in the kernel's restart block, which nobody can read: an engine that makes the
 * call once more, lest it end with EINTR that no signal explains, can but begin anew.
 */
#include <poll.h>
#include <time.h>

#include "zdtm.h"

#define WHOLE   3000 /* milliseconds */
#define ELAPSED 1600
#define LATE    1200 /* before it is noticed on a busy machine; less than what would begin anew */

static struct {
	pid_t child;
	int64_t saved;
	struct {
		int64_t began, ended;
	} * of; /* shared */
} was;

static int64_t now_ms(void)
{
	struct timespec t;

	SYS(clock_gettime(CLOCK_MONOTONIC, &t));
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static void polls(long unused)
{
	int ends[2], r, left = WHOLE;
	struct pollfd p = { .events = POLLIN };

	SYS(pipe(ends));
	p.fd = ends[0];
	was.of->began = now_ms();
	/* As everybody does who is told EINTR. */
	while ((r = poll(&p, 1, left)) < 0) {
		EXPECT_EQ(errno, EINTR);
		left = was.of->began + WHOLE - now_ms();
		if (left < 0)
			left = 0;
	}
	was.of->ended = now_ms();
	EXPECT_EQ(r, 0);
	/* Who is restored slowly is not to find a task less. */
	t_wait(0);
}

static void setup(void)
{
	was.of = t_map(sizeof(*was.of), MAP_SHARED);
	was.child = t_fork(polls, 0);
	t_wait_syscall(was.child, SYS_poll);
	T_UNTIL(now_ms() - was.of->began > ELAPSED);
	was.saved = now_ms();
}

static void check(void)
{
	int64_t back = now_ms();

	T_UNTIL(was.of->ended);
	t_wake(0);
	t_join(was.child);
	EXPECT_GE(was.of->ended - was.of->began, WHOLE);
	EXPECT_LE(was.of->ended - was.of->began, WHOLE + LATE + (back - was.saved));
}

ZDTM_TEST = {
	.doc = "a timeout of poll() goes on where it was",
	.object = "task",
	.demand = REPORT,
	.setup = setup,
	.check = check,
};
