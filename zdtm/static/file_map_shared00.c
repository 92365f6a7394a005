// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file mapped shared by two tasks, each a part that overlaps with the other's, one reaching beyond
 * the end: stores show in the other mapping and in the file, the page beyond the end faults until the
 * file grows. The file can be written but not read by its mode, for what it was opened for counts.
 */
#include "zdtm.h"

enum { CHILD_READY, GO, DONE };

#define PAGES 4

static struct {
	int fd;
	unsigned char *at; /* parent: pages 0 to 3, child: 2 to 5 */
	struct blob data;
	pid_t child;
} was;

static void child(long unused)
{
	unsigned char *at = SYS(
		mmap(NULL, PAGES * T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, was.fd, 2 * T_PAGE));

	SYS(close(was.fd));
	t_wake(CHILD_READY);
	t_wait(GO);
	EXPECT_EQ(at[T_PAGE], 'p');
	at[1] = 'c';
	EXPECT_EQ(t_try_read(at + 2 * T_PAGE), SIGBUS);
	SYS(truncate("file", 5 * T_PAGE));
	EXPECT_EQ(t_try_write(at + 2 * T_PAGE), 0);
	EXPECT_EQ(t_try_read(at + 3 * T_PAGE), SIGBUS);
	t_wake(DONE);
}

static void setup(void)
{
	was.fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	was.data = t_fill(was.fd, PAGES * T_PAGE - 10);
	was.at = SYS(mmap(NULL, PAGES * T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, was.fd, 0));
	was.child = t_fork(child, 0);
	t_wait(CHILD_READY);
	SYS(close(was.fd));
	SYS(chmod("file", 0200));
}

static void check(void)
{
	EXPECT_MEM_IS(was.at, &was.data);
	was.at[3 * T_PAGE] = 'p';
	t_wake(GO);
	t_wait(DONE);
	EXPECT_EQ(was.at[2 * T_PAGE + 1], 'c');
	t_join(was.child);

	SYS(chmod("file", 0600));
	was.fd = SYS(open("file", O_RDONLY));
	EXPECT_EQ(lseek(was.fd, 0, SEEK_END), 5 * T_PAGE);
	was.at[1] ^= 0xff;
	SYS(pread(was.fd, was.at + T_PAGE, 1, 1));
	EXPECT_EQ(was.at[T_PAGE], was.at[1]);
}

ZDTM_TEST = {
	.doc = "shared mappings of a file show each other's stores, and end where it ends",
	.object = "mm",
	.setup = setup,
	.check = check,
};
