// SPDX-License-Identifier: GPL-2.0-only
/*
 * What has a descriptor can be locked: directories, a FIFO, a pipe, a device, shared memory, what
 * has no file at all. A process may lock the directory it stands in, or the program it runs, for
 * reading.
 *
 * criu 4.2 closes descriptors of directory and program when it has taken those locks.
 */
#include <sys/eventfd.h>
#include <sys/file.h>

#include "zdtm.h"

enum { DIRECTORY, FIFO, PIPE, MEMORY, KINDS, EVENTS = KINDS, DEVICE, HERE, PROGRAM, ALL };

static struct {
	int fd[ALL];
	char *locks[ALL];
} was;

static void setup(void)
{
	int ends[2];

	SYS(mkdir("dir", 0700));
	SYS(mkfifo("fifo", 0600));
	SYS(pipe(ends));
	was.fd[DIRECTORY] = SYS(open("dir", O_RDONLY | O_DIRECTORY));
	was.fd[FIFO] = SYS(open("fifo", O_RDWR));
	was.fd[PIPE] = ends[0];
	was.fd[MEMORY] = SYS(memfd_create("memory", 0));
	was.fd[EVENTS] = SYS(eventfd(0, 0));
	was.fd[DEVICE] = SYS(open("/dev/zero", O_RDONLY));
	was.fd[HERE] = SYS(open(".", O_RDONLY | O_DIRECTORY));
	was.fd[PROGRAM] = SYS(open("/proc/self/exe", O_RDONLY));
	for (int i = 0; i < KINDS; i++)
		SYS(flock(was.fd[i], LOCK_EX));
	/* These are not our own. */
	SYS(flock(was.fd[EVENTS], LOCK_SH));
	SYS(flock(was.fd[DEVICE], LOCK_SH));
	EXPECT(t_lock(was.fd[HERE], F_SETLK, F_RDLCK, 0, 0));
	EXPECT(t_lock(was.fd[PROGRAM], F_SETLK, F_RDLCK, 0, 0));
	for (int i = 0; i < ALL; i++)
		was.locks[i] = t_locks(0, was.fd[i]);
}

static void check(void)
{
	for (int i = 0; i < ALL; i++)
		EXPECT_STR(t_locks(0, was.fd[i]), was.locks[i]);
	EXPECT_ERRNO(flock(SYS(open("dir", O_RDONLY)), LOCK_SH | LOCK_NB), EWOULDBLOCK);
	EXPECT_ERRNO(flock(SYS(open("fifo", O_RDWR)), LOCK_SH | LOCK_NB), EWOULDBLOCK);
	EXPECT_ERRNO(flock(t_reopen(was.fd[MEMORY], O_RDWR), LOCK_SH | LOCK_NB), EWOULDBLOCK);
}

ZDTM_TEST = {
	.doc = "locks on what is no regular file, on the working directory and the program",
	.object = "filelock",
	.needs = LIST("eventfd.semaphore_flag"),
	.engine = LIST("--file-locks"),
	.setup = setup,
	.check = check,
};
