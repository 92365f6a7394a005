// SPDX-License-Identifier: GPL-2.0-only
/*
 * zdtm in kernels that are booted for it: results that come out of a guest, and what is told of a
 * guest that panics, hangs or is no kernel at all. The kernel is bookworm's own cloud one.
 */
#include <atf-c.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "command.h"

#define LINE "6.1"

/* HOME is the test's own here: what has been fetched must not be lost with it. */
static void use_cache(void)
{
	struct passwd *pw = getpwuid(getuid());
	char path[4096];

	snprintf(path, sizeof(path), "%s/.cache/zdtm", pw ? pw->pw_dir : "");
	setenv("ZDTM_CACHE", path, 0);
}

/* Fetches it if need be; its folder is $K. */
static void need_kernel(const atf_tc_t *tc)
{
	char command[4096], *folder;

	use_cache();
	snprintf(command, sizeof(command), "%s/libexec/zdtm-ci/fetch-kernel " LINE " >kernel",
		 tree(tc));
	if (system(command) != 0)
		atf_tc_skip("kernel " LINE " is neither cached nor to be had");
	folder = slurp("kernel");
	folder[strcspn(folder, "\n")] = '\0';
	setenv("K", folder, 1);
}

static void expect(struct json_object *document, const char *name, const char *outcome,
		   const char *reason)
{
	struct json_object *one = result_of(document, name);

	ATF_CHECK_STREQ(text_member(one, "outcome"), outcome);
	HAS(text_member(one, "reason"), reason);
}

#define GUEST_PROGRAMS "qemu-system-x86_64 busybox modprobe mke2fs git make"

#define GUEST_TC(name, what)                                                                       \
	ATF_TC(name);                                                                              \
	ATF_TC_HEAD(name, tc)                                                                      \
	{                                                                                          \
		atf_tc_set_md_var(tc, "descr", what);                                              \
		atf_tc_set_md_var(tc, "require.progs", GUEST_PROGRAMS);                            \
		atf_tc_set_md_var(tc, "timeout", "600");                                           \
	}                                                                                          \
	ATF_TC_BODY(name, tc)

/* ---- What is no kernel -------------------------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(garbage);
ATF_TC_BODY(garbage, tc)
{
	struct ran r;

	use_cache();
	ATF_REQUIRE_EQ(system("head -c 100000 /dev/urandom >garbage && : >empty"), 0);
	r = zdtm(tc, "run -t passes --engine none --kernel ./garbage");
	ATF_CHECK_EQ(r.status, 125);
	HAS(r.err, "kernel ./garbage: that is no bzImage");
	r = zdtm(tc, "run -t passes --engine none --kernel ./empty");
	ATF_CHECK_EQ(r.status, 125);

	/* A tree that is not built and cannot be. */
	ATF_REQUIRE_EQ(mkdir("tree", 0755), 0);
	r = zdtm(tc, "run -t passes --engine none --kernel tree");
	ATF_CHECK_EQ(r.status, 125);
	HAS(r.err, "neither a built kernel");
	ATF_REQUIRE_EQ(
		system("touch tree/.config && "
		       "printf 'olddefconfig:\nbzImage:\n\t@echo no such header >&2; false\n' "
		       ">tree/Makefile"),
		0);
	r = zdtm(tc, "run -t passes --engine none --kernel tree");
	ATF_CHECK_EQ(r.status, 125);
	HAS(r.err, "no such header");
	ATF_REQUIRE_EQ(system("mkdir -p built/arch/x86/boot && "
			      "cp garbage built/arch/x86/boot/bzImage"),
		       0);
	r = zdtm(tc, "run -t passes --engine none --kernel built");
	ATF_CHECK_EQ(r.status, 125);
	HAS(r.err, "kernel built: its arch/x86/boot/bzImage is no bzImage");
	ATF_CHECK_EQ(system("! ls -d zdtm-*"), 0);

	/* Side by side they are columns that say why. */
	r = zdtm(tc, "matrix -t passes --engine none --kernels ./garbage,tree -o page");
	ATF_CHECK_EQ(r.status, 1);
	HAS(slurp("page/matrix.html"), "kernel ./garbage: that is no bzImage");
	HAS(slurp("page/matrix.html"), "kernel tree: make bzImage fails: no such header");
	ATF_CHECK_EQ(access("page/__garbage.json", R_OK), 0);
}

