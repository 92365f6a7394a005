// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a set of semaphores remembers of its use, while a task holds one with SEM_UNDO: who changed each
 * last, the set's owner, mode and key, and when it was last used; the kernel sets that time itself.
 *
 * criu 4.2 does not know of SEM_UNDO: the end of the dumped task has undone what it did.
 */
#include <sys/ipc.h>
#include <sys/sem.h>

#include "zdtm.h"

#define SEMAPHORES 3
#define KEY        0x5e3a

static struct {
	int id;
	struct semid_ds ds;
} was;

static void change(int num, int by, short flags)
{
	struct sembuf op = { num, by, flags };

	SYS(semop(was.id, &op, 1));
}

static void other(long unused)
{
	change(2, 5, 0);
}

/* Until the second is over: what is set anew then differs. */
static void a_second_later(void)
{
	struct timespec now;

	do
		SYS(clock_gettime(CLOCK_REALTIME, &now));
	while (now.tv_sec <= was.ds.sem_otime);
}

static void setup(void)
{
	was.id = SYS(semget(KEY, SEMAPHORES, IPC_CREAT | IPC_EXCL | 0640));
	t_join(t_fork(other, 0));
	change(1, 3, SEM_UNDO);
	SYS(semctl(was.id, 0, IPC_STAT, &was.ds));
	if (variant->arg)
		a_second_later();
}

static void check(void)
{
	struct semid_ds now;

	SYS(semctl(was.id, 0, IPC_STAT, &now));
	if (variant->arg) {
		EXPECT_EQ(now.sem_otime, was.ds.sem_otime);
		EXPECT_EQ(now.sem_ctime, was.ds.sem_ctime);
		return;
	}
	EXPECT_EQ(semget(KEY, SEMAPHORES, 0), was.id);
	EXPECT_EQ(now.sem_nsems, SEMAPHORES);
	EXPECT_MEM(&now.sem_perm, &was.ds.sem_perm, sizeof(now.sem_perm));
	EXPECT_EQ(semctl(was.id, 1, GETPID), getpid());
	EXPECT_EQ(semctl(was.id, 1, GETVAL), 3);
	EXPECT_EQ(semctl(was.id, 2, GETVAL), 5);
	EXPECT_NE(semctl(was.id, 2, GETPID), getpid());
	EXPECT_EQ(semctl(was.id, 0, GETPID), 0);
	EXPECT_EQ(semctl(was.id, 0, GETVAL), 0);
}

ZDTM_TEST = {
	.doc = "a set of semaphores remembers who used it, and when",
	.object = "sem",
	.variants = VARIANTS({ "who", false }, { "when", true, .demand = REPORT }),
	.setup = setup,
	.check = check,
};
