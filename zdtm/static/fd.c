// SPDX-License-Identifier: GPL-2.0-only
/* A child without a single descriptor gets none from whoever brings it back. */
#include <dirent.h>

#include "zdtm.h"

enum { READY, GO };

static pid_t child;

static void has_none(long unused)
{
	SYS(close_range(0, ~0U, 0));
	t_wake(READY);
	t_wait(GO);
}

static int count(pid_t pid)
{
	char path[64];
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = SYS_PTR(opendir(path));
	for (struct dirent *d; (d = readdir(dir));)
		n += d->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void setup(void)
{
	child = t_fork(has_none, 0);
	t_wait(READY);
}

static void check(void)
{
	EXPECT_EQ(count(child), 0);
	/* stdin, the log twice, and the directory itself. */
	EXPECT_EQ(count(getpid()), 4);
	t_wake(GO);
	t_join(child);
}

ZDTM_TEST = {
	.doc = "no descriptors come out of nowhere",
	.object = "task",
	.setup = setup,
	.check = check,
};
