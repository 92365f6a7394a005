// SPDX-License-Identifier: GPL-2.0-only
/*
 * The zdtm command's contract: exit statuses, sentences, outcomes and formats. It runs in a tree of
 * its own beside this program, with sham tests and sham engines.
 */
#include <atf-c.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"

static void expect(struct json_object *document, const char *name, const char *outcome,
		   const char *phase, const char *reason)
{
	struct json_object *one = result_of(document, name);

	ATF_CHECK_STREQ(text_member(one, "outcome"), outcome);
	ATF_CHECK_STREQ(text_member(one, "phase"), phase);
	HAS(text_member(one, "reason"), reason);
}

static void write_document(const char *path, const char *release, const char *results)
{
	FILE *f = fopen(path, "w");

	ATF_REQUIRE(f);
	fprintf(f,
		"{\"schema\": 1, \"kernel\": {\"release\": \"%s\"}, \"engine\": {\"name\": \"e\"},"
		" \"results\": [%s], \"probes\": [{\"name\": \"a.b\", \"verdict\": \"conforms\"}]}",
		release, results);
	fclose(f);
}

#define ROOT_TC(name, what)                                                                        \
	ATF_TC(name);                                                                              \
	ATF_TC_HEAD(name, tc)                                                                      \
	{                                                                                          \
		atf_tc_set_md_var(tc, "descr", what);                                              \
		atf_tc_set_md_var(tc, "require.user", "root");                                     \
	}                                                                                          \
	ATF_TC_BODY(name, tc)

/* ---- Misuse ----------------------------------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(misuse);
ATF_TC_BODY(misuse, tc)
{
	static const struct {
		const char *args, *says;
	} wrong[] = {
		{ "frobnicate", "no command 'frobnicate'" },
		{ "kernels frob", "what is 'frob'?" },
		{ "mutate", "which tests?" },
		{ "mutate -t passes --engine none", "no images to change" },
		{ "mutate -t passes --most none", "--most none: a number from 1 up" },
		{ "mutate -t passes --format ktap", "--format ktap: there are pretty, json" },
		{ "run", "which tests?" },
		{ "run -a -t passes", "which tests?" },
		{ "run -t passes extra", "what is 'extra'?" },
		{ "run --frobnicate", "unrecognized option '--frobnicate'" },
		{ "run -t 'no_such_*' --engine none", "no test matches 'no_such_*'" },
		{ "run -t passes@none --engine none", "no test matches" },
		{ "run -t passes -f h,q", "no flavor 'q'" },
		{ "run -t passes -j 0", "-j 0: a number from 1 up" },
		{ "run -t passes --iters many", "--iters many: a number from 1 up" },
		{ "run -t passes --pre 2", "--pre: not supported yet" },
		{ "run -t passes --engine none --kernel frob", "kernel frob: neither 'host'" },
		{ "run -t passes --engine none --kernel all",
		  "only zdtm matrix takes more than one" },
		{ "run -t passes --engine none --kernel ./nowhere",
		  "kernel ./nowhere: No such file" },
		{ "run -t passes --format yaml --engine none", "--format yaml" },
		{ "run -t passes --engine fast", "no engine 'fast'" },
		{ "run -t passes --engine ./nowhere", "No such file or directory" },
		{ "run -t passes --engine refcr", "No such file or directory" },
		{ "run -t passes --engine $E/engines", "engines is no program" },
		{ "run -t passes --engine $E/engines/mute", "mute --version does not end" },
		{ "run -t passes --dump-engine none --restore-engine $E/engines/anew", "one half" },
		{ "run -t passes --work /nowhere --engine none", "--work /nowhere" },
		{ "run -t passes -o /nowhere/x --engine none", "/nowhere/x" },
		{ "list -t no_such", "no test matches" },
		{ "list --frobnicate", "unrecognized option" },
		{ "probe --format junit", "--format junit" },
		{ "probe no_such", "no probe matches 'no_such'" },
		{ "explain", "which test or probe?" },
		{ "explain no.such_thing", "no test or probe 'no.such_thing'" },
		{ "diff one", "two documents" },
		{ "diff nowhere.json nowhere.json", "nowhere.json: No such file" },
		{ "diff /dev/null /dev/null", "/dev/null: not a JSON document" },
		{ "matrix -j many", "-j many: a number" },
		{ "matrix --results nowhere.json", "nowhere.json" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct ran r = zdtm(tc, wrong[i].args);

		ATF_CHECK_EQ_MSG(r.status, 2, "zdtm %s: %d", wrong[i].args, r.status);
		HAS(r.err, wrong[i].says);
	}
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	ATF_REQUIRE_MSG(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s", path);
	close(fd);
}

/* Ends as if this machine could not do it: as another user, or without a capability. */
static struct ran zdtm_crippled(const atf_tc_t *tc, int cap)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct ran r;

		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
		r = zdtm(tc, "run -t passes --engine none");
		_exit(r.status);
	}
	return finish(pid);
}

