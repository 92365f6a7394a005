// SPDX-License-Identifier: GPL-2.0-only
/* The uid that audit records name: set for one process, not yet for another. */
#include "zdtm.h"

#define FILE_NAME "/proc/self/loginuid"
#define UNSET     4294967295
#define SET       4321

enum { READY, GO };

static pid_t child;

static void expect_loginuid(long uid)
{
	char *now = t_slurp(FILE_NAME);

	EXPECT_EQ(strtoul(now, NULL, 10), uid);
	free(now);
}

static void set_loginuid(const char *text)
{
	int fd = SYS(open(FILE_NAME, O_WRONLY));

	t_write(fd, text, strlen(text));
	SYS(close(fd));
}

static void unset(long unused)
{
	set_loginuid("4294967295");
	t_wake(READY);
	t_wait(GO);
	expect_loginuid(UNSET);
}

static void setup(void)
{
	if (access(FILE_NAME, F_OK))
		t_skip("%s: %s", FILE_NAME, strerror(errno));
	child = t_fork(unset, 0);
	t_wait(READY);
	set_loginuid("4321");
}

static void check(void)
{
	expect_loginuid(SET);
	t_join(t_fork(expect_loginuid, SET));
	t_wake(GO);
	t_join(child);
}

ZDTM_TEST = {
	.doc = "the login uid stays set, or unset",
	.object = "task",
	.caps = CAP_BIT(CAP_AUDIT_CONTROL), /* to set it again where it has been */
	.setup = setup,
	.check = check,
};
