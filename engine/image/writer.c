// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/cleanup.h"
#include "engine/base/crc32c.h"
#include "engine/base/fd.h"
#include "engine/base/parallel.h"
#include "writer.h"

/* A dump of one task has about ten files: no thread is made for those. */
#define THREAD_FROM 16

struct job {
	struct job *next;
	struct image_written result;
	struct buf b;
	char name[];
};

struct image_writer {
	int dirfd;
	pthread_mutex_t lock;
	pthread_cond_t more;
	pthread_t thread;
	bool threaded, ending;
	struct job *first, **last; /* all there ever were */
	struct job *todo;          /* the next to be written */
	unsigned int n;
};

struct image_writer *image_writer_new(int dirfd)
{
	struct image_writer *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->dirfd = dirfd;
	w->last = &w->first;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	return w;
}

static int write_file(const struct image_writer *w, const struct job *j)
{
	_cleanup_close_ int fd = openat(
		w->dirfd, j->name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : write_full(fd, j->b.data, j->b.len);
}

static void do_job(const struct image_writer *w, struct job *j)
{
	j->result.size = j->b.len;
	j->result.crc = crc32c(0, j->b.data, j->b.len);
	j->result.err = write_file(w, j);
	buf_done(&j->b);
}

static void *work(void *arg)
{
	struct image_writer *w = arg;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		struct job *j = w->todo;

		if (!j && w->ending)
			break;
		if (!j) {
			pthread_cond_wait(&w->more, &w->lock);
			continue;
		}
		w->todo = j->next;
		pthread_mutex_unlock(&w->lock);
		do_job(w, j);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static int help(void *arg, size_t i)
{
	work(arg);
	return 0;
}

int image_writer_add(struct image_writer *w, const char *name, unsigned int index, struct buf *b)
{
	struct job *j = calloc(1, sizeof(*j) + strlen(name) + 1);

	if (!j)
		return -ENOMEM;
	strcpy(j->name, name);
	j->result.index = index;
	j->b = *b;
	*b = (struct buf){};

	pthread_mutex_lock(&w->lock);
	*w->last = j;
	w->last = &j->next;
	if (!w->todo)
		w->todo = j;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
	/* Without a thread they are written at the end. */
	if (++w->n == THREAD_FROM)
		w->threaded = parallel_thread(&w->thread, work, w) == 0;
	return 0;
}

void image_writer_end(struct image_writer *w,
		      void (*tell)(void *arg, const struct image_written *f), void *arg)
{
	struct job *next;

	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
	if (w->threaded)
		pthread_join(w->thread, NULL);
	else
		(void)parallel_for(MIN(w->n, 2U), help, w);
	for (struct job *j = w->first; j; j = next) {
		next = j->next;
		tell(arg, &j->result);
		free(j);
	}
	pthread_cond_destroy(&w->more);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
