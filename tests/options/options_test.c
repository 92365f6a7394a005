// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/log.h"
#include "engine/options.h"
#include "tests/unit.h"

/* The sanitizer's, where there is one. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

/* Options are kept until the program ends, and so is what they point into. */
static int parse_for_good(int argc, char **argv, struct options *o, bool *done)
{
	int r;

	if (__lsan_disable)
		__lsan_disable();
	r = options_parse(argc, argv, o, done);
	if (__lsan_enable)
		__lsan_enable();
	return r;
}

static int parse(struct options *o, bool *done, const char *const *args)
{
	/* The options point into it. */
	static char *argv[32] = { (char *)"refcr" };
	int argc = 1;

	while (*args)
		argv[argc++] = (char *)*args++;
	argv[argc] = NULL;
	/* 0: getopt begins anew. */
	optind = 0;
	return parse_for_good(argc, argv, o, done);
}

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

UNIT(defaults, "what is not said")
{
	struct options o;
	bool done;

	ATF_REQUIRE_EQ(parse(&o, &done, ARGS("restore")), 0);
	ATF_CHECK(!done);
	ATF_CHECK_EQ(o.command, CMD_RESTORE);
	ATF_CHECK(!o.images && !o.work && !o.log && !o.pidfile && !o.exec_cmd);
	ATF_CHECK(!o.detach && !o.sibling && !o.leave_running && !o.leave_stopped && !o.shell_job);
	ATF_CHECK_EQ(o.verbosity, LOG_WARN);
	ATF_CHECK_EQ(o.ghost_limit, 1 << 20);
	ATF_CHECK_EQ(o.timeout_s, 10);
}

UNIT(all, "every option in its forms, before and behind the command")
{
	struct options o;
	bool done;

	ATF_REQUIRE_EQ(parse(&o, &done,
			     ARGS("-t", "812", "dump", "-D", "images", "-Wwork", "--log-file=log",
				  "--leave-running", "-j", "--link-remap", "--ghost-limit", "2M",
				  "--timeout=3", "--display-stats")),
		       0);
	ATF_CHECK_EQ(o.command, CMD_DUMP);
	ATF_CHECK_EQ(o.pid, 812);
	ATF_CHECK_STREQ(o.images, "images");
	ATF_CHECK_STREQ(o.work, "work");
	ATF_CHECK_STREQ(o.log, "log");
	ATF_CHECK(o.leave_running && o.shell_job && o.link_remap && o.display_stats);
	ATF_CHECK_EQ(o.ghost_limit, 2 << 20);
	ATF_CHECK_EQ(o.timeout_s, 3);

	ATF_REQUIRE_EQ(parse(&o, &done,
			     ARGS("restore", "-dS", "--pidfile", "pid", "--accept-edited",
				  "--exec-cmd", "--", "sh", "-c", "exit 3")),
		       0);
	ATF_CHECK(o.detach && o.sibling && o.accept_edited && o.exec_after);
	ATF_CHECK_STREQ(o.pidfile, "pid");
	ATF_CHECK_STREQ(o.exec_cmd[0], "sh");
	ATF_CHECK_STREQ(o.exec_cmd[1], "-c");
	ATF_CHECK_STREQ(o.exec_cmd[2], "exit 3");
	ATF_CHECK(!o.exec_cmd[3]);

	ATF_REQUIRE_EQ(parse(&o, &done, ARGS("dump", "-t", "1", "-s")), 0);
	ATF_CHECK(o.leave_stopped);
}

static int verbosity(const char *a, const char *b)
{
	struct options o;
	bool done;

	ATF_REQUIRE_EQ(parse(&o, &done, ARGS("restore", a, b)), 0);
	return o.verbosity;
}

UNIT(verbose, "how much to log, in all the ways that criu has for it")
{
	ATF_CHECK_EQ(verbosity("-v", NULL), 1);
	ATF_CHECK_EQ(verbosity("-vv", NULL), 2);
	ATF_CHECK_EQ(verbosity("-vvv", NULL), 3);
	ATF_CHECK_EQ(verbosity("-v", "-v"), 2);
	ATF_CHECK_EQ(verbosity("-v4", NULL), 4);
	ATF_CHECK_EQ(verbosity("--verbosity=3", NULL), 3);
	ATF_CHECK_EQ(verbosity("--verbosity", NULL), 1);
	ATF_CHECK_EQ(verbosity("-v99", NULL), LOG_DEBUG);
	ATF_CHECK_EQ(verbosity("-verbosity=0", NULL), LOG_WARN);
	ATF_CHECK_EQ(verbosity("-verbosity=4", NULL), 4);
	ATF_CHECK_EQ(verbosity("-v0", NULL), LOG_WARN);
}

UNIT(hints, "what cannot matter is taken, and changes nothing")
{
	struct options o, plain;
	bool done;

	ATF_REQUIRE_EQ(parse(&plain, &done, ARGS("dump", "-t", "5")), 0);
	ATF_REQUIRE_EQ(parse(&o, &done,
			     ARGS("dump", "-t", "5", "--evasive-devices", "--log-pid",
				  "--network-lock", "iptables", "--skip-in-flight",
				  "--weak-sysctls", "--manage-cgroups=ignore", "--pre-dump-mode",
				  "read", "--pre-dump-mode=splice")),
		       0);
	ATF_CHECK_EQ(memcmp(&o, &plain, sizeof(o)), 0);
}