ATF_TC_WITHOUT_HEAD(interrupted);
ATF_TC_BODY(interrupted, tc)
{
	const struct timespec moment = { .tv_nsec = 10 * 1000 * 1000 };
	struct ran r;
	pid_t pid, builder;

	use_cache();
	ATF_REQUIRE_EQ(system("mkdir tree logs && touch tree/.config logs/mine && "
			      "printf 'olddefconfig:\nbzImage:\n\techo $$$$ >new; mv new builder; "
			      "exec sleep 1000\n' >tree/Makefile"),
		       0);
	pid = start(tc, "run -t passes --engine none --kernel tree --logs logs");
	for (int i = 0; i < 3000 && access("tree/builder", R_OK) < 0; i++)
		nanosleep(&moment, NULL);
	builder = atoi(slurp("tree/builder"));
	ATF_REQUIRE(builder > 1);
	ATF_CHECK_EQ(kill(builder, 0), 0);
	kill(pid, SIGTERM);
	r = finish(pid);
	ATF_CHECK_EQ(r.status, 128 + SIGTERM);
	HAS(r.err, "interrupted");
	for (int i = 0; i < 1000 && kill(builder, 0) == 0; i++)
		nanosleep(&moment, NULL);
	ATF_CHECK(kill(builder, 0) < 0);
	/* The folder is somebody's own. */
	ATF_CHECK_EQ(system("test \"$(ls logs)\" = mine"), 0);
}

GUEST_TC(unknown_line, "a line that the archive does not have is a misuse, and it says what it has")
{
	struct ran r;

	need_kernel(tc);
	r = zdtm(tc, "run -t passes --engine none --kernel 2.4");
	ATF_CHECK_EQ(r.status, 2);
	HAS(r.err, "no kernel '2.4'; it has ");
	HAS(r.err, LINE);
}

GUEST_TC(does_not_boot, "a kernel that does not get as far as its first program cannot be tested")
{
	struct ran r;

	need_kernel(tc);
	/* Its first half is all there. It ends, or is not up in time. */
	ATF_REQUIRE_EQ(system("dd if=$K/vmlinuz of=half "
			      "bs=1M count=1 2>/dev/null"),
		       0);
	r = zdtm(tc, "run -t passes --engine none --kernel ./half");
	ATF_CHECK_EQ(r.status, 125);
	HAS(r.err, "does not boot: ");
}

/* ---- What is one -------------------------------------------------------------------------------- */

/* "6.1.0-57-cloud-amd64" begins with the line. */
#define IS_OF_LINE(document)                                                                       \
	ATF_CHECK_EQ(strncmp(text_member(member(document, "kernel"), "release"), LINE ".",         \
			     strlen(LINE) + 1),                                                    \
		     0)

GUEST_TC(guest,
	 "tests run in a guest as they do here, and its kernel is what the document tells of")
{
	struct json_object *d, *config;

	need_kernel(tc);
	d = run_json(tc, "-t passes -t outcomes@f*l -t capability -t once --kernel " LINE
			 " --engine $E/engines/refuses");
	IS_OF_LINE(d);
	config = member(member(d, "kernel"), "config");
	ATF_CHECK_STREQ(text_member(config, "CONFIG_CHECKPOINT_RESTORE"), "y");
	ATF_CHECK_STREQ(text_member(member(d, "engine"), "name"), "refuses");
	expect(d, "static/once", "refused", "Error (sham.c:1): I will not");
	expect(d, "static/outcomes@fail", "failed", "one == 2: 1 against 2");
	expect(d, "static/capability", "refused", "I will not");
	ATF_CHECK_EQ(access(text_member(result_of(d, "static/once"), "log"), R_OK), 0);
}

GUEST_TC(bisect, "a kernel tree is built and booted, and bisecting needs nothing else")
{
	FILE *f;
	char command[8192];

	need_kernel(tc);
	/* What a tree is to us: a Makefile with these targets, and what they leave. */
	ATF_REQUIRE_EQ(mkdir("linux", 0755), 0);
	f = fopen("linux/Makefile", "w");
	fprintf(f, "olddefconfig:\n"
		   "bzImage:\n\tmkdir -p arch/x86/boot\n"
		   "\tcp $$K/vmlinuz arch/x86/boot/bzImage\n"
		   "\tgrep -q builds state\n");
	fclose(f);
	ATF_REQUIRE_EQ(system("cp $K/config linux/.config && "
			      "sed -i 's/=m$/=y/' linux/.config && cd linux && git init -q . && "
			      "git config user.name t && git config user.email t@t && "
			      "for c in 'builds good' 'builds good' 'does not' 'builds bad' "
			      "'builds bad'; do echo \"$c\" >state; echo \"$c $((n += 1))\" >n; "
			      "git add Makefile state n; git commit -qm \"$c\"; done"),
		       0);
	/*
	 * The one program that stands for all commits cannot itself be good or bad: the test's outcome
	 * is turned where the tree says so.
	 */
	snprintf(
		command, sizeof(command),
		"cd linux && git bisect start HEAD HEAD~4 >/dev/null && "
		"git bisect run sh -c '%s/bin/zdtm run -t passes --engine none --kernel . || exit; "
		"grep -q good state' >../log 2>&1; git bisect log >../bisect; "
		"cat ../log",
		tree(tc));
	ATF_CHECK_EQ(system(command), 0);
	HAS(slurp("bisect"), "# skip: ");
	HAS(slurp("bisect"), "# bad: ");
	ATF_CHECK_EQ(system("! ls -d linux/zdtm-*"), 0);
	HAS(slurp("log"), "1 passed, 0 failed, 0 skipped");
}

/* ---- What brings it down ------------------------------------------------------------------------ */

