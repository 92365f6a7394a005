// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directories that were renamed, and moved elsewhere with the one above them, after they had become
 * somebody's working directory or were opened. All are known by their new names, and something else
 * has the old one.
 */
#include "zdtm.h"

static struct {
	int dir, file;
	char *dir_path, *file_path, *cwd;
} was;

static void setup(void)
{
	SYS(mkdir("old", 0700));
	SYS(mkdir("old/sub", 0700));
	SYS(mkdir("place", 0700));
	was.dir = SYS(open("old", O_RDONLY | O_DIRECTORY));
	was.file = SYS(open("old/sub/file", O_RDWR | O_CREAT, 0600));
	SYS(chdir("old/sub"));
	SYS(rename("../../old", "../../new"));
	SYS(rename("../../new", "../../place/newer"));
	SYS(mkdir("../../../old", 0700));
	SYS(mkdir("../../../old/sub", 0700));
	was.dir_path = t_fd_path(was.dir);
	was.file_path = t_fd_path(was.file);
	was.cwd = t_link("/proc/self/cwd");
}

static void check(void)
{
	EXPECT(strstr(was.cwd, "/place/newer/sub"));
	EXPECT_STR(t_link("/proc/self/cwd"), was.cwd);
	EXPECT_STR(t_fd_path(was.dir), was.dir_path);
	EXPECT_STR(t_fd_path(was.file), was.file_path);
	SYS(access("file", F_OK));
	SYS(faccessat(was.dir, "sub/file", F_OK, 0));
	EXPECT_ERRNO(access("../../../old/sub/file", F_OK), ENOENT);
}

ZDTM_TEST = {
	.doc = "directories renamed while in use are known by their new names",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
