// SPDX-License-Identifier: GPL-2.0-only
/* The checkpoint/restore engine under test, driven by criu's command line. */
#ifndef ZDTM_ENGINE_H
#define ZDTM_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct engine {
	const char *name;    /* "refcr", "criu", "none" or the file name of a path */
	const char *path;    /* NULL: none, there is no C/R between the halves */
	const char *version; /* NULL when it does not tell */
	const char *spec;    /* as the command line had it, to say it again */
};

/* refcr, criu ($CRIU, or from PATH), none, or a path. What cannot be had ends the program. */
struct engine engine_find(const char *spec);

/* The longest command line we make: ours, the test's options, NULL. */
#define ENGINE_ARGS 64

/*
 * Fill argv for a dump of the tree at pid into the directory, and for a restore from there that
 * writes the root's pid to a file; refcr is told when the images were edited on purpose. The
 * arguments point into static memory, good until the next call.
 */
void engine_dump_argv(const struct engine *e, pid_t pid, const char *images,
		      const char *const *options, const char *argv[ENGINE_ARGS]);
void engine_restore_argv(const struct engine *e, const char *images, const char *pidfile,
			 bool edited, const char *const *options, const char *argv[ENGINE_ARGS]);

#define ENGINE_DUMP_LOG    "dump.log"
#define ENGINE_RESTORE_LOG "restore.log"

/*
 * The engine's own words: the first line of its log with "Error" in it, without the time stamp; if
 * there is none, the last it wrote to its output. `more` gets the next such lines: criu's first is
 * often about something it could do without.
 */
void engine_error_lines(const char *log, const char *output, char *first, size_t first_size,
			char *more, size_t more_size);

/* How long the tree was frozen, from the images' stats-dump. Negative when it is not told. */
double engine_frozen_ms(const char *images);

#endif
