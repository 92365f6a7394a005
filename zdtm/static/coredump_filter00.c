// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which mappings would go into a core dump: a setting of the mm, inherited by fork, and by
 * everybody after that on their own. criu 4.2 puts it back to the default.
 */
#include "zdtm.h"

#define FILE_NAME "/proc/self/coredump_filter"
#define ALL       "0000007f\n"
#define FEW       "00000001\n"

enum { READY, GO };

static pid_t child;

static void expect_filter(const char *text)
{
	char *now = t_slurp(FILE_NAME);

	EXPECT_STR(now, text);
	free(now);
}

static void set_filter(const char *text)
{
	int fd = SYS(open(FILE_NAME, O_WRONLY));

	t_write(fd, text, strlen(text));
	SYS(close(fd));
}

static void with_few(long unused)
{
	set_filter("0x1");
	t_wake(READY);
	t_wait(GO);
	expect_filter(FEW);
}

static void heir(long unused)
{
	expect_filter(ALL);
}

static void setup(void)
{
	set_filter("0x7f");
	child = t_fork(with_few, 0);
	t_wait(READY);
}

static void check(void)
{
	expect_filter(ALL);
	t_join(t_fork(heir, 0));
	t_wake(GO);
	t_join(child);
}

ZDTM_TEST = {
	.doc = "each process keeps its core dump filter",
	.object = "mm",
	.setup = setup,
	.check = check,
};
