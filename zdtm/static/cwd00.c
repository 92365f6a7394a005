// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a task is: in a directory below the one it began in, which it holds open, with a child that
 * is somewhere else.
 */
#include "zdtm.h"

static struct {
	int before;
	pid_t child;
} was;

static bool is_at(const char *end)
{
	char here[1000] = "";
	size_t n;

	SYS_PTR(getcwd(here, sizeof(here)));
	n = strlen(here);
	return n > strlen(end) && strcmp(here + n - strlen(end), end) == 0;
}

static void child(long unused)
{
	SYS(chdir("deeper"));
	t_wake(1);
	t_wait(0);
	EXPECT(is_at("/one/two/deeper"));
	SYS(access("../mark", F_OK));
}

static void setup(void)
{
	was.before = SYS(open(".", O_RDONLY | O_DIRECTORY));
	SYS(mkdir("one", 0700));
	SYS(mkdir("one/two", 0700));
	SYS(mkdir("one/two/deeper", 0700));
	SYS(chdir("one/two"));
	SYS(close(SYS(open("mark", O_CREAT | O_WRONLY, 0600))));
	was.child = t_fork(child, 0);
	t_wait(1);
}

static void check(void)
{
	EXPECT(is_at("/one/two"));
	SYS(access("mark", F_OK));
	SYS(faccessat(was.before, "one/two/mark", F_OK, 0));
	t_wake(0);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "each task is in its directory",
	.object = "task",
	.setup = setup,
	.check = check,
};
