// SPDX-License-Identifier: GPL-2.0-only
/* refcr check: what it says, what its exit status is, and that criu says the same. */
#include <ctype.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/lib.h"

/* Reads a word; the rest. NULL: there is none. */
static const char *word(const char *at, char to[64])
{
	size_t n;

	at += strspn(at, " ,\n");
	n = strcspn(at, " ,\n");
	ATF_REQUIRE(n < 64);
	memcpy(to, at, n);
	to[n] = '\0';
	return n ? at + n : NULL;
}

/* "needed  kcmp  which tasks ...": goes on to the next line. */
static bool next_listed(const char **at, char level[64], char name[64])
{
	const char *line = word(*at, level);

	if (!line)
		return false;
	line = word(line, name);
	ATF_REQUIRE(line);
	*at = line + strcspn(line, "\n");
	return true;
}

static bool is_supported(const struct ran *r, const char *name)
{
	char says[100];

	ATF_CHECK_STREQ(r->err, "");
	snprintf(says, sizeof(says), "%s is supported\n", name);
	if (r->status == 0) {
		ATF_CHECK_STREQ(r->out, says);
		return true;
	}
	snprintf(says, sizeof(says), "%s is not supported: ", name);
	if (r->status != 1 || strncmp(r->out, says, strlen(says)) != 0 ||
	    !strstr(r->out, "(needs "))
		atf_tc_fail_nonfatal("%s: status %d, %s", name, r->status, r->out);
	return false;
}

/* Does a report have this line? */
static bool tells(const char *report, const char *word, const char *name)
{
	char begin[100];
	const char *at;

	snprintf(begin, sizeof(begin), "%s: %s, for ", word, name);
	at = strstr(report, begin);
	return at && (at == report || at[-1] == '\n') &&
	       !strstr(strndupa(at, strcspn(at, "\n")), ": no task here can have any");
}

ROOT_TC(all_agree, "a report has what --feature says is not supported, and the exit status with it")
{
	const char *const words[] = { "needed", "Missing", "extra", "Warn", "faster", "Note" };
	struct ran names, all, extra, needed;
	char level[64], name[64], before[64] = "";
	unsigned int n = 0, missing[3] = {};

	arena();
	names = refcr("check --feature list");
	all = refcr("check --all");
	extra = refcr("check --extra");
	needed = refcr("check");
	ATF_CHECK_EQ(names.status, 0);
	for (const char *at = names.out; next_listed(&at, level, name); n++) {
		struct ran one = refcr("check --feature %s", name);
		bool supported = is_supported(&one, name), nobody = false;

		ATF_CHECK_MSG(strcmp(name, before) != 0, "%s is listed twice", name);
		strcpy(before, name);
		for (int i = 0; i < 3; i++) {
			bool asked = strcmp(level, words[2 * i]) == 0;
			bool told = tells(all.out, words[2 * i + 1], name);

			if (told && (!asked || supported))
				atf_tc_fail_nonfatal(
					"--all tells of %s, which is %s and %ssupported", name,
					level, supported ? "" : "not ");
			missing[i] += told;
			nobody |= asked && !supported && !told;
			if (i < 2)
				ATF_CHECK_EQ(tells(extra.out, words[2 * i + 1], name), told);
			if (i < 1)
				ATF_CHECK_EQ(tells(needed.out, words[2 * i + 1], name), told);
		}
		/* Then it is that no task can have it. */
		if (nobody && !strstr(all.out, name))
			atf_tc_fail_nonfatal("--all does not tell of %s", name);
	}
	ATF_CHECK(n > 100);
	ATF_CHECK_EQ(needed.status, missing[0] ? 1 : 0);
	ATF_CHECK_EQ(extra.status, missing[0] + missing[1] ? 1 : 0);
	ATF_CHECK_EQ(all.status, missing[0] + missing[1] + missing[2] ? 1 : 0);
	ATF_CHECK(strstr(needed.out, missing[0] ? "will not work" : "Looks good."));
}

ROOT_TC(unknown, "features that there are not")
{
	struct ran r;

	arena();
	r = refcr("check --feature frobnicate");
	expect_failed(&r, "there is no feature \"frobnicate\" (see refcr check --feature list)");
	ATF_CHECK_STREQ(r.out, "");
	r = refcr("check --feature kcmp --feature frobnicate");
	expect_failed(&r, "there is no feature \"frobnicate\"");
	ATF_CHECK_STREQ(r.out, "");
	r = refcr("check --feature");
	expect_failed(&r, "--feature: needs an argument");
}

ROOT_TC(several, "several features at once: all must be there")
{
	struct ran r;

	arena();
	r = refcr("check --feature kcmp --feature process_vm");
	ATF_CHECK_EQ(r.status, 0);
	ATF_CHECK_STREQ(r.out, "kcmp is supported\nprocess_vm is supported\n");
}

ROOT_TC(nothing_left, "it leaves nothing behind")
{
	char *before, *after;
	struct ran r;

	arena();
	before = read_file("/proc/self/mountinfo", NULL);
	r = refcr("check --all");
	ATF_CHECK_STREQ(r.err, "");
	r = refcr("check --feature tun --feature autofs --feature nftables --feature timens");
	after = read_file("/proc/self/mountinfo", NULL);
	ATF_CHECK_STREQ(before, after);
	expect_nobody();
	expect_empty(".");
}

/* ---- less than it needs ---- */

