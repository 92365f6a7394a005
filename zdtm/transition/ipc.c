// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks that take turns at attached System V shared memory by a semaphore, which the kernel would
 * give back for them (SEM_UNDO). Whoever has it fills the memory with bytes and their sum, and finds
 * what the one before has left whole. At any moment one of them has it, and the others wait. criu
 * 4.2 refuses it where the IPC namespace is not the tasks' own.
 */
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "zdtm.h"

#define SIZE   (16 * T_PAGE)
#define TASKS  3
#define ROUNDS 50

static struct {
	int set;
	struct shared {
		uint64_t sum, rounds[TASKS];
		unsigned char bytes[SIZE - 64];
	} * shared;
	pid_t task[TASKS];
} was;

static void turn(int change)
{
	struct sembuf op = { 0, change, SEM_UNDO };

	SYS(semop(was.set, &op, 1));
}

static void check_bytes(const struct shared *s)
{
	EXPECT_EQ(s->sum, t_sum(s->bytes, sizeof(s->bytes)));
}

static void takes_turns(long i)
{
	struct shared *s = was.shared;

	while (!t_over()) {
		turn(-1);
		check_bytes(s);
		memset(s->bytes, (int)(s->rounds[i] * TASKS + i), sizeof(s->bytes));
		s->sum = t_sum(s->bytes, sizeof(s->bytes));
		s->rounds[i]++;
		turn(1);
		if (s->rounds[i] == ROUNDS)
			t_wake(0);
	}
}

static void setup(void)
{
	int id = SYS(shmget(IPC_PRIVATE, SIZE, 0600));

	was.set = SYS(semget(IPC_PRIVATE, 1, 0600));
	was.shared = SYS(shmat(id, NULL, 0));
	SYS(shmctl(id, IPC_RMID, NULL));
	was.shared->sum = t_sum(was.shared->bytes, sizeof(was.shared->bytes));
	SYS(semctl(was.set, 0, SETVAL, 1));
	for (int i = 0; i < TASKS; i++)
		was.task[i] = t_fork(takes_turns, i);
	for (int i = 0; i < TASKS; i++)
		t_wait(0);
}

static void check(void)
{
	for (int i = 0; i < TASKS; i++)
		t_join(was.task[i]);
	check_bytes(was.shared);
	for (int i = 0; i < TASKS; i++)
		EXPECT_GE(was.shared->rounds[i], ROUNDS);
	EXPECT_EQ(SYS(semctl(was.set, 0, GETVAL)), 1);
}

ZDTM_TEST = {
	.doc = "tasks that take turns at shared memory by a semaphore that is given back for them",
	.object = "sem",
	.setup = setup,
	.check = check,
};
