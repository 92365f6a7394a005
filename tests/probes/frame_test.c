// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frame of the feature probes, seen through `specimen`: each word comes out as the verdict it
 * stands for, and nothing is left behind whichever way a probe ends.
 */
#include <atf-c.h>
#include <errno.h>
#include <json-c/json.h>
#include <libgen.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct said {
	int status; /* exit status of the program */
	char out[65536];
};

/* Runs specimen with these arguments, in the directory we are in. */
static const struct said *run(const char *fmt, ...)
{
	static struct said said;
	char self[512], command[2048];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	va_list ap;
	size_t used;
	FILE *f;

	ATF_REQUIRE(n > 0);
	self[n] = '\0';
	used = snprintf(command, sizeof(command), "%s/specimen ", dirname(self));
	va_start(ap, fmt);
	vsnprintf(command + used, sizeof(command) - used, fmt, ap);
	va_end(ap);

	f = popen(command, "r");
	ATF_REQUIRE(f != NULL);
	said.out[fread(said.out, 1, sizeof(said.out) - 1, f)] = '\0';
	said.status = WEXITSTATUS(pclose(f));
	return &said;
}

/* Asks one case and gives its line. */
static struct json_object *answer_of(const char *as, const char *probe)
{
	const struct said *said = run("%s %s --ask %s", *as ? "--as" : "", as, probe);
	struct json_object *json = json_tokener_parse(said->out);

	ATF_REQUIRE_EQ_MSG(said->status, 0, "exit status %d", said->status);
	ATF_REQUIRE_MSG(json != NULL, "not JSON: %s", said->out);
	return json;
}

static const char *text(struct json_object *json, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(json, key, &value) && value ? json_object_get_string(value)
								     : NULL;
}

static void expect(const char *probe, const char *verdict, const char *reason)
{
	struct json_object *json = answer_of("", probe);
	char name[128];

	snprintf(name, sizeof(name), "specimen.%s", probe);
	ATF_CHECK_STREQ(text(json, "name"), name);
	ATF_CHECK_MSG(strcmp(text(json, "verdict"), verdict) == 0, "%s: %s, not %s", probe,
		      json_object_get_string(json), verdict);
	if (!reason)
		ATF_CHECK_MSG(text(json, "reason") == NULL, "%s: %s", probe, text(json, "reason"));
	else
		ATF_CHECK_MSG(text(json, "reason") && strstr(text(json, "reason"), reason),
			      "%s: '%s' lacks '%s'", probe, text(json, "reason"), reason);
	json_object_put(json);
}

ATF_TC(verdicts);
ATF_TC_HEAD(verdicts, tc)
{
	atf_tc_set_md_var(tc, "descr", "each word gives its verdict and says why");
}
ATF_TC_BODY(verdicts, tc)
{
	expect("conforms", "conforms", NULL);
	expect("absent", "absent", "not in 5");
	expect("absent_syscall", "absent", "no such system call: syscall(100000)");
	expect("absent_errno", "absent", "no way to close nothing (EBADF)");
	expect("absent_privilege", "absent", "privilege: CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE");
	expect("deviates_eq", "deviates", "two + 1 == -4: 3 (0x3) and -4 (0xfff");
	expect("deviates_true", "deviates", "1 + 1 == 3");
	expect("deviates_str", "deviates", "\"this\" is 'this', not 'that'");
	expect("deviates_mem", "deviates", "\"aa\" differs from \"ab\"");
	expect("deviates_granted", "deviates", "getppid() gives ");
	expect("deviates_granted", "deviates", "should fail with EPERM or ESRCH");
	expect("deviates_errno", "deviates", "close(-1) fails with EBADF, should with EINVAL");
	expect("deviates_offered", "deviates", "close(-1) fails with EBADF");
	expect("deviates_pointer", "deviates", "fails with ENOMEM");
	expect("deviates_in_child", "deviates", "said by a grandchild");
	expect("first_word_counts", "deviates", "first");
	expect("broken", "broken", "close(-1): EBADF");
	expect("broken_kept", "broken", "p: EINVAL");
	expect("broken_value", "broken", "-ENOTEMPTY: ENOTEMPTY");
	expect("absent_kept", "absent",
	       geteuid() ? "privilege: " : "no way to close nothing (EBADF)");
	expect("broken_helper", "broken", "wait status 0x300");
	expect("crash", "broken", "Segmentation fault");
	expect("silent", "broken", "without a word");
	expect("news", "new", "a first thing; a second thing");
	expect("news_and_deviates", "deviates", "wrong");
	expect("readers", "conforms", NULL);
	expect("passes_fd", "conforms", NULL);
	expect("machine", "absent", "machine: no such part");
	expect("policy", "absent", "policy: somebody has said so");
}

