// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that forks all the time while it writes: each child has the memory of the moment it was
 * forked, compares it over and over with what was noted then, and changes a part of its own. Some
 * children are always there.
 */
#include "zdtm.h"

#define PAGES    32
#define CHILDREN 4
#define ROUNDS   50

enum { TURNING };

static struct {
	unsigned char *at;
	uint32_t wrote[PAGES];
	pid_t forker;
} was;

static volatile uint32_t *page(int i)
{
	return (volatile uint32_t *)(was.at + i * T_PAGE);
}

static void expect_pages(void)
{
	for (int i = 0; i < PAGES; i++)
		EXPECT_EQ(*page(i), was.wrote[i]);
}

static void child(long nr)
{
	for (int i = 0; i < ROUNDS; i++) {
		expect_pages();
		*page(i % PAGES / 2) = was.wrote[i % PAGES / 2] = -nr;
	}
	expect_pages();
}

static void fork_on(long unused)
{
	pid_t children[CHILDREN] = {};

	for (long nr = 1; !t_over() || nr < 2 * CHILDREN; nr++) {
		pid_t *pid = &children[nr % CHILDREN];

		if (*pid)
			t_join(*pid);
		*pid = t_fork(child, nr);
		for (int i = 0; i < 8; i++)
			*page((nr * 5 + i) % PAGES) = was.wrote[(nr * 5 + i) % PAGES] = nr;
		expect_pages();
		if (nr == 2 * CHILDREN)
			t_wake(TURNING);
	}
	for (int i = 0; i < CHILDREN; i++)
		t_join(children[i]);
}

static void setup(void)
{
	was.at = t_map(PAGES * T_PAGE, MAP_PRIVATE);
	was.forker = t_fork(fork_on, 0);
	t_wait(TURNING);
}

static void check(void)
{
	t_join(was.forker);
}

ZDTM_TEST = {
	.doc = "children forked all the time have the memory of their moment, and their own",
	.object = "mm",
	.setup = setup,
	.check = check,
};
