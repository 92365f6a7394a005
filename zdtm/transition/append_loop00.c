// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three tasks that append to one file all the time, two of them through one open file, one through its
 * own, with O_APPEND. No record is lost, torn or there twice, and each task's are in order.
 */
#include "zdtm.h"

#define TASKS 3
#define MOST  300000 /* records of a task: then it only waits for the end */

enum { TURNING };

struct record {
	uint64_t magic;
	uint32_t task, nr;
	char rest[16];
};

static const struct record mould = { .magic = 0x6461746120686572, .rest = "to the very end" };

static struct {
	int fd;
	uint32_t *count; /* of records per task; shared */
	pid_t child[TASKS];
} was;

static void append(long task)
{
	int fd = task == 2 ? SYS(open("file", O_WRONLY | O_APPEND)) : was.fd;
	struct record r = mould;

	r.task = task;
	while (!t_over()) {
		if (r.nr == MOST)
			continue;
		EXPECT_EQ(write(fd, &r, sizeof(r)), sizeof(r));
		was.count[task] = ++r.nr;
		if (r.nr == 10)
			t_wake(TURNING);
	}
}

static void setup(void)
{
	was.fd = SYS(open("file", O_WRONLY | O_CREAT | O_APPEND, 0600));
	was.count = t_map(T_PAGE, MAP_SHARED);
	for (int i = 0; i < TASKS; i++)
		was.child[i] = t_fork(append, i);
	for (int i = 0; i < TASKS; i++)
		t_wait(TURNING);
}

static void check(void)
{
	uint32_t next[TASKS] = {};
	const struct record *r, *end;
	struct stat st;
	int fd;

	for (int i = 0; i < TASKS; i++)
		t_join(was.child[i]);
	fd = SYS(open("file", O_RDONLY));
	SYS(fstat(fd, &st));
	EXPECT_EQ(st.st_size % sizeof(*r), 0);
	r = SYS(mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0));
	for (end = r + st.st_size / sizeof(*r); r < end; r++)
		if (!EXPECT_EQ(r->magic, mould.magic) || !EXPECT_LT(r->task, TASKS) ||
		    !EXPECT_EQ(r->nr, next[r->task]++) || !EXPECT_STR(r->rest, mould.rest))
			break;
	for (int i = 0; i < TASKS; i++)
		EXPECT_EQ(next[i], was.count[i]);
}

ZDTM_TEST = {
	.doc = "what is appended to a file all the time is there, once and in order",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
