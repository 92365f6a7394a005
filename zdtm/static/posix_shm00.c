// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX shared memory with a semaphore in it, and a named semaphore, both without a name by now: two
 * processes have them mapped, one of them waits.
 */
#include <semaphore.h>

#include "zdtm.h"

#define NAME "/name"

static struct {
	int fd;
	char *at;
	sem_t *own, *named; /* in the memory; sem_open(3)'s */
	struct blob data;
	pid_t child;
} was;

static void child(long unused)
{
	t_wake(0);
	SYS(sem_wait(was.own));
	EXPECT_EQ(was.at[3 * T_PAGE], 'p');
	was.at[3 * T_PAGE] = 'c';
	SYS(sem_post(was.named));
}

static void setup(void)
{
	was.fd = SYS(shm_open(NAME, O_RDWR | O_CREAT | O_EXCL, 0600));
	SYS(shm_unlink(NAME));
	SYS(ftruncate(was.fd, 4 * T_PAGE));
	was.at = SYS(mmap(NULL, 4 * T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, was.fd, 0));
	was.own = (sem_t *)was.at;
	SYS(sem_init(was.own, true, 0));
	was.data = t_fill_mem(was.at + T_PAGE, T_PAGE);
	was.named = SYS_PTR(sem_open(NAME, O_CREAT | O_EXCL, 0600, 2));
	SYS(sem_unlink(NAME));
	was.child = t_fork(child, 0);
	t_wait(0);
	t_wait_syscall(was.child, SYS_futex);
}

static void check(void)
{
	struct stat st;
	int value;

	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_size, 4 * T_PAGE);
	EXPECT_EQ(st.st_nlink, 0);
	EXPECT_MEM_IS(was.at + T_PAGE, &was.data);
	t_wait_syscall(was.child, SYS_futex);
	was.at[3 * T_PAGE] = 'p';
	SYS(sem_post(was.own));
	t_join(was.child);
	EXPECT_EQ(was.at[3 * T_PAGE], 'c');
	SYS(sem_getvalue(was.named, &value));
	EXPECT_EQ(value, 3);
}

ZDTM_TEST = {
	.doc = "POSIX shared memory and semaphores without a name, and who waits for them",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
