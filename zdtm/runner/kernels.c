// SPDX-License-Identifier: GPL-2.0-only
/* zdtm kernels */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "kernels.h"
#include "say.h"
#include "target.h"

/* The fields of a line of `fetch-kernel list`. */
static void split(char *line, char *fields[5])
{
	for (int i = 0; i < 5; i++)
		fields[i] = strsep(&line, "\t") ?: "";
}

struct texts kernels_lines(void)
{
	_cleanup_buf_ struct buf out = {};
	struct texts lines = {};
	char *text, *line;

	if (target_script("fetch-kernel", LIST("list"), &out) != 0)
		cannot_test("which kernels there are cannot be found out");
	text = out.data;
	while ((line = strsep(&text, "\n")))
		if (*line)
			texts_add(&lines, need(strdup(line)));
	return lines;
}

/* Up to a version the archive has kernels in one piece, later in parts, some of which may be gone. */
static const char *what_is_missing(const char *parts)
{
	if (!*parts)
		return "no longer in the archive";
	if (strstr(parts, "image") || (strstr(parts, "modules") && strstr(parts, "base")))
		return "";
	if (strstr(parts, "modules"))
		return "without its config";
	return strstr(parts, "base") ? "without modules" : "without modules and config";
}

int command_kernels(int argc, char **argv)
{
	static const struct option options[] = { { "update", no_argument, NULL, 'u' }, {} };
	struct kernel host = kernel_running();
	_cleanup_buf_ struct buf out = {};
	struct texts lines;
	bool update = false;

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
		if (c != 'u')
			return EXIT_MISUSE;
		update = true;
	}
	if (optind < argc)
		misuse("what is '%s'?", argv[optind]);
	if (update && target_script("fetch-kernel", LIST("update"), &out) != 0)
		cannot_test("not everything could be fetched");
	lines = kernels_lines();
	printf("%-6s %-20s %-20s\n", "LINE", "IN THE ARCHIVE", "CACHED");
	printf("%-6s %-20s %-20s\n", "host", "-", host.release);
	for (size_t i = 0; i < lines.n; i++) {
		const char *missing;
		char *f[5];

		split((char *)lines.list[i], f);
		missing = what_is_missing(f[3]);
		printf("%-6s %-20s %-20s%s%s\n", f[0], f[1], *f[4] ? f[4] : "-",
		       *missing ? " " : "", missing);
	}
	return EXIT_FINE;
}
