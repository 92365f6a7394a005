// SPDX-License-Identifier: GPL-2.0-only
/*
 * A huge page is made, filled through a mapping and freed in a tenth of the time its 512 small ones
 * take, and MADV_COLLAPSE (since 6.1) makes one in a file whatever the mount's huge= says. All CPUs
 * make those from the file's begin on.
 *
 * Where there are none: the kernel lets one fallocate(2) or write(2) into a file at a time. A CPU that
 * has no file of its own to fill helps with another's, from its end: by a userfaultfd, which puts pages
 * into a mapping of the file in far less time than faults would, and without that lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/parallel.h"
#include "engine/kernel/userfaultfd.h"
#include "room.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

/* For each call the kernel waits until all CPUs have put their new pages in order: not too many. */
#define HUGE_STEP   (2 * ROOM_PART)
/*
 * A huge page takes a third of the CPU time that its small ones do. More than they do ends it: a
 * hypervisor may have to find the memory, which it takes from a guest's big free blocks first, and is
 * at it for ten times as long; or the kernel has to move others out of the way.
 */
#define TOO_LONG_NS (1000 * 1000L)

struct job {
	struct room **room;
	unsigned int n;
	pthread_mutex_t lock; /* of all that says whose a part is */
	bool no_huge;
};

bool room_is_memory(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC;
}

char *room_at(const struct room *r, uint64_t pos, uint64_t len)
{
	bool low = pos + len <= r->low, high = pos >= r->high && pos + len <= r->size;

	return r->map && (low || high) ? r->map + pos : NULL;
}

/* Where the file's parts are whole ones of the page tables, as those of huge pages must be. */
static void map(struct room *r)
{
	size_t all = r->size + ROOM_PART;
	char *p, *at;

	if (ftruncate(r->fd, r->size) < 0)
		return;
	p = mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return;
	at = (char *)ALIGN_UP((uintptr_t)p, ROOM_PART);
	if (mmap(at, r->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, r->fd, 0) != at) {
		munmap(p, all);
		return;
	}
	/* Nor is each of them told, when the mapping goes, that it was used. */
	(void)madvise(at, r->size, MADV_RANDOM);
	r->map = at;
	if (at > p)
		munmap(p, at - p);
	at += r->size;
	if (at < p + all)
		munmap(at, p + all - at);
}

void room_done(struct room *r)
{
	if (r->map)
		munmap(r->map, r->size);
	r->map = NULL;
}

enum end { BOTTOM, TOP };

/* The next part, or as much as `most`; its length, 0 when there is none. */
static uint64_t take(struct room *r, enum end end, uint64_t most, uint64_t *at)
{
	uint64_t len;

	if (r->bottom >= r->top || r->failed)
		return 0;
	*at = end == TOP ? ALIGN_DOWN(r->top - 1, most) : r->bottom;
	len = MIN(r->top - *at, most);
	if (end == TOP)
		r->top = *at;
	else
		r->bottom += len;
	return len;
}

static uint64_t take_locked(struct job *job, struct room *r, enum end end, uint64_t *at)
{
	uint64_t len;

	pthread_mutex_lock(&job->lock);
	len = take(r, end, ROOM_PART, at);
	pthread_mutex_unlock(&job->lock);
	return len;
}

/* ---- huge pages ---- */

static uint64_t take_huge(struct job *job, struct room *r, uint64_t most, uint64_t *at)
{
	uint64_t len = 0;

	pthread_mutex_lock(&job->lock);
	if (r->map && !job->no_huge)
		len = take(r, BOTTOM, most, at);
	pthread_mutex_unlock(&job->lock);
	return len;
}

/* Others may be at parts they took before: those are made all the same, in one way or the other. */
static void no_more_huge(struct job *job)
{
	pthread_mutex_lock(&job->lock);
	for (unsigned int i = 0; i < job->n && !job->no_huge; i++)
		job->room[i]->low = MIN(job->room[i]->low, job->room[i]->bottom);
	job->no_huge = true;
	pthread_mutex_unlock(&job->lock);
}

static void failed_low(struct job *job, struct room *r, uint64_t at)
{
	pthread_mutex_lock(&job->lock);
	r->failed = true;
	r->low = MIN(r->low, at);
	pthread_mutex_unlock(&job->lock);
}

/* Where there is no page at all the kernel makes no huge one either. */
static bool make_huge(const struct room *r, uint64_t at, uint64_t len)
{
	for (uint64_t pos = at; pos < at + len; pos += ROOM_PART)
		if (pwrite(r->fd, "", 1, pos) != 1)
			return false;
	return madvise(r->map + at, len, MADV_COLLAPSE) == 0;
}

static int64_t own_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* In longer and longer steps: one that takes too long may do so for the first page already. */
static void fill_huge(struct job *job, struct room *r)
{
	uint64_t step = ROOM_PART, at, len;

	for (; (len = take_huge(job, r, step, &at)); step = MIN(2 * step, HUGE_STEP)) {
		uint64_t whole = ALIGN_DOWN(len, ROOM_PART);
		int64_t begun = own_ns();
		bool made = !whole || make_huge(r, at, whole);

		if (!made || own_ns() - begun > (int64_t)(whole / ROOM_PART) * TOO_LONG_NS)
			no_more_huge(job);
		if (made && whole == len)
			continue;
		/* What is missing. */
		if (fallocate(r->fd, 0, at, len) < 0)
			failed_low(job, r, at);
	}
}

/* ---- small ones ---- */

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

	while ((len = take_locked(job, r, BOTTOM, &at)))
		if (fallocate(r->fd, 0, at, len) < 0)
			failed(job, r, 0);
}

static void watch(struct room *r)
{
	r->uffd = userfaultfd_open(UFFD_USER_MODE_ONLY, 0);
	r->watched = r->uffd >= 0 &&
		     userfaultfd_watch(r->uffd, r->map + r->bottom, r->top - r->bottom) == 0;
}

/* Whoever comes first has it watched. */
static bool can_help(struct job *job, struct room *r)
{
	pthread_mutex_lock(&job->lock);
	if (!r->helped && r->map && r->bottom < r->top)
		watch(r);
	r->helped = true;
	pthread_mutex_unlock(&job->lock);
	return r->watched;
}

static void help(struct job *job, struct room *r)
{
	uint64_t at, len;

	while (can_help(job, r) && (len = take_locked(job, r, TOP, &at))) {
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
		fill_huge(job, job->room[i]);
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
		room[i]->low = room[i]->top = room[i]->size;
		room[i]->uffd = -EBADF;
		map(room[i]);
	}
	(void)parallel_for(parallel_cpus(), work, &job);
	for (unsigned int i = 0; i < n; i++) {
		room[i]->high = MAX(room[i]->top, room[i]->bad);
		cleanup_close(&room[i]->uffd);
		room[i]->uffd = -EBADF;
	}
}
