// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file of /proc about a task that is dead and reaped, or the directory of its own. Neither can be
 * opened any more; who has it open is told so when he reads.
 */
#include "zdtm.h"

enum { OF_FILE, OF_DIR };

static struct {
	int fd;
	pid_t pid;
} was;

static void child(long unused)
{
	t_wait(0);
}

static void setup(void)
{
	char path[64];

	was.pid = t_fork(child, 0);
	snprintf(path, sizeof(path), "/proc/%d%s", was.pid, variant->arg == OF_FILE ? "/stat" : "");
	was.fd = SYS(open(path, O_RDONLY));
	t_wake(0);
	t_join(was.pid);
}

static void check(void)
{
	char some[100];
	struct stat st;

	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_mode & S_IFMT, variant->arg == OF_FILE ? S_IFREG : S_IFDIR);
	if (variant->arg == OF_FILE)
		EXPECT_ERRNO(read(was.fd, some, sizeof(some)), ESRCH);
	else
		EXPECT_ERRNO(openat(was.fd, "stat", O_RDONLY), ESRCH);
	EXPECT_ERRNO(kill(was.pid, 0), ESRCH);
}

ZDTM_TEST = {
	.doc = "open files of /proc of a task that is gone say that it is gone",
	.object = "regfile",
	.variants = VARIANTS({ "file", OF_FILE }, { "dir", OF_DIR }),
	.setup = setup,
	.check = check,
};
