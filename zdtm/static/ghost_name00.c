// SPDX-License-Identifier: GPL-2.0-only
/*
 * What /proc says a file without a name was called, while something else is called that: "victim
 * (deleted)" stays the same. Programs compare that with what is there, to see whether to open anew.
 *
 * criu 4.2 loses it: "victim.cr_link (deleted)".
 */
#include "zdtm.h"

enum { BY_FILE, BY_DIR, BY_LINK, HAS_OTHER };

static struct {
	int fd;
	char *path;
} was;

static void setup(void)
{
	was.fd = SYS(open("victim", O_RDWR | O_CREAT, 0600));
	if (variant->arg == HAS_OTHER)
		SYS(link("victim", "other"));
	SYS(unlink("victim"));
	was.path = t_fd_path(was.fd);
	if (variant->arg == BY_DIR)
		SYS(mkdir("victim", 0700));
	else if (variant->arg == BY_LINK)
		SYS(symlink("nowhere", "victim"));
	else
		SYS(mknod("victim", S_IFREG | 0600, 0));
}

static void check(void)
{
	struct stat st;

	EXPECT(strstr(was.path, "/victim (deleted)"));
	EXPECT_STR(t_fd_path(was.fd), was.path);
	SYS(lstat("victim", &st));
	EXPECT_EQ(st.st_mode & S_IFMT, variant->arg == BY_DIR    ? S_IFDIR
				       : variant->arg == BY_LINK ? S_IFLNK
								 : S_IFREG);
	EXPECT_ERRNO(access("nowhere", F_OK), ENOENT);
}

ZDTM_TEST = {
	/* No file can get a name that is taken without taking it away from the other for a moment. */
	.demand = REPORT,
	.doc = "a file that lost its name to another is still known by it",
	.object = "regfile",
	.engine = LIST("--link-remap"),
	.variants = VARIANTS({ "taken_by_file", BY_FILE }, { "taken_by_dir", BY_DIR },
			     { "taken_by_link", BY_LINK }, { "has_other", HAS_OTHER }),
	.setup = setup,
	.check = check,
};
