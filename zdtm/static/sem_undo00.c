// SPDX-License-Identifier: GPL-2.0-only
/*
 * A child that has changed the last of many System V semaphores, which the kernel is to change back
 * when the child ends (SEM_UNDO): until then it stays as it is. Who has changed one and changed it
 * back has nothing to be undone. criu 4.2 loses it: the end of the dumped child changes the
 * semaphore back.
 */
#include <sys/ipc.h>
#include <sys/sem.h>

#include "zdtm.h"

#define N     200
#define LAST  (N - 1)
#define VALUE 5

enum { TAKEN, GIVEN, ALL_TAKEN, NOTHING };
static const int change[] = { [TAKEN] = -1, [GIVEN] = 1, [ALL_TAKEN] = -VALUE, [NOTHING] = 0 };

static struct {
	int id;
	pid_t child;
} was;

static void child(long unused)
{
	struct sembuf op = { LAST, change[variant->arg] ?: 1, SEM_UNDO };

	SYS(semop(was.id, &op, 1));
	if (variant->arg == NOTHING) {
		op.sem_op = -op.sem_op;
		SYS(semop(was.id, &op, 1));
	}
	t_wake(0);
	t_wait(1);
}

static void setup(void)
{
	was.id = SYS(semget(IPC_PRIVATE, N, 0600));
	SYS(semctl(was.id, LAST, SETVAL, VALUE));
	was.child = t_fork(child, 0);
	t_wait(0);
}

static void check(void)
{
	EXPECT_EQ(SYS(semctl(was.id, LAST, GETVAL)), VALUE + change[variant->arg]);
	EXPECT_EQ(SYS(semctl(was.id, LAST, GETPID)), was.child);
	t_wake(1);
	t_join(was.child);
	EXPECT_EQ(SYS(semctl(was.id, LAST, GETVAL)), VALUE);
	EXPECT_EQ(SYS(semctl(was.id, 0, GETVAL)), 0);
}

ZDTM_TEST = {
	.doc = "a semaphore that is changed back at the end of whoever changed it",
	.object = "sem",
	.variants = (const struct zdtm_variant[]){ { "taken", TAKEN },
						   { "given", GIVEN },
						   { "all_taken", ALL_TAKEN },
						   { "nothing", NOTHING },
						   {} },
	.setup = setup,
	.check = check,
};