static void write_config(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ATF_REQUIRE(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

UNIT(config, "options in files: each after the one before it, and the command line after all")
{
	static const char *const wrong[] = { "tree 1 2\n", "tree \"1\n", "tree\n",
					     "no-such-thing\n", "lazy-pages\n" };
	struct options o;
	bool done;

	write_config("one", "# nothing\n\n  tree 7 # the root\nlog-file 'a log'\nshell-job\n"
			    "ghost-limit\t2M\n--link-remap\nverbosity 4\nwork-dir one");
	write_config("two", "log-file \"#2\"\nwork-dir two\n");
	ATF_REQUIRE_EQ(
		parse(&o, &done, ARGS("dump", "-W", "three", "--config", "one", "--config=two")),
		0);
	ATF_CHECK_EQ(o.pid, 7);
	ATF_CHECK_EQ(o.ghost_limit, 2 << 20);
	ATF_CHECK_EQ(o.verbosity, 4);
	ATF_CHECK(o.shell_job && o.link_remap && !o.file_locks);
	ATF_CHECK_STREQ(o.log, "#2");
	ATF_CHECK_STREQ(o.work, "three");

	setenv("CRIU_CONFIG_FILE", "one", true);
	ATF_REQUIRE_EQ(parse(&o, &done, ARGS("dump", "--config", "two")), 0);
	ATF_CHECK_EQ(o.pid, 7);
	ATF_CHECK_STREQ(o.work, "two");
	unsetenv("CRIU_CONFIG_FILE");
	/* What stands behind -- is not ours. */
	ATF_REQUIRE_EQ(parse(&o, &done, ARGS("restore", "--exec-cmd", "--", "x", "--config=one")),
		       0);
	ATF_CHECK(!o.log);

	ATF_CHECK_EQ(parse(&o, &done, ARGS("dump", "-t1", "--config", "nowhere")), -EINVAL);
	ATF_CHECK_EQ(parse(&o, &done, ARGS("dump", "-t1", "--config")), -EINVAL);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		write_config("wrong", wrong[i]);
		ATF_CHECK_MSG(parse(&o, &done, ARGS("dump", "-t1", "--config=wrong")) < 0, "%s",
			      wrong[i]);
	}
}

UNIT(answered, "--help and --version ask for nothing else")
{
	struct options o;
	bool done;

	ATF_CHECK_EQ(parse(&o, &done, ARGS("--help")), 0);
	ATF_CHECK(done);
	ATF_CHECK_EQ(parse(&o, &done, ARGS("-V")), 0);
	ATF_CHECK(done);
	ATF_CHECK_EQ(parse(&o, &done, ARGS("dump", "-h")), 0);
	ATF_CHECK(done);
}

UNIT(wrong, "what makes no sense is an error; sentences are tested with the program")
{
	const char *const *const bad[] = {
		ARGS("dump"),
		ARGS("dump", "-t"),
		ARGS("dump", "-t", "0"),
		ARGS("dump", "-t", "-1"),
		ARGS("dump", "-t", "1", "-R", "-s"),
		ARGS("dump", "-t", "1", "--timeout", "-1"),
		ARGS("dump", "-t", "1", "--timeout", "1000001"),
		ARGS("dump", "-t", "1", "--ghost-limit="),
		ARGS("dump", "-t", "1", "--tree"),
		ARGS("dump", "-t", "1", "-v-1"),
		ARGS("dump", "-t", "1", "--pre-dump-mode", "write"),
		ARGS("dump", "-t", "1", "--status-fd", "x"),
		ARGS("dump", "-t", "1", "--status-fd", "100000000"),
		ARGS("dump", "-t", "1", "--action-script="),
		ARGS("restore", "restore"),
		ARGS("restore", "--exec-cmd"),
		ARGS("restore", "-q"),
		ARGS("restore", "--no-such-thing"),
		ARGS("no-such-command"),
		ARGS("--images-dir", "x"),
	};
	struct options o;
	bool done;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_MSG(parse(&o, &done, bad[i]) == -EINVAL, "case %zu: %s", i, bad[i][0]);
	ATF_CHECK_EQ(parse(&o, &done, ARGS("dump", "-t", "1", "--lazy-pages")), -ENOTSUP);
	ATF_CHECK_EQ(parse(&o, &done, ARGS("lazy-pages")), -ENOTSUP);
	ATF_CHECK_EQ(parse(&o, &done, ARGS("dump", "-t", "1", "--manage-cgroups=full")), -ENOTSUP);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, defaults);
	ATF_TP_ADD_TC(tp, all);
	ATF_TP_ADD_TC(tp, verbose);
	ATF_TP_ADD_TC(tp, hints);
	ATF_TP_ADD_TC(tp, config);
	ATF_TP_ADD_TC(tp, answered);
	ATF_TP_ADD_TC(tp, wrong);
	return atf_no_error();
}
