// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family trees by chance: tasks fork, lead sessions and groups, join groups, become subreapers and
 * end, in an order that a number decides. In the end everybody looks at who he is.
 *
 * criu 4.2 fails on some: it wants to join groups that are not there, or gives orphans to init.
 */
#include <sys/prctl.h>

#include "zdtm.h"

#define MOST  24
#define STEPS 80

enum { FORK, SETSID, SETPGRP, JOIN_PARENT, SUBREAPER, END, LOOK, EXPECT_SAME };

static const int ops[] = { FORK, FORK, FORK, SETSID, SETPGRP, JOIN_PARENT, SUBREAPER, END };
enum { DONE = MOST }; /* below: a semaphore each */

struct ids {
	pid_t pid, ppid, sid, pgid;
};

static struct {
	struct ids ids[MOST];
	bool alive[MOST];
	int n, op;
} * all; /* shared */

static struct ids ids_now(void)
{
	return (struct ids){ getpid(), getppid(), getsid(0), getpgrp() };
}

static void obey(long me);

static void act(long me, int op)
{
	struct ids now = ids_now();

	switch (op) {
	case FORK:
		all->alive[all->n] = true;
		t_fork(obey, all->n++);
		break;
	/* Those that are leaders already may not: that is by chance, too. */
	case SETSID:
		(void)!setsid();
		break;
	case SETPGRP:
		(void)!setpgid(0, 0);
		break;
	case JOIN_PARENT:
		(void)!setpgid(0, getpgid(getppid()));
		break;
	case SUBREAPER:
		SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
		break;
	case LOOK:
		all->ids[me] = now;
		break;
	case EXPECT_SAME:
		EXPECT_EQ(now.pid, all->ids[me].pid);
		EXPECT_EQ(now.ppid, all->ids[me].ppid);
		EXPECT_EQ(now.sid, all->ids[me].sid);
		EXPECT_EQ(now.pgid, all->ids[me].pgid);
	}
}

static void obey(long me)
{
	t_wake(DONE);
	for (;;) {
		int op;

		t_wait(me);
		/* Once a child says DONE there may be another one. */
		op = all->op;
		if (op == END)
			return;
		act(me, op);
		if (op != FORK)
			t_wake(DONE);
	}
}

static void tell(int who, int op)
{
	pid_t pid;

	all->op = op;
	if (who == 0) {
		act(0, op);
		if (op == FORK)
			t_wait(DONE);
		return;
	}
	pid = all->ids[who].pid;
	t_wake(who);
	if (op == END)
		t_wait_state(pid, 'Z');
	else
		t_wait(DONE);
}

static void tell_all(int op)
{
	for (int i = 0; i < all->n; i++)
		if (all->alive[i])
			tell(i, op);
}

static uint32_t chance(uint32_t n)
{
	static uint64_t state;

	if (state == 0)
		state = variant->arg;
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (state >> 33) % n;
}

/* Nobody waits for anybody: zombies stay with their parents, or whoever inherits them. */
static void step(void)
{
	int who = chance(all->n), op = ops[chance(8)];

	if (!all->alive[who] || (op == FORK ? all->n == MOST : who == 0))
		return;
	tell(who, op);
	if (op == FORK)
		tell(all->n - 1, LOOK);
	if (op == END)
		all->alive[who] = false;
}

static void setup(void)
{
	all = SYS(mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		       0));
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	all->alive[0] = true;
	all->n = 1;
	for (int i = 0; i < STEPS; i++)
		step();
	tell_all(LOOK);
}

static void check(void)
{
	tell_all(EXPECT_SAME);
}

ZDTM_TEST = {
	.doc = "whatever a family has gone through, everybody stays who he is",
	.object = "session",
	.variants = VARIANTS({ "1", 1 }, { "2", 2 }, { "3", 3 }, { "4", 4 }, { "5", 5 }, { "6", 6 },
			     { "7", 7 }, { "8", 8 }),
	.setup = setup,
	.check = check,
};