GUEST_TC(panic, "a panic is laid on the test that was running, and the rest runs in a fresh boot")
{
	struct json_object *d;
	const char *log;

	need_kernel(tc);
	d = run_json(tc, "-t machine@panic -t passes -t capability -t disguised --engine none "
			 "--kernel " LINE);
	expect(d, "static/machine@panic", "failed",
	       "the kernel crashed: Kernel panic - not syncing: sysrq triggered crash");
	HAS(text_member(result_of(d, "static/machine@panic"), "kernel_log"), "sysrq_handle_crash");
	log = text_member(result_of(d, "static/machine@panic"), "log");
	HAS(slurp(log), "sysrq_handle_crash");
	expect(d, "static/passes", "passed", "");
	expect(d, "static/capability", "passed", "");
	expect(d, "static/disguised", "passed", "");
}

GUEST_TC(spoilt,
	 "what goes wrong while several run is laid on the one that does it again when it is alone")
{
	struct json_object *d;
	const char *log;

	need_kernel(tc);
	d = run_json(tc, "-t machine@taint_die -t passes -t once -t outcomes@hang --engine none "
			 "-j 4 --kernel " LINE);
	expect(d, "static/machine@taint_die", "failed", "kernel tainted: D");
	log = text_member(result_of(d, "static/machine@taint_die"), "log");
	HAS(log, "console-");
	ATF_CHECK_EQ(access(log, R_OK), 0);
	expect(d, "static/passes", "passed", "");
	expect(d, "static/once", "passed", "");
	expect(d, "static/outcomes@hang", "failed", "did not end within");
}

GUEST_TC(nothing_tried, "where nothing could be tried, nothing is known of the kernel")
{
	struct ran r;

	need_kernel(tc);
	r = zdtm(tc, "run -t no_capability --engine none --kernel " LINE);
	ATF_CHECK_EQ(r.status, 125);
	HAS(r.out, "0 passed, 0 failed, 1 skipped");
	HAS(r.err, "lacks what every one of these tests needs");
}

GUEST_TC(hang,
	 "a guest that hangs is made to say where; a taint is told, or a failure if it must be")
{
	struct json_object *d;

	need_kernel(tc);
	d = run_json(tc, "-t machine@freeze -t machine@taint* -t passes --engine none -j 1 "
			 "--kernel " LINE);
	expect(d, "static/machine@freeze", "failed", "the kernel hung: INFO: task ");
	HAS(text_member(result_of(d, "static/machine@freeze"), "kernel_log"), "NMI");
	expect(d, "static/machine@taint_warn", "passed", "");
	HAS(text_member(result_of(d, "static/machine@taint_warn"), "kernel_log"),
	    "kernel tainted: W");
	expect(d, "static/machine@taint_die", "failed", "kernel tainted: D");
	expect(d, "static/passes", "passed", "");
}

/* ---- The real tree ------------------------------------------------------------------------------ */

/* None that rests on what an old kernel may lack. */
#define DOZEN                                                                                      \
	"-t static/env00 -t static/file_shared -t static/maps00 -t static/pipe00 "                 \
	"-t static/sigpending -t static/umask00 -t static/unlink_fstat00 -t static/zombie00 "      \
	"-t transition/fork -t transition/pipe_loop00 "

GUEST_TC(suite, "all probes and a dozen tests in bookworm's own kernel")
{
	struct json_object *d, *probes;
	char command[8192];

	need_kernel(tc);
	setenv("TMPDIR", ".", 1);
	snprintf(command, sizeof(command),
		 "%s/../../../bin/zdtm run " DOZEN "--probes --kernel " LINE
		 " --format json -o result.json",
		 tree(tc));
	ATF_CHECK_EQ(system(command), 0);
	d = json_object_from_file("result.json");
	ATF_REQUIRE(d);
	IS_OF_LINE(d);
	ATF_CHECK(json_object_array_length(member(d, "results")) >= 10);
	probes = member(d, "probes");
	ATF_CHECK(json_object_array_length(probes) > 300);
	for (size_t i = 0; i < json_object_array_length(probes); i++) {
		struct json_object *one = json_object_array_get_idx(probes, i);

		/* What the kernel answers is its own affair; that it could be asked is ours. */
		ATF_CHECK_MSG(strcmp(text_member(one, "verdict"), "broken") != 0, "%s: %s",
			      text_member(one, "name"), text_member(one, "reason"));
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, garbage);
	ATF_TP_ADD_TC(tp, interrupted);
	ATF_TP_ADD_TC(tp, unknown_line);
	ATF_TP_ADD_TC(tp, does_not_boot);
	ATF_TP_ADD_TC(tp, guest);
	ATF_TP_ADD_TC(tp, bisect);
	ATF_TP_ADD_TC(tp, panic);
	ATF_TP_ADD_TC(tp, spoilt);
	ATF_TP_ADD_TC(tp, nothing_tried);
	ATF_TP_ADD_TC(tp, hang);
	ATF_TP_ADD_TC(tp, suite);
	return atf_no_error();
}
