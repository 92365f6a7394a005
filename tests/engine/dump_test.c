// SPDX-License-Identifier: GPL-2.0-only
/* What a dump does to its target, and to a directory, when it works. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/lib.h"

static void expect_killed(struct target *t)
{
	int status;

	ATF_REQUIRE_EQ(waitpid(t->pid, &status, WNOHANG), t->pid);
	ATF_CHECK_MSG(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %#x", status);
	expect_nobody();
}

static void restore_well(struct target *t, const char *dir)
{
	struct ran r = refcr("restore -d -D %s", dir);

	expect_fine(&r);
	expect_well(t);
}

ROOT_TC(kills, "a tree that was dumped is gone, and a restore brings it back as it was")
{
	struct target t;
	struct ran r;

	arena();
	t = target("many");
	mkdir("img", 0700);
	r = refcr("dump -t %d -D img", t.pid);
	expect_fine(&r);
	expect_killed(&t);
	restore_well(&t, "img");
	target_end(&t);
	expect_nobody();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, kills);
	return atf_no_error();
}