ATF_TC(gaps);
ATF_TC_HEAD(gaps, tc)
{
	atf_tc_set_md_var(tc, "descr", "a gap has tried, and is new when something answers");
}
ATF_TC_BODY(gaps, tc)
{
	expect("gap", "gap", "no interface; tried: a first way; close(-1) (EBADF); a text");
	expect("gap_untried", "broken", "tried nothing");
	expect("gap_closed_by_call", "new", "close(0) gives 0");
	expect("gap_closed_by_text", "new", "a text tells: 'two', and without it ''");
	expect("gap_between_tasks", "gap", "/proc/PID/status, limits, ");
	expect("gap_closed_between_tasks", "new", "tells: 'Umask:\t0001', and without it 'Umask:");
	expect("gap_between_files", "gap", "tried: fdinfo");
	expect("gap_without_object", "absent", "no file (EBADF)");
}

ATF_TC(deadline);
ATF_TC_HEAD(deadline, tc)
{
	atf_tc_set_md_var(tc, "descr", "a probe that hangs is ended at its deadline");
}
ATF_TC_BODY(deadline, tc)
{
	time_t start = time(NULL);

	expect("hang", "broken", "no answer within 1 s");
	ATF_CHECK(time(NULL) - start <= 3);
}

ATF_TC(detail);
ATF_TC_HEAD(detail, tc)
{
	atf_tc_set_md_var(tc, "descr", "notes go with the answer");
}
ATF_TC_BODY(detail, tc)
{
	ATF_CHECK_STREQ(text(answer_of("", "note"), "detail"), "one\ntwo");
	ATF_CHECK(text(answer_of("", "conforms"), "detail") == NULL);
}

ATF_TC(declare);
ATF_TC_HEAD(declare, tc)
{
	atf_tc_set_md_var(tc, "descr", "--declare lists every case in the order of the source");
}
ATF_TC_BODY(declare, tc)
{
	struct json_object *all = json_tokener_parse(run("--declare")->out), *one;

	ATF_REQUIRE(all != NULL);
	one = json_object_array_get_idx(all, 0);
	ATF_CHECK_STREQ(text(one, "name"), "specimen.conforms");
	ATF_CHECK_STREQ(text(one, "what"), "falls off the end");
	ATF_CHECK_STREQ(text(one, "since"), "1.0");
	ATF_CHECK_STREQ(text(one, "commit"), "0123456789ab");
	ATF_CHECK_STREQ(text(one, "kconfig"), "CONFIG_NONE");
	ATF_CHECK_STREQ(text(one, "source"), "nowhere");
	ATF_CHECK_STREQ(text(one, "guards"), "one two");
	ATF_CHECK(json_object_object_get_ex(one, "capability", NULL));
	ATF_CHECK(text(one, "capability") == NULL);
	ATF_CHECK_STREQ(text(one, "gap"), "false");
	one = json_object_array_get_idx(all, 1);
	ATF_CHECK_STREQ(text(one, "name"), "specimen.absent");
}

