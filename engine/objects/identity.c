// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files can only be the same when their inodes are; among those of one inode kcmp(2) finds
 * the one in a tree, by the order it gives to all open files. All anonymous inodes are one inode,
 * so that a tree may be big.
 *
 * Comparing descriptors of our own is several times cheaper: the kernel then has no access to
 * check. So copies are kept for as long as there are descriptors left for that, and only where
 * there is anything to compare: most inodes are open once. What is compared below one inode concerns
 * no other one, so that all CPUs compare.
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
#include "engine/base/parallel.h"
#include "engine/kernel/syscalls.h"
#include "identity.h"

struct bucket {
	struct {
		dev_t dev;
		ino_t ino;
	} key;
	bool socket;                              /* it has but one open file */
	struct open_file *first;                  /* until there is a second one */
	void *tree;                               /* tsearch of struct open_file */
	struct open_file_question *asked, **last; /* in turn */
	UT_hash_handle hh;
};

struct open_files {
	struct bucket *buckets;
	unsigned int copies, max_copies;
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
	free(all);
}

/* This thread of ours: the kernel locks the one it is told, and the others compare as well. */
static __thread pid_t here;

static int by_open_file(const void *a, const void *b)
{
	const struct open_file *x = a, *y = b;
	int r;

	here = here ?: gettid();
	r = sys_kcmp_file(x->copy >= 0 ? here : x->pid, x->copy >= 0 ? x->copy : x->fd,
			  y->copy >= 0 ? here : y->pid, y->copy >= 0 ? y->copy : y->fd);

	/* An error would be taken for an order: those who could cause it are held still. */
	return r == 0 ? 0 : r == 1 ? -1 : 1;
}

static struct bucket *find_bucket(const struct open_files *all, dev_t dev, ino_t ino)
{
	struct bucket *b, key;

	memset(&key, 0, sizeof(key));
	key.key.dev = dev;
	key.key.ino = ino;
	HASH_FIND(hh, all->buckets, &key.key, sizeof(key.key), b);
	return b;
}

static struct bucket *bucket_of(struct open_files *all, const struct stat *st)
{
	struct bucket *b = find_bucket(all, st->st_dev, st->st_ino);

	if (b)
		return b;
	b = calloc(1, sizeof(*b));
	if (b) {
		b->key.dev = st->st_dev;
		b->key.ino = st->st_ino;
		b->socket = S_ISSOCK(st->st_mode);
		HASH_ADD(hh, all->buckets, key, sizeof(b->key), b);
	}
	return b;
}

/* Does without when there are none left. */
static bool may_keep(struct open_files *all)
{
	if (__atomic_fetch_add(&all->copies, 1, __ATOMIC_RELAXED) < all->max_copies)
		return true;
	__atomic_fetch_sub(&all->copies, 1, __ATOMIC_RELAXED);
	return false;
}

/* A descriptor of ours will go. */
static int keep_own(struct open_file *f, int fd)
{
	f->copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return f->copy < 0 ? -errno : 0;
}

int open_file_copy(const struct open_file *f)
{
	_cleanup_close_ int pidfd = -EBADF;
	int fd;

	if (f->copy >= 0) {
		fd = fcntl(f->copy, F_DUPFD_CLOEXEC, 0);
		return fd < 0 ? -errno : fd;
	}
	pidfd = sys_pidfd_open(f->pid, 0);
	return pidfd < 0 ? pidfd : sys_pidfd_getfd(pidfd, f->fd);
}

/* The one open file an inode had so far goes into the tree, to be compared with. */
static int plant(struct open_files *all, struct bucket *b)
{
	_cleanup_close_ int copy = -EBADF;

	if (b->first->copy < 0) {
		copy = open_file_copy(b->first);
		if (copy >= 0 && may_keep(all))
			b->first->copy = TAKE_FD(copy);
	}
	if (!tsearch(b->first, &b->tree, by_open_file))
		return -ENOMEM;
	b->first = NULL;
	return 0;
}

static int answer(struct open_files *all, struct bucket *b, struct open_file_question *q,
		  struct open_file **spare)
{
	struct open_file *f = *spare = *spare ?: malloc(sizeof(*f)), **at;
	bool own = q->pid == self;
	int r = 0;

