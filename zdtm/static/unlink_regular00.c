// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapped, open here and open in a child: all by a name that is gone together with its directory, the
 * one above it as well. The file has another name elsewhere. With --link-remap it is one file again,
 * and there is nothing that was not there before.
 */
#include "zdtm.h"

static struct {
	int fd;
	unsigned char *at;
	struct blob data;
	pid_t child;
} was;

static void child(long fd)
{
	t_wait(0);
	EXPECT_DATA(fd, &was.data);
	t_write(fd, "child", 5);
}

static void setup(void)
{
	int childs;

	SYS(mkdir("a", 0700));
	SYS(mkdir("a/b", 0700));
	was.fd = SYS(open("a/b/file", O_RDWR | O_CREAT, 0600));
	was.data = t_fill(was.fd, T_PAGE);
	was.at = SYS(mmap(NULL, T_PAGE, PROT_READ, MAP_SHARED, was.fd, 0));
	SYS(link("a/b/file", "other"));
	childs = SYS(open("a/b/file", O_RDWR));
	was.child = t_fork(child, childs);
	SYS(close(childs));
	SYS(unlink("a/b/file"));
	SYS(rmdir("a/b"));
	SYS(rmdir("a"));
}

static void check(void)
{
	EXPECT_MEM_IS(was.at, &was.data);
	EXPECT_DATA(was.fd, &was.data);
	EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), T_PAGE);
	t_wake(0);
	t_join(was.child);
	EXPECT_MEM(was.at, "child", 5);
	EXPECT(t_same_file(was.fd, SYS(open("other", O_RDONLY))));
	EXPECT_ERRNO(access("a", F_OK), ENOENT);
}

ZDTM_TEST = {
	.doc = "a file whose name went with its directory is the one that has another elsewhere",
	.object = "regfile",
	.engine = LIST("--link-remap"),
	.setup = setup,
	.check = check,
};