ATF_TC(selection);
ATF_TC_HEAD(selection, tc)
{
	atf_tc_set_md_var(tc, "descr", "cases can be picked; misuse is 2 and asks nothing");
}
ATF_TC_BODY(selection, tc)
{
	const struct said *said = run("--ask note specimen.conforms");
	const char *line = strchr(said->out, '\n');

	ATF_CHECK_EQ(said->status, 0);
	ATF_REQUIRE(line != NULL);
	ATF_CHECK(strstr(said->out, "specimen.note") < line);
	ATF_CHECK(strstr(said->out, "specimen.conforms") > line);

	ATF_CHECK_EQ(run("--ask conforms nonsense 2>/dev/null")->status, 2);
	ATF_CHECK_STREQ(run("--ask conforms nonsense 2>/dev/null")->out, "");
	ATF_CHECK_EQ(run("--as god --ask 2>/dev/null")->status, 2);
	ATF_CHECK_EQ(run("--declare --ask 2>/dev/null")->status, 2);
	ATF_CHECK_EQ(run("--frobnicate 2>/dev/null")->status, 2);
}

/* Until a task is gone; stragglers are reaped before the answer is printed. */
static bool gone(const char *detail)
{
	int pid = detail ? atoi(strstr(detail, "pid ") + 4) : 0;

	return pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
}

ATF_TC(leaves_no_task);
ATF_TC_HEAD(leaves_no_task, tc)
{
	atf_tc_set_md_var(tc, "descr", "what a probe started does not outlive it");
}
ATF_TC_BODY(leaves_no_task, tc)
{
	const char *const kinds[] = { "straggler", "straggler_stopped", "straggler_clone_parent" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct json_object *json = answer_of("", kinds[i]);

		ATF_CHECK_STREQ(text(json, "verdict"), "conforms");
		ATF_CHECK_MSG(gone(text(json, "detail")), "%s: %s is still there", kinds[i],
			      text(json, "detail"));
	}
}

