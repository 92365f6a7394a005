// SPDX-License-Identifier: GPL-2.0-only
/*
 * A segment of System V shared memory that is locked (SHM_LOCK), and one that was removed besides: it is
 * so until it is unlocked, by whoever made it. And one that was attached to be executed: that is what
 * may be done with it where it was attached so, and nowhere else.
 */
#include <sys/ipc.h>
#include <sys/shm.h>

#include "zdtm.h"

enum { LOCKED, REMOVED, EXEC }; /* variant->arg */

#define SIZE (4 * T_PAGE)

static struct {
	int id;
	char *at, *exec;
	struct blob data;
} was;

static void setup(void)
{
	was.id = SYS(shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0700));
	was.at = SYS(shmat(was.id, NULL, 0));
	was.data = t_fill_mem(was.at, SIZE);
	if (variant->arg == EXEC)
		was.exec = SYS(shmat(was.id, NULL, SHM_RDONLY | SHM_EXEC));
	else
		SYS(shmctl(was.id, SHM_LOCK, NULL));
	if (variant->arg == REMOVED)
		SYS(shmctl(was.id, IPC_RMID, NULL));
}

static void check(void)
{
	struct shmid_ds ds;
	struct vma v = t_vma(was.at);

	EXPECT_MEM_IS(was.at, &was.data);
	EXPECT_STR(v.perms, "rw-s");
	SYS(shmctl(was.id, IPC_STAT, &ds));
	EXPECT_EQ(!!(ds.shm_perm.mode & SHM_LOCKED), variant->arg != EXEC);
	EXPECT_EQ(!!(ds.shm_perm.mode & SHM_DEST), variant->arg == REMOVED);
	if (variant->arg == EXEC) {
		EXPECT_STR(t_vma(was.exec).perms, "r-xs");
		/* Never, however it is asked for: it was attached for reading. */
		EXPECT_ERRNO(mprotect(was.exec, T_PAGE, PROT_WRITE), EACCES);
		SYS(mprotect(was.at, T_PAGE, PROT_READ | PROT_EXEC));
		EXPECT_MEM_IS(was.exec, &was.data);
		return;
	}
	SYS(shmctl(was.id, SHM_UNLOCK, NULL));
	SYS(shmctl(was.id, IPC_STAT, &ds));
	EXPECT_EQ(ds.shm_perm.mode & SHM_LOCKED, 0);
}

ZDTM_TEST = {
	.doc = "System V shared memory stays locked, and executable where it was",
	.object = "shm",
	.needs = LIST("shm.identity"),
	.caps = CAP_BIT(CAP_IPC_LOCK), /* SHM_LOCK of more than the limit */
	.variants = VARIANTS({ "locked", LOCKED }, { "removed", REMOVED },
			     { "exec", EXEC, .known_as = "static/shm_exec00" }),
	.setup = setup,
	.check = check,
};
