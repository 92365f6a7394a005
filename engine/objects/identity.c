// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files can only be the same when their inodes are; among those of one inode kcmp(2) finds the
 * one in a tree, by the order it gives to all open files. All anonymous inodes are one inode, so
 * that a tree may be big.
 *
 * Comparing descriptors of our own is several times cheaper: the kernel then has no access to check.
 * So copies are kept for as long as there are descriptors left for that, and only where there is
 * anything to compare: most inodes are open once.
 */
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uthash.h>

#include "engine/base/cleanup.h"
#include "engine/kernel/syscalls.h"
#include "identity.h"

struct bucket {
	struct {
		dev_t dev;
		ino_t ino;
	} key;
	struct open_file *first; /* until there is a second one */
	void *tree;              /* tsearch of struct open_file */
	UT_hash_handle hh;
};

struct open_files {
	struct bucket *buckets;
	unsigned int copies, max_copies;
	struct open_file *spare;
};

static pid_t self;

struct open_files *open_files_new(void)
{
	struct open_files *all = calloc(1, sizeof(*all));
	struct rlimit limit = {};

	getrlimit(RLIMIT_NOFILE, &limit);
	self = getpid();
	if (all)
		all->max_copies = MIN(limit.rlim_cur, 1UL << 20) / 2;
	return all;
}

static void file_free(void *file)
{
	struct open_file *f = file;

	if (f)
		cleanup_close(&f->copy);
	free(f);
}

void open_files_free(struct open_files *all)
{
	struct bucket *b, *next;

	if (!all)
		return;
	HASH_ITER(hh, all->buckets, b, next) {
		HASH_DEL(all->buckets, b);
		file_free(b->first);
		tdestroy(b->tree, file_free);
		free(b);
	}
	free(all->spare);
	free(all);
}

static int by_open_file(const void *a, const void *b)
{
	const struct open_file *x = a, *y = b;
	int r = sys_kcmp_file(x->copy >= 0 ? self : x->pid, x->copy >= 0 ? x->copy : x->fd,
			      y->copy >= 0 ? self : y->pid, y->copy >= 0 ? y->copy : y->fd);

	/* An error would be taken for an order: those who could cause it are held still. */
	return r == 0 ? 0 : r == 1 ? -1 : 1;
}

static struct bucket *bucket_of(struct open_files *all, const struct stat *st)
{
	struct bucket *b, key;

	memset(&key, 0, sizeof(key));
	key.key.dev = st->st_dev;
	key.key.ino = st->st_ino;
	HASH_FIND(hh, all->buckets, &key.key, sizeof(key.key), b);
	if (b)
		return b;
	b = calloc(1, sizeof(*b));
	if (b) {
		b->key = key.key;
		HASH_ADD(hh, all->buckets, key, sizeof(b->key), b);
	}
	return b;
}

/* Does without when there are none left, unless the caller's own will go. */
static int keep_copy(struct open_files *all, struct open_file *f, int fd, bool must)
{
	if (f->copy >= 0 || (all->copies >= all->max_copies && !must))
		return 0;
	f->copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (f->copy < 0)
		return must ? -errno : 0;
	all->copies++;
	return 0;
}

/* The one open file an inode had so far goes into the tree, to be compared with. */
static int plant(struct open_files *all, struct bucket *b)
{
	_cleanup_close_ int pidfd = -EBADF, copy = -EBADF;

	if (b->first->copy < 0 && all->copies < all->max_copies) {
		pidfd = sys_pidfd_open(b->first->pid, 0);
		copy = pidfd < 0 ? pidfd : sys_pidfd_getfd(pidfd, b->first->fd);
		if (copy >= 0)
			(void)keep_copy(all, b->first, copy, false);
	}
	if (!tsearch(b->first, &b->tree, by_open_file))
		return -ENOMEM;
	b->first = NULL;
	return 0;
}

int open_files_find(struct open_files *all, pid_t pid, int fd, int copy, const struct stat *st,
		    struct open_file **ret)
{
	struct bucket *b = bucket_of(all, st);
	struct open_file *f, **at;
	int r;

	if (!b)
		return -ENOMEM;
	if (!all->spare)
		all->spare = malloc(sizeof(*f));
	f = all->spare;
	if (!f)
		return -ENOMEM;
	*f = (struct open_file){ .pid = pid, .fd = fd, .copy = -EBADF };
	if (!b->first && !b->tree) {
		r = pid == self ? keep_copy(all, f, copy, true) : 0;
		if (r < 0)
			return r;
		b->first = *ret = TAKE_PTR(all->spare);
		return 1;
	}
	if (b->first) {
		r = plant(all, b);
		if (r < 0)
			return r;
	}
	/* With the caller's copy for as long as it is only a question. */
	f->copy = copy;
	at = tsearch(f, &b->tree, by_open_file);
	f->copy = -EBADF;
	if (!at)
		return -ENOMEM;
	*ret = *at;
	if (*at != f)
		return 0;
	all->spare = NULL;
	r = keep_copy(all, f, copy, pid == self);
	return r < 0 ? r : 1;
}
