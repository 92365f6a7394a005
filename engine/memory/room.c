// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel lets one fallocate(2) or write(2) into a file at a time. A CPU that has no file of its
 * own to fill helps with another's, from its end: by a userfaultfd, which puts pages into a mapping
 * of the file in far less time than faults would, and without that lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/parallel.h"
#include "engine/kernel/userfaultfd.h"
#include "room.h"

struct job {
	struct room **room;
	unsigned int n;
	pthread_mutex_t lock; /* of all that says whose a part is */
};

bool room_is_memory(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC;
}

char *room_at(const struct room *r, uint64_t pos, uint64_t len)
{
	return r->map && pos >= r->mapped && pos + len <= r->size ? r->map + pos : NULL;
}

/* The next part from the bottom or the top; its length, 0 when there is none. */
static uint64_t take(struct job *job, struct room *r, bool from_top, uint64_t *at)
{
	uint64_t len = 0;

	pthread_mutex_lock(&job->lock);
	if (r->bottom < r->top && !r->failed) {
		*at = from_top ? ALIGN_DOWN(r->top - 1, ROOM_PART) : r->bottom;
		len = MIN(r->top - *at, ROOM_PART);
		if (from_top)
			r->top = *at;
		else
			r->bottom += len;
	}
	pthread_mutex_unlock(&job->lock);
	return len;
}

static void failed(struct job *job, struct room *r, uint64_t end)
{
	pthread_mutex_lock(&job->lock);
	r->failed = true;
	r->bad = MAX(r->bad, end);
	pthread_mutex_unlock(&job->lock);
}

static void fill(struct job *job, struct room *r)
{
	uint64_t at, len;

	while ((len = take(job, r, false, &at)))
		if (fallocate(r->fd, 0, at, len) < 0)
			failed(job, r, 0);
}

static bool watch(struct room *r)
{
	r->uffd = userfaultfd_open(UFFD_USER_MODE_ONLY, 0);
	return r->uffd >= 0 && userfaultfd_watch(r->uffd, r->map, r->size) == 0;
}

static void map(struct room *r)
{
	void *p = MAP_FAILED;

	if (ftruncate(r->fd, r->size) == 0)
		p = mmap(NULL, r->size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (p == MAP_FAILED)
		return;
	r->map = p;
	if (!watch(r))
		room_done(r);
}

void room_done(struct room *r)
{
	cleanup_close(&r->uffd);
	r->uffd = -EBADF;
	if (r->map)
		munmap(r->map, r->size);
	r->map = NULL;
}

/* Whoever comes first makes the mapping. */
static bool can_help(struct job *job, struct room *r)
{
	pthread_mutex_lock(&job->lock);
	if (!r->helped && r->bottom < r->top)
		map(r);
	r->helped = true;
	pthread_mutex_unlock(&job->lock);
	return r->map;
}

static void help(struct job *job, struct room *r)
{
	uint64_t at, len;

	while (can_help(job, r) && (len = take(job, r, true, &at))) {
		struct uffdio_zeropage zero = {
			.range = { .start = (uintptr_t)r->map + at, .len = len },
			.mode = UFFDIO_ZEROPAGE_MODE_DONTWAKE,
		};

		if (ioctl(r->uffd, UFFDIO_ZEROPAGE, &zero) < 0)
			failed(job, r, at + len);
	}
}

static bool nobody_fills(struct job *job, struct room *r)
{
	bool filling;

	pthread_mutex_lock(&job->lock);
	filling = r->filling;
	r->filling = true;
	pthread_mutex_unlock(&job->lock);
	return !filling;
}

static int work(void *arg, size_t which)
{
	struct job *job = arg;

	for (unsigned int i = 0; i < job->n; i++)
		if (nobody_fills(job, job->room[i]))
			fill(job, job->room[i]);
	for (unsigned int i = 0; i < job->n; i++)
		help(job, job->room[i]);
	return 0;
}

void room_make(struct room **room, unsigned int n)
{
	struct job job = { .room = room, .n = n, .lock = PTHREAD_MUTEX_INITIALIZER };

	for (unsigned int i = 0; i < n; i++) {
		room[i]->top = room[i]->size;
		room[i]->uffd = -EBADF;
	}
	(void)parallel_for(parallel_cpus(), work, &job);
	for (unsigned int i = 0; i < n; i++) {
		room[i]->mapped = MAX(room[i]->top, room[i]->bad);
		cleanup_close(&room[i]->uffd);
		room[i]->uffd = -EBADF;
	}
}