ROOT_TC(cannot_test, "exits 125 where no test can be run, whatever test it is")
{
	struct ran r = zdtm_crippled(tc, CAP_SYS_ADMIN);

	ATF_CHECK_EQ(r.status, 125);
	HAS(r.err, "Operation not permitted");
}

ROOT_TC(cannot_test_userns,
	"root in a user namespace can test without an engine, and else exits 125")
{
	pid_t pid = fork();

	if (pid == 0) {
		struct ran r;

		ATF_REQUIRE_EQ(unshare(CLONE_NEWUSER), 0);
		write_text("/proc/self/setgroups", "deny");
		write_text("/proc/self/uid_map", "0 0 1");
		write_text("/proc/self/gid_map", "0 0 1");
		if (zdtm(tc, "run -t passes --engine none").status != 0)
			_exit(1);
		r = zdtm(tc, "run -t passes --engine $E/engines/anew");
		_exit(r.status);
	}
	ATF_CHECK_EQ(finish(pid).status, 125);
	HAS(slurp("err"), "in the initial user namespace");
}

ROOT_TC(unwritten, "what could not be written is no success")
{
	static const char *const commands[] = {
		"list",
		"list --json",
		"explain passes",
		"--version",
		"run --help",
		"diff a.json a.json",
		"run -t passes --engine none",
		"run -t passes --engine none -o /dev/full",
		"run -t passes --engine none --format json",
	};

	write_document("a.json", "6.1", "");
	setenv("E", tree(tc), 1);
	setenv("TMPDIR", ".", 1);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		static const char *const nowhere[] = { ">/dev/full", ">&-", "<&- >&-" };

		for (size_t k = 0; k < 3; k++) {
			char *command;
			int status;

			ATF_REQUIRE(asprintf(&command, "$E/bin/zdtm %s %s 2>err", commands[i],
					     nowhere[k]) > 0);
			status = system(command);
			ATF_CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 1, "%s: %x",
				      command, status);
			HAS(slurp("err"), "could not be written");
			free(command);
		}
	}
}

/* ---- Outcomes --------------------------------------------------------------------------------- */

ROOT_TC(passes, "a test finds what the harness promises, and passes")
{
	struct ran r = zdtm(tc, "run -t passes --engine none");

	ATF_CHECK_EQ(r.status, 0);
	HAS(r.out, "passed  static/passes");
	ATF_CHECK_STREQ(last_line(r.out), "1 passed, 0 failed, 0 skipped");
}

ROOT_TC(outcomes, "every way a test can end has its outcome, phase and reason")
{
	struct json_object *d = run_json(tc, "-t outcomes --engine none -j 4");

	expect(d, "static/outcomes@fail", "failed", "check", "one == 2: 1 against 2");
	expect(d, "static/outcomes@fail_in_child", "failed", "check", "one == 2: 1 against 2");
	expect(d, "static/outcomes@fail_in_mute_child", "failed", "check", "one == 2: 1 against 2");
	expect(d, "static/outcomes@fail_in_stray_child", "failed", "check", "raise(SIGSTOP) != 0");
	expect(d, "static/outcomes@fail_in_thread", "failed", "check", "one == 2: 1 against 2");
	expect(d, "static/outcomes@die", "failed", "check", "was killed by signal 11");
	expect(d, "static/outcomes@break", "broken", "setup", "No such file or directory");
	expect(d, "static/outcomes@break_by_expect", "broken", "setup", "does not hold");
	expect(d, "static/outcomes@break_in_child", "broken", "setup", "No such file or directory");
	expect(d, "static/outcomes@die_in_setup", "broken", "setup", "was killed by signal 11");
	expect(d, "static/outcomes@skip", "skipped", "null", "not on a Tuesday");
	expect(d, "static/outcomes@hang", "failed", "check", "check did not end within 3 s");
	expect(d, "static/outcomes@hang_in_setup", "broken", "setup", "setup did not end");
	expect(d, "static/outcomes@hang_in_wait", "failed", "check", "t_wait(2): nobody woke it");
}

