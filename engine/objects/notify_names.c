// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of watched files where handles lead nowhere, as on an overlay: whatever lies below the
 * paths of --irmap-scan-path is watched for a moment by an inotify of our own, and what fdinfo
 * tells of that is what it tells of the same file elsewhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <uthash.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "notify.h"

#define AT_ONCE 512

struct name {
	char *key;
	char *path;
	UT_hash_handle hh;
};

static struct {
	struct name *all;
	bool complete;
	/* Those of a group, by watch descriptor. */
	char *path[AT_ONCE + 1];
	int group, n, err;
} names = { .group = -EBADF };

/* What a line says of the file: all but what a watch has of its own. */
static char *key_of(const char *line, size_t len)
{
	const char *ino = memmem(line, len, " ino:", 5), *mask = memmem(line, len, " mask:", 6);
	const char *handle = memmem(line, len, " fhandle-bytes:", 15), *end = line + len;
	char *key = NULL;

	if (!ino || !mask || mask < ino)
		return NULL;
	if (asprintf(&key, "%.*s%.*s", (int)(mask - ino), ino, handle ? (int)(end - handle) : 0,
		     handle ?: "") < 0)
		return NULL;
	return key;
}

static int keep(char *key, const char *path)
{
	struct name *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->key = key;
	n->path = strdup(path);
	if (!n->path) {
		free(n);
		return -ENOMEM;
	}
	HASH_ADD_KEYPTR(hh, names.all, n->key, strlen(n->key), n);
	return 0;
}

static int read_group(void)
{
	_cleanup_buf_ struct buf text = {};
	const char *at, *line;
	char path[64];
	size_t len;
	int r;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", names.group);
	r = read_file_at(AT_FDCWD, path, &text);
	for (at = text.data; r >= 0 && next_line(&at, &line, &len);) {
		struct name *n = NULL;
		uint64_t wd;
		char *key;

		if (!notify_number(line, len, " wd:", &wd) || wd > AT_ONCE || !names.path[wd])
			continue;
		key = key_of(line, len);
		if (key)
			HASH_FIND(hh, names.all, key, strlen(key), n);
		if (!key || n)
			free(key);
		else
			r = keep(key, names.path[wd]);
	}
	for (int i = 0; i <= AT_ONCE; i++) {
		free(names.path[i]);
		names.path[i] = NULL;
	}
	cleanup_close(&names.group);
	names.group = -EBADF;
	names.n = 0;
	return r < 0 ? r : 0;
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	int wd;

	if (names.group < 0)
		names.group = inotify_init1(IN_CLOEXEC);
	if (names.group < 0)
		return names.err = -errno;
	wd = inotify_add_watch(names.group, path, IN_DELETE_SELF | IN_DONT_FOLLOW);
	/* Gone meanwhile; or another name of a file that has been here. */
	if (wd < 0 || wd > AT_ONCE || names.path[wd])
		return wd < 0 && errno == ENOSPC ? names.err = -ENOSPC : 0;
	names.path[wd] = strdup(path);
	if (!names.path[wd])
		return names.err = -ENOMEM;
	if (++names.n == AT_ONCE)
		names.err = read_group();
	return names.err;
}

static int look_everywhere(struct dump *d)
{
	/* Directories are read, which may be watched. */
	int r = notify_look_first(d);

	for (unsigned int i = 0; r == 0 && i < d->opts->n_scan_paths; i++) {
		if (nftw(d->opts->scan_path[i], visit, 32, FTW_PHYS) < 0 && !names.err)
			names.err = -errno;
		r = names.err;
	}
	if (r == 0 && names.group >= 0)
		r = read_group();
	names.complete = r == 0;
	return r;
}

int notify_find_name(struct dump *d, const char *line, size_t len, const char **path)
{
	_cleanup_free_ char *key = key_of(line, len);
	struct name *n = NULL;
	int r = names.complete ? 0 : look_everywhere(d);

	if (r < 0 || !key)
		return r < 0 ? r : -EBADMSG;
	HASH_FIND(hh, names.all, key, strlen(key), n);
	*path = n ? n->path : NULL;
	return n ? 0 : -ENOENT;
}