ATF_TC(leaves_no_namespace);
ATF_TC_HEAD(leaves_no_namespace, tc)
{
	atf_tc_set_md_var(tc, "descr", "a pid namespace does not outlive its probe");
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(leaves_no_namespace, tc)
{
	const char *us[] = { "root", "userns-root" };

	for (int i = 0; i < 2; i++)
		ATF_CHECK_STREQ(text(answer_of(us[i], "straggler_pidns"), "verdict"), "conforms");
	/* The asker saw each task of it die: a zombie or a runaway would have been its child. */
	ATF_CHECK_STREQ(text(answer_of("nobody", "straggler_pidns"), "reason"),
			"privilege: CAP_SYS_ADMIN");
}

ATF_TC(leaves_no_file);
ATF_TC_HEAD(leaves_no_file, tc)
{
	atf_tc_set_md_var(tc, "descr", "a work directory goes with its probe");
}
ATF_TC_BODY(leaves_no_file, tc)
{
	struct json_object *json = answer_of("", "workdir");
	const char *dir = text(json, "detail");

	ATF_CHECK_STREQ(text(json, "verdict"), "conforms");
	ATF_REQUIRE(dir != NULL && strncmp(dir, "dir /", 5) == 0);
	ATF_CHECK(access(dir + 4, F_OK) < 0 && errno == ENOENT);
}

ATF_TC(clean_slate);
ATF_TC_HEAD(clean_slate, tc)
{
	atf_tc_set_md_var(tc, "descr", "a probe starts the same whoever calls");
}
ATF_TC_BODY(clean_slate, tc)
{
	const char *out = run("--ask slate 5</dev/null 9</dev/null")->out;

	ATF_CHECK_MSG(strstr(out, "fds 3 umask 022 leader 1"), "%s", out);
}

ATF_TC(privileges);
ATF_TC_HEAD(privileges, tc)
{
	atf_tc_set_md_var(tc, "descr", "--as asks as that user");
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(privileges, tc)
{
	const char *root = text(answer_of("root", "who"), "detail");

	ATF_CHECK(strstr(root, "uid 0 dumpable 1 admin 1"));
	ATF_CHECK_STREQ(text(answer_of("cap_checkpoint_restore", "who"), "detail"),
			"uid 65534 dumpable 1 admin 0 restore 1 chown 0 init 1");
	ATF_CHECK_STREQ(text(answer_of("userns-root", "who"), "detail"),
			"uid 0 dumpable 1 admin 1 restore 1 chown 1 init 0");
	ATF_CHECK_STREQ(text(answer_of("nobody", "who"), "detail"),
			"uid 65534 dumpable 1 admin 0 restore 0 chown 0 init 1");
	ATF_CHECK_STREQ(text(answer_of("userns-root", "privilege_elsewhere"), "reason"),
			"privilege: CAP_SYS_ADMIN in the initial user namespace");
	ATF_CHECK_STREQ(text(answer_of("root", "privilege_elsewhere"), "verdict"), "conforms");
}

ATF_TC(atf_face);
ATF_TC_HEAD(atf_face, tc)
{
	atf_tc_set_md_var(tc, "descr", "as an ATF program it lists and runs the same cases");
}
ATF_TC_BODY(atf_face, tc)
{
	const struct said *said = run("-l");

	ATF_CHECK_EQ(said->status, 0);
	ATF_CHECK(strstr(said->out, "ident: conforms\ndescr: falls off the end\n"));
	ATF_CHECK(strstr(said->out, "X-since: 1.0\n"));
	ATF_CHECK(strstr(said->out, "X-commit: 0123456789ab\n"));
	ATF_CHECK(strstr(said->out, "X-kconfig: CONFIG_NONE\n"));
	ATF_CHECK(strstr(said->out, "X-guards: one two\n"));
	ATF_CHECK(strstr(said->out, "ident: gap\n"));
	ATF_CHECK(strstr(said->out, "X-gap: yes\n"));
	ATF_CHECK(strstr(said->out, "X-until: 9.9\n"));
	ATF_CHECK(strstr(said->out, "require.user: root\n"));

	ATF_CHECK_STREQ(run("conforms 2>/dev/null")->out, "passed\n");
	ATF_CHECK_STREQ(run("absent 2>/dev/null")->out, "skipped: not in 5\n");
	ATF_CHECK_STREQ(run("news 2>/dev/null")->out, "passed\n");
	ATF_CHECK(strstr(run("news 2>&1")->out, "new: a first thing; a second thing\n"));
	ATF_CHECK(strstr(run("deviates_str 2>/dev/null")->out, "failed: specimen.c:"));
	ATF_CHECK_STREQ(run("machine 2>/dev/null")->out, "skipped: machine: no such part\n");
	ATF_CHECK(strstr(run("gap 2>/dev/null")->out, "expected_failure: no interface; tried: "));
	ATF_CHECK_STREQ(run("gap_closed_by_call 2>/dev/null")->out, "passed\n");
	ATF_CHECK_STREQ(run("silent 2>/dev/null")->out,
			"failed: broken: the probe ended without a word\n");
	if (geteuid() == 0)
		ATF_CHECK(strstr(run("-v as=nobody who 2>&1")->out, "uid 65534"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, verdicts);
	ATF_TP_ADD_TC(tp, gaps);
	ATF_TP_ADD_TC(tp, deadline);
	ATF_TP_ADD_TC(tp, detail);
	ATF_TP_ADD_TC(tp, declare);
	ATF_TP_ADD_TC(tp, selection);
	ATF_TP_ADD_TC(tp, leaves_no_task);
	ATF_TP_ADD_TC(tp, leaves_no_namespace);
	ATF_TP_ADD_TC(tp, leaves_no_file);
	ATF_TP_ADD_TC(tp, clean_slate);
	ATF_TP_ADD_TC(tp, privileges);
	ATF_TP_ADD_TC(tp, atf_face);
	return atf_no_error();
}
