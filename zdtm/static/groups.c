// SPDX-License-Identifier: GPL-2.0-only
/*
 * Supplementary groups, none, some, or more than anybody expects, of a child that has nothing but
 * them to open files by. The parent has others.
 */
#include <grp.h>

#include "zdtm.h"

#define FIRST 3000 /* and every third from there */
#define MOST  2000

enum { READY, GO };

static struct {
	pid_t child;
	gid_t list[MOST];
	int n;
} was;

static const gid_t of_main[] = { 7, 70, 700 };

static void expect_groups(const gid_t *list, int n)
{
	static gid_t now[MOST + 1];

	if (EXPECT_EQ(SYS(getgroups(MOST + 1, now)), n))
		EXPECT_MEM(now, list, n * sizeof(*list));
}

static void member(long unused)
{
	SYS(setgroups(was.n, was.list));
	SYS(setresgid(1000, 1000, 1000));
	SYS(setresuid(1000, 1000, 1000));
	t_wake(READY);
	t_wait(GO);
	expect_groups(was.list, was.n);
	EXPECT_ERRNO(open("of_main", O_RDONLY), EACCES);
	if (was.n)
		SYS(open("of_last", O_RDONLY));
	else
		EXPECT_ERRNO(open("of_last", O_RDONLY), EACCES);
}

static void make_file(const char *name, gid_t group)
{
	int fd = SYS(open(name, O_CREAT | O_WRONLY, 0));

	SYS(fchown(fd, 0, group));
	SYS(fchmod(fd, 0040));
	SYS(close(fd));
}

static void setup(void)
{
	for (was.n = 0; was.n < variant->arg; was.n++)
		was.list[was.n] = FIRST + 3 * was.n;
	SYS(setgroups(3, of_main));
	make_file("of_main", of_main[1]);
	make_file("of_last", FIRST + 3 * (was.n - 1));
	was.child = t_fork(member, 0);
	t_wait(READY);
}

static void check(void)
{
	expect_groups(of_main, 3);
	t_wake(GO);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "supplementary groups stay, in number and in effect",
	.object = "creds",
	.caps = CAP_BIT(CAP_SETGID) | CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_CHOWN),
	.variants = VARIANTS({ "none", 0 }, { "some", 5 }, { "many", MOST }),
	.setup = setup,
	.check = check,
};
