// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine.h"
#include "engine/base/buf.h"
#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "markup.h"
#include "say.h"
#include "spawn.h"
#include "tree.h"

static const char *search_path(const char *name)
{
	char *path = getenv("PATH"), *copy = need(strdup(path ?: "/usr/sbin:/usr/bin")), *dir,
	     *file;

	while ((dir = strsep(&copy, ":"))) {
		if (asprintf(&file, "%s/%s", dir, name) < 0)
			die("out of memory");
		if (access(file, X_OK) == 0)
			return file;
		free(file);
	}
	return NULL;
}

/* Milliseconds do, but for an interpreter on an emulated machine. */
#define VERSION_PATIENCE 10

/* "Version: 4.2.1" among whatever else it prints. */
static const char *ask_version(const char *spec, const char *path)
{
	const char *const argv[] = { path, "--version", NULL };
	_cleanup_buf_ struct buf out = {};
	int status = spawn_capture_within(argv, VERSION_PATIENCE, &out);
	char *at, *version;

	if (status == -ETIMEDOUT)
		misuse("engine %s: %s --version does not end", spec, path);
	if (status < 0 || !WIFEXITED(status) || !out.data)
		return NULL;
	at = strstr(out.data, "Version: ");
	if (!at)
		return NULL;
	at += strlen("Version: ");
	version = need(strndup(at, strcspn(at, "\n")));
	text_make_printable(version);
	return version;
}

struct engine engine_find(const char *spec)
{
	struct engine e = { .name = spec, .spec = spec };
	const char *slash = strrchr(spec, '/');
	struct stat st;

	if (streq(spec, "none"))
		return e;
	if (streq(spec, "refcr")) {
		e.path = tree_path("sbin/refcr");
	} else if (streq(spec, "criu")) {
		e.path = getenv("CRIU") ?: search_path("criu");
		if (!e.path)
			misuse("no criu in PATH, and $CRIU does not name one");
	} else if (slash) {
		e.name = slash + 1;
		e.path = realpath(spec, NULL) ?: spec;
	} else {
		misuse("no engine '%s': refcr, criu, none, or a path with a slash in it", spec);
	}
	if (access(e.path, X_OK) < 0 || stat(e.path, &st) < 0)
		misuse("engine %s: %s: %s", spec, e.path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		misuse("engine %s: %s is no program", spec, e.path);
	e.version = ask_version(spec, e.path);
	return e;
}

static void add_options(const char *argv[ENGINE_ARGS], size_t n, const char *const *options)
{
	while (*options && n < ENGINE_ARGS - 1)
		argv[n++] = *options++;
	argv[n] = NULL;
}

void engine_dump_argv(const struct engine *e, pid_t pid, const char *images,
		      const char *const *options, const char *argv[ENGINE_ARGS])
{
	static char pid_text[16];
	const char *const fixed[] = { e->path, "dump",          "-t", pid_text, "-D", images,
				      "-o",    ENGINE_DUMP_LOG, "-v4" };

	snprintf(pid_text, sizeof(pid_text), "%d", pid);
	memcpy(argv, fixed, sizeof(fixed));
	add_options(argv, ARRAY_SIZE(fixed), options);
}

void engine_restore_argv(const struct engine *e, const char *images, const char *pidfile,
			 bool edited, const char *const *options, const char *argv[ENGINE_ARGS])
{
	const char *const fixed[] = { e->path, "restore",          "-d",  "-D",        images,
				      "-o",    ENGINE_RESTORE_LOG, "-v4", "--pidfile", pidfile };
	size_t n = ARRAY_SIZE(fixed);

	memcpy(argv, fixed, sizeof(fixed));
	/* Nobody else keeps checksums. */
	if (edited && streq(e->name, "refcr"))
		argv[n++] = "--accept-edited";
	add_options(argv, n, options);
}

/* "(00.012345)   812: Error ...": what follows the time stamp and the pid. */
static const char *behind_stamp(const char *line)
{
	const char *end = line[0] == '(' ? strchr(line, ')') : NULL;
	uint64_t pid;

	line = end ? end + 1 : line;
	line += strspn(line, " ");
	end = line;
	if (scan_u64(&end, 10, &pid) && end[0] == ':' && end[1] == ' ')
		line = end + 2;
	return line;
}

void engine_error_lines(const char *log, const char *output, char *first, size_t first_size,
			char *more, size_t more_size)
{
	_cleanup_buf_ struct buf text = {};
	const char *at, *line;
	size_t len, n = 0;

	first[0] = more[0] = '\0';
	if (read_file_at(AT_FDCWD, log, &text) == 0)
		for (at = text.data; next_line(&at, &line, &len);) {
			const char *words = behind_stamp(line);
			int words_len = line + len - words;

			if (!memmem(line, len, "Error", 5))
				continue;
			if (!first[0])
				snprintf(first, first_size, "%.*s", words_len, words);
			else if (n < more_size)
				n += snprintf(more + n, more_size - n, "%.*s\n", words_len, words);
		}
	if (first[0] || read_file_at(AT_FDCWD, output, &text) < 0)
		return;
	for (at = text.data; next_line(&at, &line, &len);)
		if (len > 0)
			snprintf(first, first_size, "%.*s", (int)len, line);
}

/* ---- stats-dump ------------------------------------------------------------------------------- */

#define SERVICE_MAGIC UINT32_C(0x55105940)
#define STATS_MAGIC   UINT32_C(0x57093306)

/* Field numbers: stats_entry.dump, dump_stats_entry.frozen_time (microseconds). */
enum { STATS_DUMP = 1, DUMP_FROZEN_TIME = 2 };

struct wire {
	const unsigned char *at, *end;
};

static bool varint(struct wire *w, uint64_t *ret)
{
	*ret = 0;
	for (int shift = 0; w->at < w->end && shift < 64; shift += 7) {
		*ret |= (uint64_t)(*w->at & 0x7f) << shift;
		if (!(*w->at++ & 0x80))
			return true;
	}
	return false;
}

/* The next field: its number, and its value or (for a message) its length with w in front of it. */
static bool field(struct wire *w, uint64_t *number, bool *message, uint64_t *value)
{
	uint64_t key;

	if (!varint(w, &key))
		return false;
	*number = key >> 3;
	*message = (key & 7) == 2;
	if ((key & 7) != 0 && (key & 7) != 2)
		return false; /* the messages we look into have no fixed-width fields */
	return varint(w, value) && (!*message || *value <= (uint64_t)(w->end - w->at));
}

double engine_frozen_ms(const char *images)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_buf_ struct buf b = {};
	uint64_t number, value;
	uint32_t head[3];
	struct wire w;
	bool message;

	if (asprintf(&path, "%s/stats-dump", images) < 0)
		return -1;
	if (read_file_at(AT_FDCWD, path, &b) < 0 || b.len < sizeof(head))
		return -1;
	memcpy(head, b.data, sizeof(head));
	if (head[0] != SERVICE_MAGIC || head[1] != STATS_MAGIC || head[2] > b.len - sizeof(head))
		return -1;

	w.at = (unsigned char *)b.data + sizeof(head);
	w.end = w.at + head[2];
	while (field(&w, &number, &message, &value)) {
		if (number == STATS_DUMP && message)
			w.end = w.at + value; /* and on with the fields inside */
		else if (number == DUMP_FROZEN_TIME && !message)
			return value / 1000.0;
		else if (message)
			w.at += value;
	}
	return -1;
}
