// SPDX-License-Identifier: GPL-2.0-only
/*
 * A symbolic link itself, held by O_PATH and O_NOFOLLOW, in its place or removed by now. It is not
 * followed, not even by the engine: what it points to exists.
 */
#include "zdtm.h"

enum { IN_PLACE, REMOVED };

static struct {
	int fd;
	char *path;
} was;

static void setup(void)
{
	SYS(close(SYS(open("target", O_WRONLY | O_CREAT, 0600))));
	SYS(symlink("target", "link"));
	SYS(fchownat(AT_FDCWD, "link", 1234, 5678, AT_SYMLINK_NOFOLLOW));
	was.fd = SYS(open("link", O_PATH | O_NOFOLLOW));
	if (variant->arg == REMOVED)
		SYS(unlink("link"));
	was.path = t_fd_path(was.fd);
}

static void check(void)
{
	char target[16] = "";
	struct stat st;

	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_mode & S_IFMT, S_IFLNK);
	EXPECT_EQ(st.st_uid, 1234);
	EXPECT_EQ(st.st_gid, 5678);
	EXPECT_EQ(st.st_nlink, variant->arg != REMOVED);
	SYS(readlinkat(was.fd, "", target, sizeof(target) - 1));
	EXPECT_STR(target, "target");
	EXPECT_STR(t_fd_path(was.fd), was.path);
	EXPECT_EQ(access("link", F_OK), variant->arg == REMOVED ? -1 : 0);
}

ZDTM_TEST = {
	.doc = "a symbolic link held open is the link, in its place or removed",
	.object = "regfile",
	.caps = CAP_BIT(CAP_CHOWN), /* fchownat() */
	.variants = VARIANTS({ "in_place", IN_PLACE },
			     { "removed", REMOVED, .known_as = "static/symlink01" }),
	.setup = setup,
	.check = check,
};
