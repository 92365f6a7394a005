// SPDX-License-Identifier: GPL-2.0-only
/* A landlock ruleset that nobody has enforced yet: it is enforced afterwards, or the dump is refused. */
#include <linux/landlock.h>
#include <sys/prctl.h>

#include "zdtm.h"

static int set;

static void setup(void)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_DIR,
	};
	struct landlock_path_beneath_attr rule = { .allowed_access = LANDLOCK_ACCESS_FS_MAKE_DIR };

	SYS(mkdir("in", 0700));
	set = SYS(syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0));
	rule.parent_fd = SYS(open("in", O_PATH));
	SYS(syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &rule, 0));
	SYS(close(rule.parent_fd));
}

static void check(void)
{
	SYS(mkdir("before", 0700));
	SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	SYS(syscall(SYS_landlock_restrict_self, set, 0));
	EXPECT_ERRNO(mkdir("after", 0700), EACCES);
	SYS(mkdir("in/after", 0700));
}

ZDTM_TEST = {
	.doc = "a landlock ruleset can still be enforced, or the dump is refused",
	.object = "landlock",
	.demand = KEEP_OR_REFUSE,
	.needs = LIST("landlock.version"),
	.setup = setup,
	.check = check,
};