ROOT_TC(needs, "what is declared and not to be had skips; what nobody knows is broken")
{
	struct json_object *d =
		run_json(tc, "-t needs -t no_capability -t ns_only -f h,ns --engine none");

	expect(d, "static/needs@unknown_probe", "broken", "setup", "no.such_probe: no such probe");
	expect(d, "static/no_capability", "skipped", "null",
	       "which this machine's root does not have");
	expect(d, "static/ns_only", "skipped", "null", "flavor ns: not supported yet");
}

ROOT_TC(capabilities, "a test has the capabilities it declares and no others")
{
	expect(run_json(tc, "-t capability --engine none"), "static/capability", "passed", "null",
	       "null");
}

ROOT_TC(disguised, "a test is reached, whoever and wherever it has become")
{
	expect(run_json(tc, "-t disguised --engine none"), "static/disguised", "passed", "null",
	       "null");
}

/* On a busy machine it may not get to run between two looks at it: not every time is it seen. */
ROOT_TC(restless, "a static test that changes by itself is told so")
{
	struct ran r;
	int tries = 0;

	do
		r = zdtm(tc, "run -t restless --engine none");
	while (r.status == 0 && ++tries < 200);
	HAS(r.out, "broken  static/restless");
	HAS(r.out, "a static test that does not sit still: task 3 (restless)");
}

ROOT_TC(cleanup, "a cleanup runs whatever happened, and its failure is seen")
{
	struct json_object *d = run_json(tc, "-t cleans --engine none --keep");

	expect(d, "static/cleans@well", "passed", "null", "null");
	expect(d, "static/cleans@badly", "broken", "check", "cleanup exited with 1");
	expect(d, "static/cleans@dead", "failed", "check", "exited with 9");
	ATF_CHECK_EQ(system("grep -q 'cleaned up' zdtm-*/static.cleans@dead.h/test.log"), 0);
	ATF_CHECK_EQ(system("test -z \"$(ls zdtm-*/static.cleans@dead.h/kept)\""), 0);
}

ROOT_TC(exclusive, "an exclusive test runs alone")
{
	struct ran r = zdtm(tc, "run -t alone -t passes -t capability --engine none -j 4");

	ATF_CHECK_STREQ(last_line(r.out), "3 passed, 0 failed, 0 skipped");
}

/* ---- Engines ---------------------------------------------------------------------------------- */

ROOT_TC(engines, "whatever an engine does wrong is told for what it is")
{
	static const struct {
		const char *engine, *outcome, *phase, *reason;
	} sham[] = {
		{ "refuses", "refused", "dump", "Error (sham.c:1): I will not" },
		{ "crashes", "failed", "dump", "crashes dump was killed by signal 11" },
		{ "hangs", "failed", "dump",
		  "hangs dump did not end within 3 s; there are: task 2" },
		{ "kills", "failed", "dump", "was killed by signal 9" },
		{ "marks", "failed", "dump", "left its mark: file link_remap.1 is new" },
		{ "spares", "failed", "dump",
		  "after a dump that succeeded there still are: task 2" },
		{ "forgets", "failed", "restore", "Error (sham.c:1): what was it again?" },
		{ "pretends", "failed", "restore", "but there is no task 2" },
		{ "strays", "failed", "restore", "left tasks behind" },
		{ "anew", "failed", "check", "!born_again" },
		{ "litters", "failed", "restore", "file link_remap.7 is new" },
	};

	for (size_t i = 0; i < sizeof(sham) / sizeof(*sham); i++) {
		char args[128];

		snprintf(args, sizeof(args), "-t once --engine $E/engines/%s", sham[i].engine);
		expect(run_json(tc, args), "static/once", sham[i].outcome, sham[i].phase,
		       sham[i].reason);
	}
}

