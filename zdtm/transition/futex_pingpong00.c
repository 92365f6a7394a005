// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pairs that take turns by futex, of two threads or of two processes: a wake-up that gets lost ends
 * it all, one too many lets somebody in out of turn.
 */
#include <limits.h>
#include <linux/futex.h>

#include "zdtm.h"

#define PAIRS 2

enum { PROCESSES, THREADS };
enum { TURNING };

static struct pair {
	uint32_t turn;
	bool over;
	long count[2];
} * pairs; /* shared */

static struct {
	pid_t process[2];
	pthread_t thread[2];
} was;

static void wait_for_turn(struct pair *p, uint32_t me)
{
	uint32_t turn;

	/* The number of a turn only grows, so that being late or early shows. */
	while ((turn = __atomic_load_n(&p->turn, __ATOMIC_ACQUIRE)) % 2 != me)
		syscall(SYS_futex, &p->turn, FUTEX_WAIT, turn, NULL, NULL, 0);
}

static void end_turn(struct pair *p)
{
	__atomic_add_fetch(&p->turn, 1, __ATOMIC_ACQ_REL);
	SYS(syscall(SYS_futex, &p->turn, FUTEX_WAKE, INT_MAX, NULL, NULL, 0));
}

static void play(long which)
{
	struct pair *p = &pairs[which / 2];
	int me = which % 2;

	for (;;) {
		wait_for_turn(p, me);
		EXPECT_EQ(p->count[me], p->turn / 2);
		EXPECT_EQ(p->count[!me], me ? p->count[me] + 1 : p->count[me]);
		p->count[me]++;
		if (p->count[me] == 50)
			t_wake(TURNING);
		/* Whoever plays first also ends it; the other one still has a turn. */
		if (me == 0 && t_over())
			p->over = true;
		if (p->over) {
			end_turn(p);
			return;
		}
		end_turn(p);
	}
}

static void setup(void)
{
	pairs = SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	for (int i = 0; i < 2; i++) {
		was.process[i] = t_fork(play, 2 * PROCESSES + i);
		was.thread[i] = t_thread(play, 2 * THREADS + i);
	}
	for (int i = 0; i < 2 * PAIRS; i++)
		t_wait(TURNING);
}

static void check(void)
{
	for (int i = 0; i < 2; i++) {
		t_join(was.process[i]);
		t_thread_join(was.thread[i]);
	}
	for (int i = 0; i < PAIRS; i++)
		EXPECT_EQ(pairs[i].count[0], pairs[i].count[1]);
}

ZDTM_TEST = {
	.doc = "threads and processes that take turns by futex go on taking turns",
	.object = "task",
	.setup = setup,
	.check = check,
};
