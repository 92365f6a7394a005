// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that has no name and no descriptor any more, only shared mappings in two tasks, of different
 * parts that overlap: what one writes the other reads, and the file can still be synced.
 */
#include "zdtm.h"

enum { CHILD_READY, GO, DONE };

#define PAGES 4

static struct {
	unsigned char *all, *part; /* part: the child's, from the second page on */
	struct blob data;
	pid_t child;
} was;

static void child(long fd)
{
	was.part = SYS(
		mmap(NULL, (PAGES - 1) * T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, T_PAGE));
	SYS(close(fd));
	SYS(munmap(was.all, PAGES * T_PAGE));
	t_wake(CHILD_READY);
	t_wait(GO);
	EXPECT_EQ(was.part[0], 'p');
	was.part[T_PAGE] = 'c';
	SYS(msync(was.part, T_PAGE, MS_SYNC));
	t_wake(DONE);
}

static void setup(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0600));

	was.data = t_fill(fd, PAGES * T_PAGE - 100);
	was.all = SYS(mmap(NULL, PAGES * T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	was.child = t_fork(child, fd);
	t_wait(CHILD_READY);
	SYS(close(fd));
	SYS(unlink("file"));
}

static void check(void)
{
	EXPECT_MEM_IS(was.all, &was.data);
	EXPECT(strstr(t_vma(was.all).name, "/file (deleted)"));
	was.all[T_PAGE] = 'p';
	t_wake(GO);
	t_wait(DONE);
	EXPECT_EQ(was.all[2 * T_PAGE], 'c');
	SYS(msync(was.all, PAGES * T_PAGE, MS_SYNC));
	EXPECT_ERRNO(access("file", F_OK), ENOENT);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "a nameless file that only mappings hold is one file in all tasks",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