ROOT_TC(survives, "a restore that works is told with its times, over several cycles")
{
	struct json_object *d, *ms;
	struct ran r;

	d = run_json(tc, "-t passes --engine $E/engines/anew --iters 3");
	expect(d, "static/passes", "passed", "null", "null");
	ms = member(result_of(d, "static/passes"), "ms");
	ATF_CHECK(json_object_get_double(member(ms, "setup")) > 0);
	ATF_CHECK(json_object_get_double(member(ms, "dump")) > 0);
	ATF_CHECK_EQ(json_object_get_double(member(ms, "frozen")), 1.5);
	ATF_CHECK(json_object_get_double(member(ms, "restore")) > 0);
	ATF_CHECK(json_object_get_double(member(ms, "check")) > 0);
	ATF_CHECK_STREQ(text_member(member(d, "engine"), "name"), "anew");
	ATF_CHECK_STREQ(text_member(member(d, "engine"), "version"), "0.0-sham");

	d = run_json(tc,
		     "-t passes --dump-engine $E/engines/anew --restore-engine $E/engines/forgets");
	expect(d, "static/passes", "failed", "restore", "forgets could not restore");
	ATF_CHECK_STREQ(text_member(member(d, "engine"), "name"), "anew+forgets");

	r = zdtm(tc, "run -t passes --engine $E/engines/refuses --iters 2");
	HAS(r.out, "engine: Error (sham.c:1): I will not");
	HAS(r.out, "logs:   /");
	HAS(r.out, "again:  zdtm run -t static/passes -f h --engine ");
	HAS(r.out, "--iters 2");
}

ROOT_TC(demands, "what a test demands decides how a refusal and a loss count")
{
	struct ran r;

	/* Refused: only KEEP calls that a failure. */
	r = zdtm(tc, "run -t 'once*' --engine $E/engines/refuses");
	ATF_CHECK_EQ(r.status, 1);
	HAS(r.out, "refused static/once ");
	HAS(r.out, "refused static/once_keep_or_refuse");
	HAS(r.out, "passed  static/once_must_refuse");
	HAS(r.out, "refused static/once_report");
	ATF_CHECK_STREQ(last_line(r.out), "1 passed, 1 failed, 2 skipped");

	/* Lost: only REPORT bears that. A dump of what nobody can save fails as such. */
	r = zdtm(tc, "run -t 'once*' --engine $E/engines/anew");
	ATF_CHECK_EQ(r.status, 1);
	HAS(r.out, "failed  static/once ");
	HAS(r.out, "failed  static/once_keep_or_refuse");
	HAS(r.out, "claims to have saved what nobody can save");
	HAS(r.out, "not kept, as is to be expected");
	ATF_CHECK_STREQ(last_line(r.out), "1 passed, 3 failed, 0 skipped");
}

/* ---- What is left behind ---------------------------------------------------------------------- */

ROOT_TC(leftovers, "logs and images stay where something failed, and with --keep")
{
	zdtm(tc, "run -t passes --engine none");
	ATF_CHECK_EQ(system("! ls -d zdtm-*"), 0);

	zdtm(tc, "run -t once --engine $E/engines/refuses");
	ATF_CHECK_EQ(system("test -s zdtm-*/static.once.h/test.log"), 0);
	ATF_CHECK_EQ(system("test -s zdtm-*/static.once.h/images-1/dump.log"), 0);
	ATF_CHECK_EQ(system("rm -r zdtm-*"), 0);

	HAS(zdtm(tc, "run -t passes --engine none --keep").out, "    logs:   ");
	ATF_CHECK_EQ(system("test -f zdtm-*/static.passes.h/kept/mine"), 0);
	ATF_CHECK_EQ(system("rm -r zdtm-*"), 0);

	ATF_CHECK_EQ(system("mkdir disk"), 0);
	zdtm(tc, "run -t once --engine none --work disk");
	ATF_CHECK_EQ(system("test -z \"$(ls disk)\" && ! ls -d zdtm-*"), 0);
	zdtm(tc, "run -t once --engine none --work disk --keep");
	ATF_CHECK_EQ(system("test -f disk/zdtm-*/mark"), 0);
}

ROOT_TC(interrupted, "an interrupted run ends its tests and leaves nothing")
{
	pid_t pid = start(tc, "run -t outcomes@hang --engine none");
	struct ran r;

	/* The test has begun when it has a log. */
	while (system("ls zdtm-*/*/test.log >/dev/null 2>&1") != 0)
		;
	kill(pid, SIGINT);
	r = finish(pid);
	ATF_CHECK_EQ(r.status, 128 + SIGINT);
	HAS(r.err, "interrupted");
	ATF_CHECK_EQ(system("! ls -d zdtm-*"), 0);
}

ROOT_TC(not_interrupted, "what is ignored when it begins, as by nohup, is no interruption")
{
	pid_t pid;

	signal(SIGHUP, SIG_IGN);
	pid = start(tc, "run -t outcomes@hang -t passes --engine none");
	while (system("ls zdtm-*/*/test.log >/dev/null 2>&1") != 0)
		;
	kill(pid, SIGHUP);
	kill(pid, SIGTERM);
	ATF_CHECK_EQ(finish(pid).status, 128 + SIGTERM);
}

