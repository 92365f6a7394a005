// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the end of a task changes in System V semaphores (SEM_UNDO), exactly: some and all that can
 * be, of semaphores in two sets, one of them with a key, one full, one empty. The threads of a task
 * do it together; it is done once, whichever ends last. criu 4.2 loses it.
 */
#include <sys/ipc.h>
#include <sys/sem.h>

#include "zdtm.h"

#define HIGHEST 32767

/* What a thread does, some of it for good, and what comes of it. */
static const struct {
	int set;
	unsigned short num;
	int begin, undone, forever, now, end;
} was_done[] = {
	{ 0, 0, 5, -1, 0, 4, 5 },
	{ 0, 1, 0, 1, 0, 1, 0 },
	{ 0, 2, HIGHEST, -HIGHEST, 0, 0, HIGHEST },
	{ 0, 3, 0, HIGHEST, 0, HIGHEST, 0 },
	{ 0, 4, 20000, -12345, 25000, 32655, HIGHEST }, /* no more than that it can become */
	{ 0, 5, 20000, 12345, -32000, 345, 0 },         /* nor less */
	{ 0, 7, 100, 3, 0, 103, 100 },
	{ 1, 63, 1, -1, 0, 0, 1 },
	{ 1, 64, HIGHEST, -16384, 16384, HIGHEST, HIGHEST },
};
#define N (sizeof(was_done) / sizeof(was_done[0]))

static struct {
	int id[2];
	pid_t child;
} was;

static void change(int set, unsigned short num, int by, short flags)
{
	struct sembuf op = { num, by, flags };

	if (by)
		SYS(semop(was.id[set], &op, 1));
}

static void does(long unused)
{
	for (size_t i = 0; i < N; i++)
		change(was_done[i].set, was_done[i].num, was_done[i].undone, SEM_UNDO);
	/* The lowest there is, one below what a single operation can do. */
	change(0, 8, HIGHEST, SEM_UNDO);
	change(0, 8, -1, 0);
	change(0, 8, 1, SEM_UNDO);
	/* Nothing, in the end. */
	change(0, 9, 77, SEM_UNDO);
	change(0, 9, -77, SEM_UNDO);
}

static void child(long unused)
{
	struct sembuf more = { 8, 1, SEM_UNDO };

	t_thread_join(t_thread(does, 0));
	t_wake(0);
	t_wait(1);
	EXPECT_ERRNO(semop(was.id[0], &more, 1), ERANGE);
}

static void setup(void)
{
	was.id[0] = SYS(semget(0x5e3, 10, IPC_CREAT | IPC_EXCL | 0600));
	was.id[1] = SYS(semget(IPC_PRIVATE, 100, 0600));
	for (size_t i = 0; i < N; i++)
		SYS(semctl(was.id[was_done[i].set], was_done[i].num, SETVAL, was_done[i].begin));
	was.child = t_fork(child, 0);
	t_wait(0);
	for (size_t i = 0; i < N; i++)
		change(was_done[i].set, was_done[i].num, was_done[i].forever, 0);
}

static void expect_value(int set, int num, int value)
{
	EXPECT_EQ(SYS(semctl(was.id[set], num, GETVAL)), value);
}

static void check(void)
{
	EXPECT_EQ(semget(0x5e3, 10, 0), was.id[0]);
	for (size_t i = 0; i < N; i++)
		expect_value(was_done[i].set, was_done[i].num, was_done[i].now);
	expect_value(0, 8, HIGHEST);
	change(0, 8, -HIGHEST, 0);
	t_wake(1);
	t_join(was.child);
	for (size_t i = 0; i < N; i++)
		expect_value(was_done[i].set, was_done[i].num, was_done[i].end);
	expect_value(0, 8, 0);
	expect_value(0, 9, 0);
	expect_value(1, 0, 0);
}

ZDTM_TEST = {
	.doc = "how much of which semaphores is changed back at the end of a task",
	.object = "sem",
	.setup = setup,
	.check = check,
};
