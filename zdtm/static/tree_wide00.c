// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many children of one task, every third of them a zombie: the kernel keeps them in the order in
 * which they came, and waiting for any of them takes the first that has ended. criu 4.2 brings them
 * back in the opposite order.
 */
#include "zdtm.h"

#define CHILDREN 150

enum { READY, GO };

static struct {
	pid_t pid[CHILDREN];
	char *list;
} was;

static bool is_zombie(int i)
{
	return i % 3 == 1;
}

static void child(long i)
{
	if (is_zombie(i))
		_exit(i % 100);
	t_wake(READY);
	t_wait(GO);
}

static char *children(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	return t_slurp(path);
}

static void setup(void)
{
	for (int i = 0; i < CHILDREN; i++)
		was.pid[i] = t_fork(child, i);
	for (int i = 0; i < CHILDREN; i++)
		if (is_zombie(i))
			t_wait_state(was.pid[i], 'Z');
		else
			t_wait(READY);
	was.list = children();
}

static void check(void)
{
	char *now = children();
	int status;

	EXPECT_STR(now, was.list);
	for (int i = 0; i < CHILDREN; i++) {
		if (!is_zombie(i))
			continue;
		EXPECT_EQ(SYS(waitpid(-1, &status, WNOHANG)), was.pid[i]);
		EXPECT_EQ(WEXITSTATUS(status), i % 100);
	}
	EXPECT_EQ(SYS(waitpid(-1, &status, WNOHANG)), 0);
	for (int i = 0; i < CHILDREN; i++)
		if (!is_zombie(i))
			t_wake(GO);
	for (int i = 0; i < CHILDREN; i++)
		if (!is_zombie(i))
			t_join(was.pid[i]);
}

ZDTM_TEST = {
	.doc = "many children, dead and alive, stay in their order",
	.object = "task",
	.setup = setup,
	.check = check,
};
