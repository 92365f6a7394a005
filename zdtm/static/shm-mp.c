// SPDX-License-Identifier: GPL-2.0-only
/*
 * What mprotect(2), munmap(2) and mremap(2) have made of attached System V shared memory: a page
 * that is read-only, pages that are missing, some that are elsewhere. shmdt(2) knows the parts of
 * an attachment that are where they were, and detaches them together. criu 4.2 refuses it where the
 * IPC namespace is not the tasks' own.
 */
#include <sys/ipc.h>
#include <sys/shm.h>

#include "zdtm.h"

#define PAGES 8
#define SIZE  (PAGES * T_PAGE - 100)

enum { RDONLY, RW, AGAIN, GONE, MOVED = 5, LAST = 7 }; /* pages */

static struct {
	int id;
	char *at, *moved, *other;
	struct blob data;
	unsigned long nattch;
} was;

static unsigned long attached(void)
{
	struct shmid_ds ds;

	SYS(shmctl(was.id, IPC_STAT, &ds));
	return ds.shm_nattch;
}

static char *page(char *at, int n)
{
	return at + n * T_PAGE;
}

static void setup(void)
{
	char *room = SYS(mmap(NULL, 3 * T_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	was.id = SYS(shmget(IPC_PRIVATE, SIZE, 0600));
	was.at = SYS(shmat(was.id, NULL, 0));
	was.other = SYS(shmat(was.id, NULL, 0));
	was.data = t_fill_mem(was.at, SIZE);
	SYS(mprotect(page(was.at, RDONLY), T_PAGE, PROT_READ));
	SYS(mprotect(page(was.at, AGAIN), T_PAGE, PROT_READ | PROT_EXEC));
	SYS(munmap(page(was.at, GONE), 2 * T_PAGE));
	/* Right in the middle of memory of another kind. */
	was.moved = SYS(mremap(page(was.at, MOVED), T_PAGE, T_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			       room + T_PAGE));
	if (variant->arg)
		SYS(shmctl(was.id, IPC_RMID, NULL));
	was.nattch = attached();
}

static void check(void)
{
	EXPECT_EQ(attached(), was.nattch);
	EXPECT_MEM_IS(was.other, &was.data);
	EXPECT_MEM(page(was.at, RDONLY), page(was.other, RDONLY), 3 * T_PAGE);
	EXPECT_MEM(was.moved, page(was.other, MOVED), T_PAGE);
	EXPECT_MEM(page(was.at, LAST), page(was.other, LAST), T_PAGE);
	EXPECT_EQ(t_try_write(page(was.at, RDONLY)), SIGSEGV);
	EXPECT_EQ(t_try_write(page(was.at, AGAIN)), SIGSEGV);
	EXPECT_EQ(t_try_read(page(was.at, GONE)), SIGSEGV);
	EXPECT_EQ(t_try_read(page(was.at, GONE + 1)), SIGSEGV);
	EXPECT_EQ(t_try_read(page(was.at, MOVED)), SIGSEGV);
	SYS(mprotect(page(was.at, RDONLY), T_PAGE, PROT_READ | PROT_WRITE));
	*page(was.at, RDONLY) = 'r';
	EXPECT_EQ(*page(was.other, RDONLY), 'r');
	*was.moved = 'm';
	EXPECT_EQ(*page(was.other, MOVED), 'm');

	SYS(shmdt(was.at));
	EXPECT_EQ(t_try_read(page(was.at, RDONLY)), SIGSEGV);
	EXPECT_EQ(t_try_read(page(was.at, RW)), SIGSEGV);
	EXPECT_EQ(t_try_read(page(was.at, LAST)), SIGSEGV);
	EXPECT_EQ(*was.moved, 'm');
	EXPECT_EQ(attached(), 2);
}

ZDTM_TEST = {
	.doc = "attached shared memory in parts, some of them gone, moved, protected",
	.object = "shm",
	.variants = VARIANTS({ "there", false }, { "removed", true }),
	.setup = setup,
	.check = check,
};
