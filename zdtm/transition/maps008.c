// SPDX-License-Identifier: GPL-2.0-only
/*
 * Seven tasks, each the child of the one before, and three shared areas in which each counts up pages
 * of its own all the time. Meanwhile they move the areas about, unmap and protect what is not theirs.
 * Who looks at all of it in the end finds every count.
 */
#include "zdtm.h"

#define TASKS 7
#define AREAS 3
#define PAGES 70

enum { TURNING };

static struct {
	unsigned char *area[AREAS], *spare[AREAS]; /* spare: room of the same size, of one's own */
	uint64_t *counts;                          /* by area and page; shared */
	uint64_t own[AREAS][PAGES];
	pid_t first;
} was;

static volatile uint64_t *page(int a, int i)
{
	return (volatile uint64_t *)(was.area[a] + i * T_PAGE);
}

static void count_up(int task, uint32_t nr)
{
	int a = nr % AREAS, i = task + nr / AREAS % (PAGES / TASKS) * TASKS;

	EXPECT_EQ(page(a, i)[0], was.own[a][i]);
	EXPECT_EQ(page(a, i)[1], ~was.own[a][i]);
	was.own[a][i]++;
	page(a, i)[0] = was.own[a][i];
	page(a, i)[1] = ~was.own[a][i];
}

static void move_about(int a)
{
	unsigned char *from = was.area[a];

	SYS(mremap(from, PAGES * T_PAGE, PAGES * T_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		   was.spare[a]));
	was.area[a] = was.spare[a];
	was.spare[a] = from;
}

static void work(long task)
{
	pid_t next = task + 1 < TASKS ? t_fork(work, task + 1) : 0;

	/* All but the first area keep being moved; in that one holes and walls stay. */
	for (int i = 0; i < PAGES; i++) {
		if (i % TASKS == (task + 1) % TASKS)
			SYS(munmap(was.area[0] + i * T_PAGE, T_PAGE));
		else if (i % TASKS == (task + 2) % TASKS)
			SYS(mprotect(was.area[0] + i * T_PAGE, T_PAGE, PROT_READ));
	}
	for (uint32_t nr = 1; !t_over(); nr++) {
		count_up(task, nr);
		if (nr % 20 == 0)
			move_about(1 + nr / 20 % 2);
		if (nr == 200)
			t_wake(TURNING);
	}
	EXPECT_EQ(t_try_read(was.area[0] + (task + 1) % TASKS * T_PAGE), SIGSEGV);
	EXPECT_EQ(t_try_write(was.area[0] + (task + 2) % TASKS * T_PAGE), SIGSEGV);
	for (int a = 0; a < AREAS; a++)
		for (int i = task; i < PAGES; i += TASKS)
			was.counts[a * PAGES + i] = was.own[a][i];
	if (next)
		t_join(next);
}

static void setup(void)
{
	for (int a = 0; a < AREAS; a++) {
		was.area[a] = t_map(PAGES * T_PAGE, MAP_SHARED);
		was.spare[a] = SYS(
			mmap(NULL, PAGES * T_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
		for (int i = 0; i < PAGES; i++)
			page(a, i)[1] = ~UINT64_C(0);
	}
	was.counts = t_map(T_PAGE, MAP_SHARED);
	was.first = t_fork(work, 0);
	for (int i = 0; i < TASKS; i++)
		t_wait(TURNING);
}

static void check(void)
{
	t_join(was.first);
	for (int a = 0; a < AREAS; a++)
		for (int i = 0; i < PAGES; i++) {
			EXPECT_EQ(page(a, i)[0], was.counts[a * PAGES + i]);
			EXPECT_GT(page(a, i)[0], 0);
		}
}

ZDTM_TEST = {
	.doc = "shared areas that seven tasks write, move and cut up all the time lose no store",
	.object = "mm",
	.setup = setup,
	.check = check,
};
