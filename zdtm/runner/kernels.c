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

/* "LINE\tRELEASE\tVERSION\tPARTS\tCACHED" */
static struct kernel_line split(char *line)
{
	const char *fields[5];

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		fields[i] = strsep(&line, "\t") ?: "";
	return (struct kernel_line){
		.name = fields[0],
		.release = fields[1],
		.cached = fields[4],
		.missing = what_is_missing(fields[3]),
		.bare = *fields[3] && !strstr(fields[3], "image") && !strstr(fields[3], "modules"),
	};
}

struct kernel_line *kernels_lines(size_t *n)
{
	struct kernel_line *lines = NULL;
	_cleanup_buf_ struct buf out = {};
	char *text, *line;

	*n = 0;
	if (target_script("fetch-kernel", LIST("list"), &out) != 0)
		cannot_test("which kernels there are cannot be found out");
	text = TAKE_PTR(out.data);
	while ((line = strsep(&text, "\n"))) {
		if (!*line)
			continue;
		lines = need(reallocarray(lines, *n + 1, sizeof(*lines)));
		lines[(*n)++] = split(line);
	}
	return lines;
}

int command_kernels(int argc, char **argv)
{
	static const struct option options[] = { { "update", no_argument, NULL, 'u' }, {} };
	struct kernel host = kernel_running();
	_cleanup_buf_ struct buf out = {};
	struct kernel_line *lines;
	size_t n;
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
	lines = kernels_lines(&n);
	printf("%-6s %-20s %-20s\n", "LINE", "IN THE ARCHIVE", "CACHED");
	printf("%-6s %-20s %-20s\n", "host", "-", host.release);
	for (const struct kernel_line *l = lines; l < lines + n; l++)
		printf("%-6s %-20s %-20s%s%s\n", l->name, l->release, *l->cached ? l->cached : "-",
		       *l->missing ? " " : "", l->missing);
	free(lines);
	return EXIT_FINE;
}