	if (!f)
		return -ENOMEM;
	*f = (struct open_file){ .pid = q->pid, .fd = q->fd, .copy = -EBADF };
	if (!b->first && !b->tree) {
		r = own ? keep_own(f, q->copy) : 0;
		if (r == 0)
			b->first = q->answer = TAKE_PTR(*spare);
		return r;
	}
	if (b->first)
		r = plant(all, b);
	if (r < 0)
		return r;
	/* With the caller's copy for as long as it is only a question. */
	f->copy = q->copy;
	at = tsearch(f, &b->tree, by_open_file);
	f->copy = -EBADF;
	if (!at)
		return -ENOMEM;
	q->answer = *at;
	if (*at != f)
		return 0;
	*spare = NULL;
	if (own)
		return keep_own(f, q->copy);
	q->kept = may_keep(all);
	if (q->kept)
		f->copy = q->copy;
	return 0;
}

struct work {
	struct open_files *all;
	struct bucket **bucket;
};

static int answer_bucket(void *arg, size_t i)
{
	const struct work *w = arg;
	struct bucket *b = w->bucket[i];
	struct open_file *spare = NULL;
	int r = 0;

	for (; r == 0 && b->asked; b->asked = b->asked->next)
		r = answer(w->all, b, b->asked, &spare);
	b->asked = NULL;
	free(spare);
	return r;
}

int open_files_find(struct open_files *all, struct open_file_question *q, size_t n)
{
	_cleanup_free_ struct bucket **bucket = calloc(n, sizeof(*bucket));
	struct work w = { all, bucket };
	size_t n_buckets = 0, crowded = 0;
	int r = 0;

	if (!bucket)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct bucket *b = q[i].bucket = bucket_of(all, q[i].st);

		q[i].next = NULL;
		if (!b) {
			r = -ENOMEM;
		} else if (!b->asked) {
			b->asked = &q[i];
			b->last = &q[i].next;
			bucket[n_buckets++] = b;
		} else {
			*b->last = &q[i];
			b->last = &q[i].next;
		}
	}
	/* Those with nothing to compare are no work for others. */
	for (size_t i = 0; i < n_buckets; i++) {
		struct bucket *b = bucket[i];

		if (r < 0)
			b->asked = NULL;
		else if (b->first || b->tree || b->asked->next)
			bucket[crowded++] = b;
		else
			r = answer_bucket(&(struct work){ all, &b }, 0);
	}
	if (r == 0)
		r = parallel_for(crowded, answer_bucket, &w);
	for (size_t i = 0; i < crowded; i++)
		bucket[i]->asked = NULL;
	return r;
}

/* ---- what an epoll watches ---- */

static int compare_watched(const struct watched *w, const struct open_file *f)
{
	return sys_kcmp_epoll(f->copy >= 0 ? self : f->pid, f->copy >= 0 ? f->copy : f->fd,
			      w->epoll, w->fd, w->nth);
}

/* The kernel orders these as it does any two open files: the tree needs no other order. */
static int by_watched(const void *a, const void *b)
{
	int r = compare_watched(a, b);

	return r == 0 ? 0 : r == 1 ? 1 : -1;
}

static struct open_file *search_bucket(const struct bucket *b, const struct watched *w)
{
	struct open_file **at;

	if (b->first)
		return compare_watched(w, b->first) == 0 ? b->first : NULL;
	at = tfind(w, &b->tree, by_watched);
	return at ? *at : NULL;
}

/*
 * The kernel finds the nth entry of a number by walking along all entries of the epoll, so that
 * each question has its price: a right guess asks one. None is asked about sockets, which nobody
 * can open once more.
 */
int open_files_find_watched(struct open_files *all, const struct watched *w,
			    struct open_file *guess, struct open_file **ret)
{
	struct bucket *b = find_bucket(all, w->dev, w->ino), *next;

	if (b && b->socket && b->first && b->first->type != FD_TYPES__REG) {
		*ret = b->first;
		return 0;
	}
	*ret = guess && compare_watched(w, guess) == 0 ? guess : NULL;
	if (!*ret && b)
		*ret = search_bucket(b, w);
	/* On some file systems fdinfo and stat(2) differ about inodes. */
	if (!*ret && !b)
		HASH_ITER(hh, all->buckets, b, next)
			if (!*ret)
				*ret = search_bucket(b, w);
	return *ret ? 0 : -ENOENT;
}
