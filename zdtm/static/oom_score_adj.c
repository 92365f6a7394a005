// SPDX-License-Identifier: GPL-2.0-only
/* How willingly the kernel would kill a process: two processes, two values, both inherited. */
#include "zdtm.h"

#define FILE_NAME "/proc/self/oom_score_adj"

enum { READY, GO };

static pid_t child;

static void set_score(const char *text)
{
	int fd = SYS(open(FILE_NAME, O_WRONLY));

	t_write(fd, text, strlen(text));
	SYS(close(fd));
}

static void expect_score(long score)
{
	char *now = t_slurp(FILE_NAME);

	EXPECT_EQ(atoi(now), score);
	free(now);
}

static void with_1000(long unused)
{
	set_score("1000");
	t_wake(READY);
	t_wait(GO);
	expect_score(1000);
	t_join(t_fork(expect_score, 1000));
}

static void setup(void)
{
	set_score("400");
	child = t_fork(with_1000, 0);
	t_wait(READY);
}

static void check(void)
{
	expect_score(400);
	t_join(t_fork(expect_score, 400));
	t_wake(GO);
	t_join(child);
}

ZDTM_TEST = {
	.doc = "oom_score_adj is each process's own, and inherited",
	.object = "task",
	.setup = setup,
	.check = check,
};