/* ---- Formats ---------------------------------------------------------------------------------- */

ROOT_TC(format_json, "the JSON document has what it should")
{
	struct json_object *d = run_json(tc, "-t passes -t outcomes@fail --engine none");
	struct json_object *kernel = member(d, "kernel"), *one = result_of(d, "static/passes");

	ATF_CHECK_EQ(json_object_get_int(member(d, "schema")), 1);
	ATF_CHECK(strlen(text_member(kernel, "release")) > 0);
	ATF_CHECK(strlen(text_member(kernel, "version")) > 0);
	ATF_CHECK(strlen(text_member(kernel, "arch")) > 0);
	ATF_CHECK(json_object_is_type(member(kernel, "config"), json_type_object));
	ATF_CHECK_STREQ(text_member(member(d, "engine"), "name"), "none");
	ATF_CHECK_STREQ(text_member(member(d, "engine"), "version"), "null");
	ATF_CHECK_EQ(json_object_array_length(member(d, "results")), 2);
	ATF_CHECK_STREQ(text_member(one, "flavor"), "h");
	ATF_CHECK_STREQ(text_member(one, "reason"), "null");
	ATF_CHECK_STREQ(text_member(member(one, "ms"), "dump"), "null");
	ATF_CHECK(json_object_is_type(member(d, "probes"), json_type_array));
	HAS(zdtm(tc, "run -t passes --engine none --format json").err,
	    "1 passed, 0 failed, 0 skipped");
}

ATF_TC(format_ktap);
ATF_TC_HEAD(format_ktap, tc)
{
	atf_tc_set_md_var(tc, "descr", "KTAP: plans, nested subtests, skips and diagnostics");
	atf_tc_set_md_var(tc, "require.user", "root");
	atf_tc_set_md_var(tc, "require.progs", "python3");
}
ATF_TC_BODY(format_ktap, tc)
{
	struct ran r = zdtm(tc, "run -t passes -t outcomes@fail -t outcomes@skip -t no_capability "
				"--engine none --format ktap");

	ATF_CHECK_EQ(r.status, 1);
	ATF_CHECK_EQ(strncmp(r.out, "KTAP version 1\n1..3\n", 20), 0);
	HAS(r.out, "    KTAP version 1\n    # Subtest: static/no_capability\n    1..1\n");
	HAS(r.out, "    ok 1 h # SKIP needs ");
	HAS(r.out, "\nok 1 static/no_capability # SKIP ");
	HAS(r.out, "    # Subtest: static/outcomes\n    1..2\n    # static/outcomes@fail: failed");
	HAS(r.out, "    not ok 1 h@fail\n    ok 2 h@skip # SKIP not on a Tuesday\n");
	HAS(r.out, "\nnot ok 2 static/outcomes\n");
	HAS(r.out, "    ok 1 h\nok 3 static/passes\n");
	ATF_CHECK_EQ(system("python3 $E/ktap.py <out >results"), 0);
	ATF_CHECK_STREQ(slurp("results"), "4\n");
}

ATF_TC(format_junit);
ATF_TC_HEAD(format_junit, tc)
{
	atf_tc_set_md_var(tc, "descr", "JUnit: well-formed XML, whatever is in the reasons");
	atf_tc_set_md_var(tc, "require.user", "root");
	atf_tc_set_md_var(tc, "require.progs", "python3");
}
ATF_TC_BODY(format_junit, tc)
{
	struct ran r = zdtm(tc, "run -t passes -t outcomes@fail -t outcomes@break -t outcomes@skip "
				"--engine none --format junit -o report.xml");

	ATF_CHECK_EQ(r.status, 1);
	HAS(r.out, "failed  static/outcomes@fail");
	ATF_CHECK_STREQ(last_line(r.out), "1 passed, 2 failed, 1 skipped");
	ATF_CHECK_EQ(
		system("python3 -c '"
		       "from xml.etree.ElementTree import parse\n"
		       "all = parse(\"report.xml\").getroot()\n"
		       "assert [s.get(\"name\") for s in all] == "
		       "[\"static/outcomes\", \"static/passes\"]\n"
		       "assert len(all.findall(\".//testcase\")) == 4\n"
		       "assert len(all.findall(\".//failure\")) == 1\n"
		       "assert len(all.findall(\".//error\")) == 1\n"
		       "assert len(all.findall(\".//skipped\")) == 1\n"
		       "for s in all:\n"
		       "    assert {\"name\", \"tests\", \"failures\", \"errors\", \"skipped\", "
		       "\"time\"} <= set(s.keys())\n"
		       "    assert int(s.get(\"tests\")) == len(s.findall(\"testcase\"))\n"
		       "    assert int(s.get(\"failures\")) == len(s.findall(\".//failure\"))\n"
		       "    assert int(s.get(\"errors\")) == len(s.findall(\".//error\"))\n"
		       "    assert int(s.get(\"skipped\")) == len(s.findall(\".//skipped\"))\n"
		       "    for c in s:\n"
		       "        assert c.get(\"classname\") and c.get(\"name\") and "
		       "float(c.get(\"time\")) >= 0\n"
		       "        assert len(c) <= 1\n"
		       "assert int(all.get(\"tests\")) == 4\n"
		       "assert int(all.get(\"failures\")) + int(all.get(\"errors\")) == 2\n"
		       "'"),
		0);
}

