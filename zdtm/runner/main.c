// SPDX-License-Identifier: GPL-2.0-only
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "say.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage, *what; /* NULL: not for people */
} commands[] = {
	{ "list", command_list, "[-t GLOB]... [--json]", "the tests there are" },
	{ "run", command_run,
	  "[-t GLOB]... [-a] [-f FLAVORS] [-j N] [--engine refcr|criu|none|PATH] [--iters N]\n"
	  "           [--dump-engine E] [--restore-engine E] [--keep] [--work DIR]\n"
	  "           [--format pretty|ktap|junit|json] [-o FILE] [--kernel SPEC]",
	  "carries tests through dump and restore" },
	{ "probe", command_probe,
	  "[GLOB]... [--format pretty|ktap|json] [-o FILE]\n"
	  "           [--as USER]... [--kernel SPEC]",
	  "asks a kernel what it offers to C/R" },
	{ "explain", command_explain, "TEST|PROBE...",
	  "what it asks, since which kernel, which option, which commit" },
	{ "diff", command_diff, "A.json B.json", "what broke, what healed, what is new" },
	{ "matrix", command_matrix,
	  "[--kernels LIST] [--results FILE]... [--engine E] [-t GLOB]...\n"
	  "           [-f FLAVORS] [-j N] [-o DIR]",
	  "probes and tests of several kernels or engines on one page" },
	{ "kernels", command_kernels, "[--update]", "which kernels can be had, which are cached" },
	{ "mutate", command_mutate,
	  "[-t GLOB]... [-a] [--field GLOB]... [--most N] [-j N] [--engine E] [-v]\n"
	  "           [--format pretty|json] [-o FILE]",
	  "does any test notice a changed image?" },
	{ "inside", command_inside, NULL, NULL }, /* for remote.c */
};

static void how(FILE *f, const char *first, const struct command *c)
{
	fprintf(f, "%s zdtm %s %s\n", first, c->name, c->usage);
}

static int usage(FILE *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].usage)
			how(f, i ? "      " : "usage:", &commands[i]);
	fprintf(f, "\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].usage)
			fprintf(f, "  %-8s %s\n", commands[i].name, commands[i].what);
	fprintf(f,
		"\nExit status: 0 nothing failed, 1 something did, 2 misuse, 125 no test can run "
		"here.\nSee zdtm(1).\n");
	return f == stdout ? EXIT_FINE : EXIT_MISUSE;
}

/* SAN=1: what a command has learnt it keeps until it ends. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return true;
}

static int end(int status)
{
	close_output(stdout);
	return status;
}

int main(int argc, char **argv)
{
	char name[64];

	open_standard_fds();
	/* What we inherit (a make's jobserver, a terminal's log) is nothing a test should be dumped with. */
	close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	/* Who inherits this ignored cannot wait for children. */
	signal(SIGCHLD, SIG_DFL);

	if (argc < 2)
		return usage(stderr);
	if (streq(argv[1], "--help") || streq(argv[1], "-h") || streq(argv[1], "help"))
		return end(usage(stdout));
	if (streq(argv[1], "--version")) {
		printf("Version: %s\n", ZDTM_VERSION);
		return end(EXIT_FINE);
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!streq(commands[i].name, argv[1]))
			continue;
		snprintf(name, sizeof(name), "zdtm %s", argv[1]);
		say_command = argv[1] = name;
		if (argc > 2 && streq(argv[2], "--help") && commands[i].usage) {
			how(stdout, "usage:", &commands[i]);
			printf("\n%s; see zdtm(1).\n", commands[i].what);
			return end(EXIT_FINE);
		}
		return end(commands[i].run(argc - 1, argv + 1));
	}
	misuse("no command '%s'; zdtm --help lists them", argv[1]);
}
