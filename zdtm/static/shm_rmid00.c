// SPDX-License-Identifier: GPL-2.0-only
/*
 * A segment of System V shared memory that is attached twice, once for reading only and by two
 * tasks: it is one memory, and one with an id and a key. One that was removed is there until it is
 * detached. criu 4.2 refuses it where the IPC namespace is not the tasks' own.
 */
#include <sys/ipc.h>
#include <sys/shm.h>

#include "zdtm.h"

#define SIZE (10 * T_PAGE)
#define KEY  0x5eed

static struct {
	int id;
	char *at, *ro;
	struct blob data;
	pid_t child;
} was;

static void child(long unused)
{
	t_wait(0);
	EXPECT_EQ(was.at[SIZE - 1], 'p');
	SYS(shmdt(was.at));
	was.at = SYS(shmat(was.id, NULL, 0));
	EXPECT_EQ(was.at[SIZE - 1], 'p');
	was.at[SIZE - 1] = 'c';
}

static void setup(void)
{
	was.id = SYS(shmget(KEY, SIZE, IPC_CREAT | IPC_EXCL | 0640));
	was.at = SYS(shmat(was.id, NULL, 0));
	was.ro = SYS(shmat(was.id, NULL, SHM_RDONLY));
	was.data = t_fill_mem(was.at + 3 * T_PAGE + 5, 2 * T_PAGE);
	was.child = t_fork(child, 0);
	if (variant->arg)
		SYS(shmctl(was.id, IPC_RMID, NULL));
}

static void check(void)
{
	struct shmid_ds ds;

	EXPECT_MEM_IS(was.at + 3 * T_PAGE + 5, &was.data);
	EXPECT_MEM_IS(was.ro + 3 * T_PAGE + 5, &was.data);
	EXPECT_EQ(t_try_write(was.ro), SIGSEGV);
	SYS(shmctl(was.id, IPC_STAT, &ds));
	EXPECT_EQ(ds.shm_segsz, SIZE);
	EXPECT_EQ(ds.shm_nattch, 4);
	EXPECT_EQ(ds.shm_perm.mode & 0777, 0640);
	EXPECT_EQ(!!(ds.shm_perm.mode & SHM_DEST), variant->arg);
	EXPECT_EQ(ds.shm_perm.__key, variant->arg ? IPC_PRIVATE : KEY);
	if (!variant->arg)
		EXPECT_EQ(shmget(KEY, SIZE, 0), was.id);
	was.at[SIZE - 1] = 'p';
	EXPECT_EQ(was.ro[SIZE - 1], 'p');
	t_wake(0);
	t_join(was.child);
	EXPECT_EQ(was.at[SIZE - 1], 'c');
	SYS(shmdt(was.at));
	SYS(shmdt(was.ro));
	if (variant->arg)
		EXPECT_ERRNO(shmctl(was.id, IPC_STAT, &ds), EINVAL);
}

ZDTM_TEST = {
	.doc = "attached segments of System V shared memory, removed or not",
	.object = "shm",
	.variants = VARIANTS({ "there", false }, { "removed", true }),
	.setup = setup,
	.check = check,
};
