// SPDX-License-Identifier: GPL-2.0-only
/*
 * System V shared memory of huge pages (SHM_HUGETLB), attached twice, one of its pages untouched.
 * criu 4.2 refuses it where the IPC namespace is not the tasks' own.
 */
#include <sys/ipc.h>
#include <sys/shm.h>

#include "zdtm.h"

#define PAGES 3

static struct {
	int id;
	char *at, *ro;
	struct blob data[2];
} was;

static void setup(void)
{
	t_huge_pages(PAGES, true);
	was.id = SYS(shmget(IPC_PRIVATE, PAGES * T_HUGE - T_PAGE, SHM_HUGETLB | 0600));
	was.at = SYS(shmat(was.id, NULL, 0));
	was.ro = SYS(shmat(was.id, NULL, SHM_RDONLY));
	was.data[0] = t_fill_mem(was.at + 1000, T_PAGE);
	was.data[1] = t_fill_mem(was.at + 3 * T_HUGE - 1000, 1000);
	if (variant->arg)
		SYS(shmctl(was.id, IPC_RMID, NULL));
}

static void check(void)
{
	struct shmid_ds ds;

	EXPECT(t_vma_has(was.at, "ht"));
	EXPECT(t_vma_has(was.ro, "ht"));
	EXPECT_MEM_IS(was.ro + 1000, &was.data[0]);
	EXPECT_MEM_IS(was.at + 3 * T_HUGE - 1000, &was.data[1]);
	EXPECT_EQ(was.at[T_HUGE], 0);
	SYS(shmctl(was.id, IPC_STAT, &ds));
	EXPECT_EQ(ds.shm_segsz, PAGES * T_HUGE - T_PAGE);
	EXPECT_EQ(ds.shm_nattch, 2);
	EXPECT_EQ(t_try_write(was.ro), SIGSEGV);
	was.at[T_HUGE] = 'x';
	EXPECT_EQ(was.ro[T_HUGE], 'x');
	SYS(shmdt(was.at));
	SYS(shmdt(was.ro));
	if (variant->arg)
		EXPECT_ERRNO(shmctl(was.id, IPC_STAT, &ds), EINVAL);
	else
		SYS(shmctl(was.id, IPC_RMID, NULL));
}

ZDTM_TEST = {
	.doc = "attached System V shared memory of huge pages",
	.object = "shm",
	.caps = CAP_BIT(CAP_IPC_LOCK), /* SHM_HUGETLB */
	.variants = VARIANTS({ "there", false }, { "removed", true }),
	.exclusive = true,
	.setup = setup,
	.check = check,
	.cleanup = t_huge_pages_back,
};
