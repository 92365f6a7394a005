// SPDX-License-Identifier: GPL-2.0-only
/*
 * Write leases by their files. A lease is shown with the descriptor that has it; who opens the file by
 * way of another, or of a mapping, breaks it all the same, and waits.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/parallel.h"
#include "engine/base/str.h"
#include "filelock.h"

struct leased {
	struct {
		dev_t dev;
		ino_t ino;
	} key;
	UT_hash_handle hh;
};
static struct leased *all;
static bool listed;

static int add(struct dump *d, unsigned int major, unsigned int minor, uint64_t ino)
{
	struct leased *l = arena_new(&d->arena, struct leased);

	if (!l)
		return -ENOMEM;
	l->key.dev = makedev(major, minor);
	l->key.ino = ino;
	HASH_ADD(hh, all, key, sizeof(l->key), l);
	return 0;
}

/* "3: LEASE  ACTIVE    WRITE 812 00:01:1234 0 EOF": would who opens it for reading break it? */
static bool is_in_the_way(const char *lock, unsigned int *major, unsigned int *minor, uint64_t *ino)
{
	char mode[10], type[6];

	return sscanf(lock, "%*d: LEASE %9s %5s %*d %x:%x:%" SCNu64, mode, type, major, minor,
		      ino) == 5 &&
	       (streq(type, "WRITE") || streq(mode, "BREAKING"));
}

static int list(struct dump *d)
{
	_cleanup_buf_ struct buf b = {};
	const char *at, *line;
	size_t len;
	int r = read_file_at(AT_FDCWD, "/proc/locks", &b);

	for (at = b.data; r >= 0 && at && next_line(&at, &line, &len);) {
		unsigned int major, minor;
		uint64_t ino;

		if (is_in_the_way(line, &major, &minor, &ino))
			r = add(d, major, minor, ino);
	}
	return r < 0 ? log_err(r, "/proc/locks") : 0;
}

/* ---- ahead ---- */

#define AHEAD_MS 30

static pthread_t reader;
static bool reading;

static void *read_once(void *arg)
{
	_cleanup_buf_ struct buf b = {};

	(void)read_file_at(AT_FDCWD, "/proc/locks", &b);
	return NULL;
}

void filelock_ahead_begin(void)
{
	reading = parallel_thread(&reader, read_once, NULL) == 0;
}

void filelock_ahead_end(void)
{
	struct timespec until;

	if (!reading)
		return;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += AHEAD_MS * 1000 * 1000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	if (pthread_clockjoin_np(reader, NULL, CLOCK_MONOTONIC, &until) != 0)
		pthread_detach(reader);
}

/* ---- then ---- */

bool filelock_leases(const struct fd_view *v)
{
	const char *at = v->fdinfo, *line;
	size_t len;

	while (next_line(&at, &line, &len)) {
		const char *lock = str_after(line, "lock:\t");
		unsigned int major, minor;
		uint64_t ino;

		if (lock && is_in_the_way(lock, &major, &minor, &ino))
			return true;
	}
	return false;
}

int filelock_leased(const struct fd_view *v)
{
	struct leased *l, key;
	int r = listed ? 0 : list(v->dump);

	if (r < 0)
		return r;
	listed = true;
	memset(&key, 0, sizeof(key));
	key.key.dev = v->st.st_dev;
	key.key.ino = v->st.st_ino;
	HASH_FIND(hh, all, &key.key, sizeof(key.key), l);
	return l != NULL;
}
