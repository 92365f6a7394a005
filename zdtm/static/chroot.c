// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task whose root is a directory of its own: what it opens by absolute path lies in there, ".."
 * ends there - unless its working directory is still outside, which it then cannot name.
 */
#include <limits.h>

#include "zdtm.h"

enum { INSIDE, OUTSIDE }; /* variant->arg: its working directory */
enum { READY, GO };

static pid_t child;

static void expect_file(const char *path, const char *text)
{
	char *now = t_slurp(path);

	EXPECT_STR(now, text);
	free(now);
}

static void put_file(const char *path, const char *text)
{
	int fd = SYS(open(path, O_CREAT | O_WRONLY, 0600));

	t_write(fd, text, strlen(text));
	SYS(close(fd));
}

static void confined(long unused)
{
	char cwd[PATH_MAX] = "";
	int fd;

	if (variant->arg == INSIDE)
		SYS(chdir("root/below"));
	SYS(chroot(variant->arg == INSIDE ? ".." : "root"));
	fd = SYS(open("/file", O_RDONLY));
	t_wake(READY);
	t_wait(GO);
	expect_file("/file", "in root");
	EXPECT_ERRNO(access("/proc/self", F_OK), ENOENT);
	SYS(syscall(SYS_getcwd, cwd, sizeof(cwd)));
	if (variant->arg == INSIDE) {
		EXPECT_STR(cwd, "/below");
		expect_file("../../../file", "in root");
	} else {
		EXPECT_EQ(strncmp(cwd, "(unreachable)/", 14), 0);
		expect_file("file", "outside");
		expect_file("root/file", "in root");
	}
	t_read(fd, cwd, strlen("in root"));
}

static void setup(void)
{
	SYS(mkdir("root", 0755));
	SYS(mkdir("root/below", 0755));
	put_file("root/file", "in root");
	put_file("file", "outside");
	child = t_fork(confined, 0);
	t_wait(READY);
}

static void check(void)
{
	expect_file("file", "outside");
	SYS(access("/proc/self", F_OK));
	t_wake(GO);
	t_join(child);
}

ZDTM_TEST = {
	.doc = "a changed root stays, and the working directory in or outside of it",
	.object = "fs",
	.caps = CAP_BIT(CAP_SYS_CHROOT),
	.variants = VARIANTS({ "inside", INSIDE }, { "outside", OUTSIDE }),
	.setup = setup,
	.check = check,
};