ATF_TC(babble);
ATF_TC_HEAD(babble, tc)
{
	atf_tc_set_md_var(tc, "descr", "whatever an engine says, what is reported of it is text");
	atf_tc_set_md_var(tc, "require.user", "root");
	atf_tc_set_md_var(tc, "require.progs", "python3");
}
ATF_TC_BODY(babble, tc)
{
	struct ran r = zdtm(tc, "run -t passes --engine $E/engines/babbles --format json");

	HAS(r.out, ": ?????[31mno?? gr\303\274n\"");
	HAS(r.out, "\"version\": \"1.??[31m\"");
	ATF_CHECK_EQ(
		system("python3 -c 'import json; json.load(open(\"out\", encoding=\"utf8\"))'"), 0);
	r = zdtm(tc, "run -t passes --engine $E/engines/babbles --format ktap");
	HAS(r.out, "    # engine: ?????[31mno?? gr\303\274n\n");
}

ROOT_TC(many_jobs, "as many jobs as anybody likes")
{
	struct ran r = zdtm(tc, "run -t passes -t once --engine none -j 1000000");

	ATF_CHECK_EQ(r.status, 0);
	ATF_CHECK_STREQ(last_line(r.out), "2 passed, 0 failed, 0 skipped");
}

ROOT_TC(format_pretty, "what a person sees of failures")
{
	struct ran r = zdtm(tc, "run -t outcomes@fail_in_child --engine none");

	HAS(r.out, "failed  static/outcomes@fail_in_child");
	HAS(r.out, "in check\n    tests/runner/static/outcomes.c:");
	HAS(r.out, "    said:   tests/runner/static/outcomes.c:");
	HAS(r.out, "child 3 exited with 1");
	HAS(r.out, "    again:  zdtm run -t static/outcomes@fail_in_child -f h --engine none\n");
	ATF_CHECK_MSG(!strchr(r.out, '\033'), "colours, and no terminal");
}

