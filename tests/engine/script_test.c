// SPDX-License-Identifier: GPL-2.0-only
/* --action-script: when it runs, what it is told, and what becomes of the tree when it fails. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/lib.h"

/* Each writes a line, and its second argument is the action it fails at. */
static const char telling[] = "echo $CRTOOLS_SCRIPT_ACTION ${CRTOOLS_INIT_PID:-nobody} "
			      "$CRTOOLS_IMAGE_DIR >>told; [ $CRTOOLS_SCRIPT_ACTION != $1 ]\n";

static const char *script(const char *fails_at)
{
	static char option[128];

	unlink("told");
	snprintf(option, sizeof(option), "--action-script 'sh ./script %s'", fails_at);
	return option;
}

static void begin(void)
{
	arena();
	empty("img");
	write_file("script", telling, sizeof(telling) - 1);
}

/* Each action, with the root of the tree where there is one. */
static void expect_told(pid_t pid, const char *const *actions)
{
	char root[16], *cwd = get_current_dir_name(), *want, *told;
	size_t size, len;
	FILE *f = open_memstream(&want, &len);

	snprintf(root, sizeof(root), "%d", pid);
	ATF_REQUIRE(f && cwd);
	for (; *actions; actions++)
		fprintf(f, "%s %s %s/img\n", *actions,
			strcmp(*actions, "pre-restore") == 0 ? "nobody" : root, cwd);
	ATF_REQUIRE_EQ(fclose(f), 0);
	told = read_file("told", &size);
	ATF_CHECK_MSG(size == len && memcmp(told, want, size) == 0, "told %.*s, not %s", (int)size,
		      told, want);
}

static void expect_gone(const struct target *t)
{
	ATF_CHECK_EQ(waitpid(t->pid, NULL, WNOHANG), t->pid);
	expect_nobody();
}

#define EXPECT_TOLD(pid, ...) expect_told(pid, (const char *const[]){ __VA_ARGS__, NULL })

ROOT_TC(steps, "each step tells its name, the directory of the images and the root of the tree")
{
	struct target t;
	struct ran r;

	begin();
	t = target("one");
	r = refcr("dump -t %d -D img %s", t.pid, script("never"));
	expect_fine(&r);
	EXPECT_TOLD(t.pid, "pre-dump", "post-dump");
	expect_gone(&t);
	r = refcr("restore -d -D img %s", script("never"));
	expect_fine(&r);
	EXPECT_TOLD(t.pid, "pre-restore", "post-restore", "pre-resume", "post-resume");
	expect_well(&t);
	target_end(&t);
}

ROOT_TC(stands_still, "the images are there after a dump, and nothing has run on yet")
{
	static const char copying[] =
		"[ $CRTOOLS_SCRIPT_ACTION = pre-dump ] && exit\n"
		"grep -q 'State:.*[tT] ' /proc/$CRTOOLS_INIT_PID/status && cp -r img copy\n";
	struct target t;
	struct ran r;

	begin();
	write_file("script", copying, sizeof(copying) - 1);
	t = target("many");
	r = refcr("dump -t %d -D img %s", t.pid, script(""));
	expect_fine(&r);
	expect_gone(&t);
	r = refcr("restore -d -D copy");
	expect_fine(&r);
	expect_well(&t);
	target_end(&t);
}

ROOT_TC(dump_fails, "a script that fails fails the dump, and the tree runs on")
{
	struct target t;
	struct ran r;

	begin();
	t = target("many");
	r = refcr("dump -t %d -D img %s", t.pid, script("pre-dump"));
	expect_failed(&r, "pre-dump: sh ./script pre-dump said 1");
	EXPECT_TOLD(t.pid, "pre-dump");
	expect_empty("img");
	expect_well(&t);
	r = refcr("dump -t %d -D img %s", t.pid, script("post-dump"));
	expect_failed(&r, "post-dump: sh ./script post-dump said 1");
	EXPECT_TOLD(t.pid, "pre-dump", "post-dump");
	expect_well(&t);
	r = refcr("dump -t %d -D img --action-script 'kill -9 $$' %s", t.pid, script("never"));
	expect_failed(&r, "was ended by signal 9");
	ATF_CHECK(!exists("told"));
	expect_well(&t);
	target_end(&t);
}

ROOT_TC(restore_fails, "a script that fails fails the restore, as long as nothing runs on")
{
	struct target t;
	struct ran r;

	begin();
	t = target("many");
	r = refcr("dump -t %d -D img", t.pid);
	expect_fine(&r);
	expect_gone(&t);
	r = refcr("restore -d -D img %s", script("pre-restore"));
	expect_failed(&r, "pre-restore: sh ./script pre-restore said 1");
	EXPECT_TOLD(t.pid, "pre-restore");
	expect_nobody();
	r = refcr("restore -d -D img %s", script("post-restore"));
	expect_failed(&r, "post-restore: sh ./script post-restore said 1");
	EXPECT_TOLD(t.pid, "pre-restore", "post-restore");
	expect_nobody();
	for (int i = 0; i < 2; i++) {
		r = refcr("restore -d -D img %s", script(i ? "post-resume" : "pre-resume"));
		ATF_CHECK_EQ(r.status, 0);
		ATF_CHECK_MSG(strstr(r.err, "the tree runs on all the same"), "%s", r.err);
		EXPECT_TOLD(t.pid, "pre-restore", "post-restore", "pre-resume", "post-resume");
		expect_well(&t);
		if (i == 0)
			target_kill(&t);
	}
	target_end(&t);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, steps);
	ATF_TP_ADD_TC(tp, stands_still);
	ATF_TP_ADD_TC(tp, dump_fails);
	ATF_TP_ADD_TC(tp, restore_fails);
	return atf_no_error();
}
