// SPDX-License-Identifier: GPL-2.0-only
/*
 * A landlock domain, and another one within it: what a task has forbidden itself stays forbidden,
 * to it and to its children. Nothing tells an engine of a domain but its effects. With criu 4.2
 * everything is allowed again.
 */
#include <linux/landlock.h>
#include <sys/prctl.h>

#include "zdtm.h"

enum { READY, GO };

static pid_t child;

static void restrict_to(const char *dir, uint64_t handled)
{
	const struct landlock_ruleset_attr attr = { .handled_access_fs = handled };
	struct landlock_path_beneath_attr rule = { .allowed_access = handled };
	int set = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (set < 0)
		t_die("landlock_create_ruleset: %s", strerror(errno));
	rule.parent_fd = SYS(open(dir, O_PATH));
	SYS(syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &rule, 0));
	SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	SYS(syscall(SYS_landlock_restrict_self, set, 0));
	SYS(close(set));
	SYS(close(rule.parent_fd));
}

static void expect_restricted(long twice)
{
	EXPECT_ERRNO(mkdir("new", 0700), EACCES);
	EXPECT_ERRNO(open("file", O_WRONLY), EACCES);
	SYS(close(SYS(open("in/file", O_WRONLY))));
	SYS(close(SYS(open("file", O_RDONLY))));
	if (twice)
		EXPECT_ERRNO(mkdir("in/new", 0700), EACCES);
	else
		SYS(mkdir("in/new", 0700));
}

static void confined(long unused)
{
	restrict_to("in", LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE);
	if (variant->arg)
		restrict_to("in/below", LANDLOCK_ACCESS_FS_MAKE_DIR);
	t_wake(READY);
	t_wait(GO);
	t_join(t_fork(expect_restricted, variant->arg));
}

static void setup(void)
{
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 0)
		t_skip("landlock: %s", strerror(errno));
	SYS(mkdir("in", 0755));
	SYS(mkdir("in/below", 0755));
	SYS(close(SYS(open("file", O_CREAT | O_WRONLY, 0600))));
	SYS(close(SYS(open("in/file", O_CREAT | O_WRONLY, 0600))));
	child = t_fork(confined, 0);
	t_wait(READY);
}

static void check(void)
{
	SYS(close(SYS(open("file", O_WRONLY))));
	t_wake(GO);
	t_join(child);
}

ZDTM_TEST = {
	.doc = "what landlock forbids stays forbidden",
	.object = "landlock",
	.demand = KEEP_OR_REFUSE,
	.variants = VARIANTS({ "one", false }, { "nested", true }),
	.setup = setup,
	.check = check,
};