ROOT_TC(no_proc, "without /proc, or with that of another pid namespace")
{
	static const char *const in_proc[] = { "proc",    "proc_stat",     "children", "limits",
					       "smaps",   "map_files",     "pagemap",  "fdinfo",
					       "ns_pid",  "oom_score_adj", "mem_read", "mem_write",
					       "loginuid" };
	struct ran r;

	arena();
#ifdef __SANITIZE_ADDRESS__
	atf_tc_skip("a sanitizer cannot do without /proc either");
#endif
	r = shell("exec unshare -m sh -c 'mount -t tmpfs none /proc; exec %s check --all'",
		  built("sbin/refcr"));
	ATF_CHECK_EQ(r.status, 1);
	ATF_CHECK_STREQ(r.err, "");
	ATF_CHECK(strstr(r.out, "Dump and restore will not work"));
	for (size_t i = 0; i < sizeof(in_proc) / sizeof(in_proc[0]); i++) {
		char says[64];

		snprintf(says, sizeof(says), ": %s, for ", in_proc[i]);
		ATF_CHECK_MSG(strstr(r.out, says), "%s does not miss /proc", in_proc[i]);
	}
	r = shell("exec unshare -pf %s check --feature proc", built("sbin/refcr"));
	ATF_CHECK_EQ(r.status, 1);
	ATF_CHECK(strstr(r.out, "proc is not supported: /proc is that of another pid namespace"));
}

/* By its descriptor: nobody may not go where it is. */
static _Noreturn void check_as_nobody(int out)
{
	char *const argv[] = { (char *)"refcr", (char *)"check", (char *)"--extra", NULL };
	int fd = open(built("sbin/refcr"), O_PATH | O_CLOEXEC);

	dup2(out, STDOUT_FILENO);
	alarm(30);
	if (setgroups(0, NULL) < 0 || setresgid(65534, 65534, 65534) < 0 ||
	    setresuid(65534, 65534, 65534) < 0 || chdir("/") < 0)
		_exit(126);
	execveat(fd, "", argv, environ, AT_EMPTY_PATH);
	_exit(127);
}

ROOT_TC(nobody, "without privilege it names the capabilities that are lacking")
{
	static const char *const says[] = {
		"Missing: map_files, for files that tasks have mapped, and shared memory: ",
		"Missing: clone3_set_tid, for pids of restored tasks: ",
		"Warn: chown, for ",
		"\nrefcr runs without CAP_CHOWN, ",
		" CAP_SYS_ADMIN, ",
		" CAP_CHECKPOINT_RESTORE, which some of that needs.\n",
		"\nDump and restore will not work: ",
	};
	int out, status;
	char *text;
	pid_t pid;

	arena();
	out = open("out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		check_as_nobody(out);
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_REQUIRE(WIFEXITED(status));
	ATF_CHECK_EQ(WEXITSTATUS(status), 1);
	text = read_file("out", NULL);
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++)
		if (!strstr(text, says[i]))
			atf_tc_fail_nonfatal("it does not say \"%s\" but\n%s", says[i], text);
}

ROOT_TC(userns, "in a user namespace it says so")
{
	struct ran r;

	arena();
	r = shell("exec unshare -Ur %s check", built("sbin/refcr"));
	ATF_CHECK_EQ(r.status, 1);
	ATF_CHECK(strstr(r.out, "Missing: map_files, for "));
	ATF_CHECK(strstr(r.out, "refcr is in a user namespace"));
}

/* ---- criu ---- */

/* Where the two ask different questions. Each may say yes alone, never the other one. */
static bool may_differ(const char *name, bool criu)
{
	/* criu takes the error of a kernel without the list for that of a socket that is not in it. */
	if (strcmp(name, "net_diag_raw") == 0)
		return criu;
	/* criu looks for a program to read tables with, refcr for tables. */
	if (strcmp(name, "has_ipt_legacy") == 0)
		return !criu;
	return false;
}

ROOT_TC(criu, "criu's features, by the same names, with the same answers")
{
	const char *criu = getenv("CRIU"), *at;
	unsigned int n = 0;
	struct ran help;
	char name[64];

	if (!criu)
		atf_tc_skip("CRIU does not name one to compare with");
	arena();
	help = shell("exec %s check --help", criu);
	at = strstr(help.out, "--feature FEAT");
	at = at ? strstr(at, "one of:") : NULL;
	ATF_REQUIRE_MSG(at, "criu check --help does not list features");
	*strstr(at, "\n\n") = '\0';
	for (at += strlen("one of:"); (at = word(at, name)); n++) {
		/* To have a process group with a number: criu mounts an autofs for its own. */
		struct ran theirs = shell("exec setsid -w %s check --feature %s", criu, name);
		struct ran ours = refcr("check --feature %s", name);
		bool supported = is_supported(&ours, name);

		if (supported != (theirs.status == 0) && !may_differ(name, !supported))
			atf_tc_fail_nonfatal("%s: refcr says %sbut criu %s\n%s", name, ours.out,
					     supported ? "no" : "yes", theirs.err);
	}
	ATF_CHECK(n > 40);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, all_agree);
	ATF_TP_ADD_TC(tp, unknown);
	ATF_TP_ADD_TC(tp, several);
	ATF_TP_ADD_TC(tp, nothing_left);
	ATF_TP_ADD_TC(tp, no_proc);
	ATF_TP_ADD_TC(tp, nobody);
	ATF_TP_ADD_TC(tp, userns);
	ATF_TP_ADD_TC(tp, criu);
	return atf_no_error();
}