/* ---- Choosing and looking --------------------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(list);
ATF_TC_BODY(list, tc)
{
	struct json_object *all, *one;
	struct ran r;

	r = zdtm(tc, "list -t 'static/on*' -t outcomes@f*l -t cleans");
	HAS(r.out, "static/once ");
	HAS(r.out, "static/once_report ");
	HAS(r.out, "static/outcomes@fail ");
	HAS(r.out, "static/cleans@well ");
	ATF_CHECK(!strstr(r.out, "static/passes"));
	ATF_CHECK(!strstr(r.out, "fail_in_child"));
	r = zdtm(tc, "list -t else*e -t static/once");
	HAS(r.out, "static/once ");
	HAS(r.out, "static/cleans@badly ");
	ATF_CHECK(!strstr(r.out, "cleans@well"));
	ATF_CHECK(!strstr(r.out, "once_report"));

	all = json_tokener_parse(zdtm(tc, "list --json -t static/elsewhere").out);
	ATF_REQUIRE_EQ(json_object_array_length(all), 1);
	one = json_object_array_get_idx(all, 0);
	ATF_CHECK_STREQ(text_member(one, "known_as"), "static/elsewhere");
	all = json_tokener_parse(zdtm(tc, "list --json -t capability").out);
	ATF_REQUIRE_EQ(json_object_array_length(all), 1);
	one = json_object_array_get_idx(all, 0);
	ATF_CHECK_STREQ(text_member(one, "name"), "static/capability");
	ATF_CHECK_STREQ(text_member(one, "demand"), "keep");
	HAS(text_member(one, "caps"), "cap_chown");
	ATF_CHECK_EQ(json_object_get_int(member(one, "timeout")), 30);
}

ATF_TC_WITHOUT_HEAD(explain);
ATF_TC_BODY(explain, tc)
{
	struct ran r = zdtm(tc, "explain static/capability");

	ATF_CHECK_EQ(r.status, 0);
	HAS(r.out, "has the one capability it declares");
	HAS(r.out, "cap_chown");
}

#define RESULT(name, outcome)                                                                      \
	"{\"name\": \"" name "\", \"flavor\": \"h\", \"outcome\": \"" outcome                      \
	"\", \"phase\": null, \"reason\": \"a <b> | c\"}"

ATF_TC_WITHOUT_HEAD(diff);
ATF_TC_BODY(diff, tc)
{
	struct ran r;

	write_document("a.json", "6.1",
		       RESULT("s/a", "passed") "," RESULT("s/b", "failed") "," RESULT(
			       "s/c", "passed") "," RESULT("s/d", "refused"));
	write_document("b.json", "6.2",
		       RESULT("s/a", "refused") "," RESULT("s/b", "passed") "," RESULT(
			       "s/e", "passed") "," RESULT("s/d", "failed"));
	r = zdtm(tc, "diff a.json b.json");
	ATF_CHECK_EQ(r.status, 1);
	HAS(r.out, "--- 6.1, e");
	HAS(r.out, "s/a h");
	HAS(r.out, "passed -> refused");
	HAS(r.out, "failed -> passed");
	ATF_CHECK_STREQ(last_line(r.out), "2 broke, 1 healed, 1 new, 1 gone");
	ATF_CHECK_EQ(zdtm(tc, "diff a.json a.json").status, 0);
	ATF_CHECK_EQ(zdtm(tc, "diff -- a.json a.json").status, 0);
}

ATF_TC_WITHOUT_HEAD(diff_nonsense);
ATF_TC_BODY(diff_nonsense, tc)
{
	static const struct {
		const char *document, *says;
	} all[] = {
		{ "{\"schema\": 1}", "neither results nor probes" },
		{ "{\"schema\": true, \"results\": []}", "not a document of zdtm's" },
		{ "{\"schema\": 2, \"results\": []}", "one of a later version" },
		{ "{\"schema\": 1, \"results\": {}}", "its results are no list" },
		{ "{\"schema\": 1, \"results\": [[]]}", "number 0 of its results has no name" },
		{ "{\"schema\": 1, \"results\": [{\"name\": \"s/a\"}]}", "of s/a it says ''" },
		{ "{\"schema\": 1, \"results\": [" RESULT("s/a", "fine") "]}",
		  "'fine', which is no outcome" },
		{ "{\"schema\": 1, \"probes\": [" RESULT("a.b", "passed") "]}", "no verdict" },
	};

	write_document("a.json", "6.1", "");
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		FILE *f = fopen("b.json", "w");
		struct ran r;

		ATF_REQUIRE(f);
		fputs(all[i].document, f);
		fclose(f);
		r = zdtm(tc, "diff a.json b.json");
		ATF_CHECK_EQ(r.status, 2);
		HAS(r.err, all[i].says);
	}
}

/* ---- A test as an ATF program ----------------------------------------------------------------- */

/* Runs a sham test's case as kyua would, and gives what it says of the result. */
static char *atf_case(const atf_tc_t *tc, const char *program, const char *name)
{
	char command[8192];

	snprintf(command, sizeof(command), "%s/libexec/zdtm/static/%s -v engine=none -r result %s",
		 tree(tc), program, name);
	printf("%s: %d\n", command, system(command));
	return slurp("result");
}

ROOT_TC(atf, "a test program speaks ATF: cases, and their results")
{
	char command[8192];

	unsetenv("ZDTM_ENGINE");
	HAS(atf_case(tc, "passes", "h"), "passed");
	HAS(atf_case(tc, "outcomes", "h_skip"), "skipped: not on a Tuesday");
	HAS(atf_case(tc, "outcomes", "h_fail"), "one == 2: 1 against 2");
	HAS(atf_case(tc, "outcomes", "h_break"), "failed: broken: ");
	snprintf(command, sizeof(command), "%s/libexec/zdtm/static/alone -l >list", tree(tc));
	ATF_REQUIRE_EQ(system(command), 0);
	HAS(slurp("list"), "X-exclusive: true");
}

