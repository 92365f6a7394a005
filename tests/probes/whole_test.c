// SPDX-License-Identifier: GPL-2.0-only
/*
 * All probes together on this kernel: what each declares, how long they take, that they leave the
 * machine as it was, depend on no order, and are right whoever asks.
 */
#include <atf-c.h>
#include <dirent.h>
#include <ftw.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *bin(const atf_tc_t *tc, const char *rest)
{
	static char path[2][4096];
	static unsigned int turn;
	char *p = path[turn++ % 2];

	snprintf(p, sizeof(path[0]), "%s/../../%s", atf_tc_get_config_var(tc, "srcdir"), rest);
	return p;
}

static char *output_of(const char *fmt, ...)
{
	char command[8192], *out = NULL;
	size_t size = 0, n;
	char chunk[65536];
	va_list ap;
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	f = popen(command, "r");
	ATF_REQUIRE(f != NULL);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0) {
		out = realloc(out, size + n + 1);
		ATF_REQUIRE(out != NULL);
		memcpy(out + size, chunk, n);
		size += n;
	}
	pclose(f);
	if (!out)
		return strdup("");
	out[size] = '\0';
	return out;
}

static const char *text(struct json_object *json, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(json, key, &value) && value ? json_object_get_string(value)
								     : NULL;
}

/* The "probes" of `zdtm probe --format json` with more arguments. */
static struct json_object *ask(const atf_tc_t *tc, const char *args)
{
	char *out = output_of("%s probe --format json %s 2>/dev/null", bin(tc, "bin/zdtm"), args);
	struct json_object *document = json_tokener_parse(out), *list;

	ATF_REQUIRE_MSG(document && json_object_object_get_ex(document, "probes", &list),
			"zdtm probe %s gives no document: %s", args, out);
	free(out);
	return list;
}

#define for_each_probe(one, list)                                                                  \
	for (size_t i_ = 0; i_ < json_object_array_length(list); i_++)                             \
		for (struct json_object *one = json_object_array_get_idx(list, i_); one; one = NULL)

/* Each program's declarations, in one array. */
static struct json_object *declarations(const atf_tc_t *tc)
{
	struct json_object *all = json_object_new_array();
	const char *dir = bin(tc, "libexec/zdtm/feature-probes");
	char *out = output_of("for p in %s/*; do [ ! -x $p ] || $p --declare; done", dir), *save;

