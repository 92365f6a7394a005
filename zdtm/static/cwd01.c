// SPDX-License-Identifier: GPL-2.0-only
/*
 * A working directory that somebody has removed: nothing can be made in it, no path leads there, and
 * yet it is a place to be. The one above may be gone as well, or something else be called that now.
 *
 * criu 4.2 leaves the one above behind, or removes what is called that now.
 */
#include "zdtm.h"

enum { FREE, NESTED, TAKEN_BY_DIR, TAKEN_BY_FILE };

static struct {
	char *path;
} was;

static void remove_it(long unused)
{
	SYS(chdir("../.."));
	SYS(rmdir("a/b"));
	if (variant->arg == NESTED)
		SYS(rmdir("a"));
	else if (variant->arg == TAKEN_BY_DIR)
		SYS(mkdir("a/b", 0700));
	else if (variant->arg == TAKEN_BY_FILE)
		SYS(mknod("a/b", S_IFREG | 0600, 0));
}

static void setup(void)
{
	SYS(mkdir("a", 0700));
	SYS(mkdir("a/b", 0711));
	SYS(chmod("a", 0722));
	SYS(chdir("a/b"));
	t_join(t_fork(remove_it, 0));
	was.path = t_link("/proc/self/cwd");
}

static void check(void)
{
	char text[1000];
	struct stat st;

	EXPECT(strstr(was.path, "/a/b (deleted)"));
	if (variant->arg < TAKEN_BY_DIR)
		EXPECT_STR(t_link("/proc/self/cwd"), was.path);
	SYS(stat(".", &st));
	EXPECT_EQ(st.st_mode, S_IFDIR | 0711);
	EXPECT_ERRNO(syscall(SYS_getcwd, text, sizeof(text)), ENOENT);
	EXPECT_ERRNO(mkdir("new", 0700), ENOENT);
	/* The way up is still open. */
	SYS(stat("..", &st));
	if (variant->arg != NESTED)
		EXPECT_EQ(st.st_mode, S_IFDIR | 0722);
	EXPECT_EQ(access("../../a", F_OK), variant->arg == NESTED ? -1 : 0);
	EXPECT_EQ(access("../b", F_OK), variant->arg < TAKEN_BY_DIR ? -1 : 0);
}

ZDTM_TEST = {
	.doc = "a working directory that is gone is still where one is",
	.object = "task",
	.variants = VARIANTS({ "name_free", FREE }, { "nested", NESTED },
			     { "taken_by_dir", TAKEN_BY_DIR }, { "taken_by_file", TAKEN_BY_FILE }),
	.setup = setup,
	.check = check,
};