ROOT_TC(mutate, "who notices a changed image: the engine, the test, nobody")
{
	static const struct {
		const char *change, *noticed, *reason;
	} wanted[] = {
		{ "fs-1.img.cwd_id gone", "check", "number == 7" },
		{ "fs-1.img.cwd_id other", "check", "number == 7" },
		{ "fs-1.img.root_id gone", "engine", "that is not 9" },
		{ "fs-1.img.root_id other", "engine", "that is not 9" },
		{ "fs-1.img.umask gone", "unnoticed", "" },
		{ "fs-1.img.umask other", "unnoticed", "" },
	};
	struct ran r =
		zdtm(tc, "mutate -t told --engine $E/engines/believes --field 'fs*' --format json");
	struct json_object *document = json_tokener_parse(r.out), *changes, *fields;

	ATF_CHECK_EQ(r.status, 1);
	ATF_REQUIRE(document);
	changes = member(document, "changes");
	fields = member(document, "fields");
	ATF_REQUIRE_EQ(json_object_array_length(changes), 6);
	ATF_REQUIRE_EQ(json_object_array_length(fields), 3);
	for (int i = 0; i < 6; i++) {
		struct json_object *one = json_object_array_get_idx(changes, i);

		ATF_CHECK_STREQ(text_member(one, "test"), "static/told");
		ATF_CHECK_STREQ(text_member(one, "change"), wanted[i].change);
		ATF_CHECK_STREQ(text_member(one, "noticed"), wanted[i].noticed);
		HAS(text_member(one, "reason"), wanted[i].reason);
	}

	r = zdtm(tc, "mutate -t told --engine $E/engines/believes --field 'fs*_id' -v");
	ATF_CHECK_EQ(r.status, 0);
	HAS(r.out, "static/told: 4 changes: 2 engine, 2 check\n");
	HAS(r.out, "fs-1.img.root_id other (9 -> 8): Error (sham.c:1): that is not 9");
	ATF_CHECK_STREQ(last_line(r.out), "4 changes of 2 fields: 2 fields noticed, 0 unnoticed");

	r = zdtm(tc, "mutate -t told --engine $E/engines/believes --field pstree_entry --most 1");
	ATF_CHECK_EQ(r.status, 1);
	HAS(r.out, "  unnoticed pstree.img:0 gone (one of 2)\n");
	HAS(r.out, "never noticed:\n  pstree_entry (1 changes)\n");

	/* What cannot be had at all says so. */
	r = zdtm(tc, "mutate -t told --engine $E/engines/refuses");
	HAS(r.out, "static/told: refused: refuses refused the dump\n");
	ATF_CHECK_EQ(r.status, 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, misuse);
	ATF_TP_ADD_TC(tp, cannot_test);
	ATF_TP_ADD_TC(tp, cannot_test_userns);
	ATF_TP_ADD_TC(tp, unwritten);
	ATF_TP_ADD_TC(tp, passes);
	ATF_TP_ADD_TC(tp, outcomes);
	ATF_TP_ADD_TC(tp, needs);
	ATF_TP_ADD_TC(tp, capabilities);
	ATF_TP_ADD_TC(tp, disguised);
	ATF_TP_ADD_TC(tp, restless);
	ATF_TP_ADD_TC(tp, cleanup);
	ATF_TP_ADD_TC(tp, exclusive);
	ATF_TP_ADD_TC(tp, engines);
	ATF_TP_ADD_TC(tp, survives);
	ATF_TP_ADD_TC(tp, demands);
	ATF_TP_ADD_TC(tp, leftovers);
	ATF_TP_ADD_TC(tp, interrupted);
	ATF_TP_ADD_TC(tp, not_interrupted);
	ATF_TP_ADD_TC(tp, format_json);
	ATF_TP_ADD_TC(tp, format_ktap);
	ATF_TP_ADD_TC(tp, format_junit);
	ATF_TP_ADD_TC(tp, babble);
	ATF_TP_ADD_TC(tp, many_jobs);
	ATF_TP_ADD_TC(tp, format_pretty);
	ATF_TP_ADD_TC(tp, list);
	ATF_TP_ADD_TC(tp, explain);
	ATF_TP_ADD_TC(tp, diff);
	ATF_TP_ADD_TC(tp, diff_nonsense);
	ATF_TP_ADD_TC(tp, mutate);
	ATF_TP_ADD_TC(tp, atf);
	return atf_no_error();
}