	for (char *line = strtok_r(out, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct json_object *list = json_tokener_parse(line);

		for_each_probe(one, list) json_object_array_add(all, json_object_get(one));
		json_object_put(list);
	}
	free(out);
	return all;
}

ATF_TC(declared);
ATF_TC_HEAD(declared, tc)
{
	atf_tc_set_md_var(tc, "descr", "every probe says what it asks and where that is written");
}
ATF_TC_BODY(declared, tc)
{
	struct json_object *all = declarations(tc);
	size_t gaps = 0;

	for_each_probe(one, all)
	{
		const char *name = text(one, "name"), *what = text(one, "what");
		bool gap = strcmp(text(one, "gap"), "true") == 0;

		ATF_CHECK_MSG(what && strlen(what) > 10, "%s does not say what it asks", name);
		ATF_CHECK_MSG(text(one, "source"), "%s names no source", name);
		ATF_CHECK_MSG(!gap || !text(one, "since"), "%s is a gap since a release", name);
		ATF_CHECK_MSG(!text(one, "commit") || strlen(text(one, "commit")) >= 10,
			      "%s: commit '%s' is too short to be found", name,
			      text(one, "commit"));
		ATF_CHECK_MSG(!what || what[strlen(what) - 1] != '.', "%s: a full stop", name);
		gaps += gap;
	}
	ATF_CHECK_MSG(json_object_array_length(all) - gaps >= 200, "only %zu probes",
		      json_object_array_length(all) - gaps);
}

static bool bad(const char *verdict)
{
	return strcmp(verdict, "broken") == 0 || strcmp(verdict, "deviates") == 0 ||
	       strcmp(verdict, "regression") == 0;
}

/* The whole machine's, busy or not: with others at work a wall clock says little of the probes. */
static bool is_busy(void)
{
	double load = 0;

	return getloadavg(&load, 1) == 1 && load > 2.0 * sysconf(_SC_NPROCESSORS_ONLN);
}

ATF_TC(in_time);
ATF_TC_HEAD(in_time, tc)
{
	atf_tc_set_md_var(tc, "descr", "all probes together take less than 10 seconds");
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(in_time, tc)
{
	bool busy = is_busy();
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	ask(tc, "");
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%ld s\n", b.tv_sec - a.tv_sec);
	if (busy && b.tv_sec - a.tv_sec >= 10)
		atf_tc_skip("this machine is busy with something else");
	ATF_CHECK(b.tv_sec - a.tv_sec < 10);
}

/*
 * What a probe could leave behind
 */

static char *snapshot_text;
static size_t snapshot_size;
static FILE *snapshot;

/* Sysctls that change by themselves, or that cannot be read without doing something. */
static bool is_volatile(const char *path)
{
	static const char *const parts[] = {
		"/random/",      "/dentry-",         "/inode-",      "/file-nr",
		"/aio-nr",       "/ns_last_pid",     "/pty/nr",      "/lease",
		"/keys/",        "/vm/stat_refresh", "/tainted",     "/perf_",
		"/sched_domain", "/debug/",          "/binfmt_misc", "/nf_conntrack_count",
		"/quota/",       "/epoll/",          "/mq-",         "/stat_",
		"/mem",          "/tcp_mem",         "/neigh/",      "/fs/inode",
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strstr(path, parts[i]))
			return true;
	return false;
}

static int note_sysctl(const char *path, const struct stat *st, int type, struct FTW *at)
{
	char value[4096];
	FILE *f;
	size_t n;

	if (type != FTW_F || !(st->st_mode & 0444) || is_volatile(path))
		return 0;
	f = fopen(path, "r");
	if (!f)
		return 0;
	n = fread(value, 1, sizeof(value) - 1, f);
	value[n] = '\0';
	fclose(f);
	fprintf(snapshot, "%s: %s\n", path, value);
	return 0;
}

static void note_output(const char *title, const char *command)
{
	char *out = output_of("%s", command);

	fprintf(snapshot, "== %s\n%s", title, out);
	free(out);
}

/* All that one can see of it, as a text. */
static char *take_snapshot(const char *programs)
{
	char *command;

	snapshot = open_memstream(&snapshot_text, &snapshot_size);
	ATF_REQUIRE(snapshot != NULL);
	nftw("/proc/sys", note_sysctl, 16, FTW_PHYS);
	note_output("mounts", "cat /proc/self/mountinfo");
	note_output("IPC", "cat /proc/sysvipc/shm /proc/sysvipc/msg /proc/sysvipc/sem 2>/dev/null |"
			   " awk '{print $1, $2}' | grep -v '^key'");
	note_output("files", "ls -d /tmp/probe.* /dev/shm/*probe* /dev/mqueue/* 2>/dev/null");
	note_output("cgroups", "find /sys/fs/cgroup -name 'probe.*' 2>/dev/null");
	note_output("devices",
		    "ls /sys/class/net; cat /sys/block/loop*/loop/backing_file 2>/dev/null");
	/* Processes whose program is one of these probes: those of another tree are not ours. */
	ATF_REQUIRE(asprintf(&command, "readlink /proc/[0-9]*/exe | grep '^%s'", programs) > 0);
	note_output("processes", command);
	free(command);
	fclose(snapshot);
	return snapshot_text;
}

ATF_TC(leaves_nothing);
ATF_TC_HEAD(leaves_nothing, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "sysctls, mounts, processes, files, IPC: all as it was before");
	atf_tc_set_md_var(tc, "require.user", "root");
	atf_tc_set_md_var(tc, "timeout", "120");
	atf_tc_set_md_var(tc, "X-exclusive", "true");
}
ATF_TC_BODY(leaves_nothing, tc)
{
	char *programs = realpath(bin(tc, "libexec/zdtm/feature-probes"), NULL);
	char *before, *after, *save_a, *save_b, *a, *b;
	char *left;

	ATF_REQUIRE(mkdir("work", 0755) == 0);
	before = take_snapshot(programs);
	output_of("TMPDIR=work %s probe --as root --as nobody --as userns-root",
		  bin(tc, "bin/zdtm"));
	after = take_snapshot(programs);
	a = strtok_r(before, "\n", &save_a);
	b = strtok_r(after, "\n", &save_b);
	while (a && b && strcmp(a, b) == 0) {
		a = strtok_r(NULL, "\n", &save_a);
		b = strtok_r(NULL, "\n", &save_b);
	}
	ATF_CHECK_MSG(!a && !b, "before: '%s', after: '%s'", a ?: "(the end)", b ?: "(the end)");
	free(programs);
	left = output_of("ls -A work");
	ATF_CHECK_MSG(*left == '\0', "left in the work directory: %s", left);
}

ATF_TC(any_order);
ATF_TC_HEAD(any_order, tc)
{
	atf_tc_set_md_var(tc, "descr", "probes answer the same in whichever order they are asked");
	atf_tc_set_md_var(tc, "require.user", "root");
	atf_tc_set_md_var(tc, "timeout", "180");
}
ATF_TC_BODY(any_order, tc)
{
	struct json_object *all = declarations(tc), *forward = ask(tc, ""), *verdicts;
	const char *dir = bin(tc, "libexec/zdtm/feature-probes");

	verdicts = json_object_new_object();
	for_each_probe(one, forward) json_object_object_add(
		verdicts, text(one, "name"), json_object_new_string(text(one, "verdict")));

	/* Program by program, from the last case to the first. */
	for (size_t end = json_object_array_length(all); end > 0;) {
		const char *last = text(json_object_array_get_idx(all, end - 1), "name");
		size_t len = strcspn(last, ".") + 1;
		char cases[8192] = "", *out, *save;

		for (; end > 0; end--) {
			const char *name = text(json_object_array_get_idx(all, end - 1), "name");

			if (strncmp(name, last, len) != 0)
				break;
			snprintf(cases + strlen(cases), sizeof(cases) - strlen(cases), " %s",
				 name + len);
		}
		out = output_of("%s/%.*s --ask%s", dir, (int)len - 1, last, cases);
		for (char *line = strtok_r(out, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save)) {
			struct json_object *one = json_tokener_parse(line), *was;
			const char *name = text(one, "name"), *verdict = text(one, "verdict");

			ATF_REQUIRE(json_object_object_get_ex(verdicts, name, &was));
			/* What the command makes of an absence the program does not know. */
			if (strcmp(json_object_get_string(was), "regression") == 0)
				continue;
			ATF_CHECK_MSG(strcmp(json_object_get_string(was), verdict) == 0,
				      "%s: %s, and backwards %s (%s)", name,
				      json_object_get_string(was), verdict, text(one, "reason"));
			json_object_put(one);
		}
		free(out);
	}
}

ATF_TC(any_user);
ATF_TC_HEAD(any_user, tc)
{
	atf_tc_set_md_var(tc, "descr", "no probe fails for want of a privilege: then it is absent");
	atf_tc_set_md_var(tc, "require.user", "root");
	atf_tc_set_md_var(tc, "timeout", "180");
}
ATF_TC_BODY(any_user, tc)
{
	struct json_object *list = ask(tc, "--as root --as cap_checkpoint_restore --as userns-root "
					   "--as nobody");
	static const char *const users[] = { "cap_checkpoint_restore", "userns-root", "nobody" };

	for_each_probe(one, list)
	{
		struct json_object *as, *answer;

		ATF_REQUIRE(json_object_object_get_ex(one, "as", &as));
		for (size_t u = 0; u < sizeof(users) / sizeof(users[0]); u++) {
			ATF_REQUIRE(json_object_object_get_ex(as, users[u], &answer));
			/* Where root is told the same, it is the kernel's fault, or news. */
			ATF_CHECK_MSG(
				!bad(text(answer, "verdict")) ||
					strcmp(text(answer, "verdict"), text(one, "verdict")) == 0,
				"%s: %s for root, %s for %s (%s)", text(one, "name"),
				text(one, "verdict"), text(answer, "verdict"), users[u],
				text(answer, "reason"));
		}
	}
}

ATF_TC(twice);
ATF_TC_HEAD(twice, tc)
{
	atf_tc_set_md_var(tc, "descr", "two runs side by side do not disturb each other");
	atf_tc_set_md_var(tc, "require.user", "root");
	atf_tc_set_md_var(tc, "timeout", "120");
}
ATF_TC_BODY(twice, tc)
{
	struct json_object *one, *alone;
	char *out = output_of("%s probe --format json >one.json 2>/dev/null & "
			      "%s probe --format json >two.json 2>/dev/null & wait",
			      bin(tc, "bin/zdtm"), bin(tc, "bin/zdtm"));

	free(out);
	alone = ask(tc, "");
	for (int i = 0; i < 2; i++) {
		one = json_object_from_file(i ? "two.json" : "one.json");
		ATF_REQUIRE(one && json_object_object_get_ex(one, "probes", &one));
		for_each_probe(p, one)
		{
			struct json_object *same = json_object_array_get_idx(alone, i_);

			ATF_CHECK_MSG(strcmp(text(p, "verdict"), text(same, "verdict")) == 0,
				      "%s: %s alone, %s beside itself (%s)", text(p, "name"),
				      text(same, "verdict"), text(p, "verdict"), text(p, "reason"));
		}
	}
}

ATF_TC(ktap);
ATF_TC_HEAD(ktap, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "KTAP: an area is a test, and has its questions as subtests");
	atf_tc_set_md_var(tc, "require.progs", "python3");
}
ATF_TC_BODY(ktap, tc)
{
	const char *zdtm = bin(tc, "bin/zdtm"), *look = bin(tc, "tests/runner/tree/ktap.py");
	char *out = output_of(
		"%s probe kcmp pipe.* --as root --as nobody --format ktap 2>/dev/null", zdtm);
	char *counts = output_of(
		"{ %s probe kcmp pipe.* --format ktap | python3 %s; "
		"%s probe kcmp pipe.* --format json | grep -c '\"verdict\"'; } 2>/dev/null",
		zdtm, look, zdtm);
	unsigned int subtests, questions;

	ATF_CHECK_MSG(strstr(out, "KTAP version 1\n1..2\n    KTAP version 1\n"
				  "    # Subtest: kcmp\n") == out,
		      "%s", out);
	ATF_CHECK_MSG(strstr(out, "@root") && strstr(out, "@nobody") &&
			      strstr(out, "\nok 2 pipe\n"),
		      "%s", out);
	ATF_REQUIRE_MSG(sscanf(counts, "%u %u", &subtests, &questions) == 2, "%s", counts);
	ATF_CHECK_EQ(subtests, questions);
	free(out);
	free(counts);
}

