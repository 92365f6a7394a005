// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/zero mapped shared, which is how shared memory was had before MAP_ANONYMOUS: a segment of its
 * own for each mapping, common to parent and child.
 */
#include "zdtm.h"

enum { CHILD_READY, GO, DONE };

static struct {
	unsigned char *ours, *other; /* two mappings of one open file */
	struct blob data;
	pid_t child;
} was;

static void child(long unused)
{
	was.ours[0] = 'c';
	t_wake(CHILD_READY);
	t_wait(GO);
	EXPECT_EQ(was.ours[1], 'p');
	was.ours[2] = 'c';
	EXPECT_EQ(was.other[0], 0);
	t_wake(DONE);
}

static void setup(void)
{
	int fd = SYS(open("/dev/zero", O_RDWR));

	was.ours = SYS(mmap(NULL, 2 * T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	was.other = SYS(mmap(NULL, 2 * T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	SYS(close(fd));
	was.data = t_fill_mem(was.ours + T_PAGE, T_PAGE);
	was.child = t_fork(child, 0);
	t_wait(CHILD_READY);
}

static void check(void)
{
	EXPECT_EQ(was.ours[0], 'c');
	EXPECT_MEM_IS(was.ours + T_PAGE, &was.data);
	was.ours[1] = 'p';
	t_wake(GO);
	t_wait(DONE);
	EXPECT_EQ(was.ours[2], 'c');
	EXPECT_EQ(was.other[2], 0);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "a shared mapping of /dev/zero is still shared by those who had it, and nobody else",
	.object = "mm",
	.setup = setup,
	.check = check,
};