ATF_TC(asker_dies);
ATF_TC_HEAD(asker_dies, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "who asks all questions may die over one: the others are asked");
}
ATF_TC_BODY(asker_dies, tc)
{
	const char *tree = bin(tc, ".");
	char *out;

	if (access(bin(tc, "libexec/zdtm-ask"), X_OK) < 0)
		atf_tc_skip("this build's probes ask for themselves");
	/* A tree with an asker that has no answer to one question, and dies of it. */
	free(output_of("mkdir -p tree/libexec/zdtm && cp -r %s/bin tree/ && "
		       "ln -s $(realpath %s/libexec/zdtm/feature-probes) tree/libexec/zdtm/ && "
		       "ln -s $(realpath %s/libexec/zdtm-ask) tree/real",
		       tree, tree, tree));
	free(output_of("printf '%%s\\n' '#!/bin/sh' 'while read q; do' "
		       "'[ $q != kcmp.file_same ] || kill -KILL $$' 'echo $q | %s' done "
		       ">tree/libexec/zdtm-ask && chmod 755 tree/libexec/zdtm-ask",
		       "$(dirname $0)/../real"));
	out = output_of("tree/bin/zdtm probe kcmp pipe --format ktap 2>/dev/null");
	ATF_CHECK_MSG(
		strstr(out, "# kcmp.file_same: broken: its program gave no answer\n    not ok "),
		"%s", out);
	ATF_CHECK_MSG(strstr(out, "\nnot ok 1 kcmp\n") && strstr(out, "\nok 2 pipe\n"), "%s", out);
	free(out);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, declared);
	ATF_TP_ADD_TC(tp, in_time);
	ATF_TP_ADD_TC(tp, leaves_nothing);
	ATF_TP_ADD_TC(tp, any_order);
	ATF_TP_ADD_TC(tp, any_user);
	ATF_TP_ADD_TC(tp, twice);
	ATF_TP_ADD_TC(tp, ktap);
	ATF_TP_ADD_TC(tp, asker_dies);
	return atf_no_error();
}
