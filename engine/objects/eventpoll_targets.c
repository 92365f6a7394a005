// SPDX-License-Identifier: GPL-2.0-only
/* Which open files an epoll watches. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <uthash.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "eventpoll.h"
#include "files.h"
#include "numbers.h"

/* How many entries of a number have been seen. */
struct count {
	uint32_t number, n;
	UT_hash_handle hh;
};

static int count_number(struct count **all, uint32_t number, uint32_t *nth)
{
	struct count *c;

	HASH_FIND(hh, *all, &number, sizeof(number), c);
	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c)
			return -ENOMEM;
		c->number = number;
		HASH_ADD(hh, *all, number, sizeof(c->number), c);
	}
	*nth = c->n++;
	return 0;
}

static int check_reported(const struct eventpoll_seen *s, const EventpollTfdEntry *e,
			  const struct open_file *f)
{
	_cleanup_close_ int fd = -EBADF;

	if (!eventpoll_has_reported(e))
		return 0;
	fd = open_file_copy(f);
	if (fd < 0)
		return log_err(fd, "%s: what it added as descriptor %u", s->who,
			       eventpoll_number(e));
	if (!eventpoll_can_report(f->type, fd))
		return log_refuse("%s: what it added as descriptor %u is one-shot and has "
				  "reported, and there is no way to make it do so again",
				  s->who, eventpoll_number(e));
	return 0;
}

/*
 * Asking about each entry would make the kernel walk along all entries every time. So where there
 * are many, it is asked whether a guess is there already, for which it looks once: by adding it,
 * which fails if it is. A wrong guess, which is rare, is taken away again at once.
 */
#define MANY 64

struct guesses {
	const struct eventpoll_seen *s;
	struct open_file **file; /* for each entry; NULL: none, or it was wrong */
};

static bool is_there(int epoll, const EventpollTfdEntry *e, const struct open_file *f)
{
	struct epoll_event none = { .data.u64 = e->data };
	int fd = open_file_copy(f), there = -1, r;
	bool yes = false;

	if (fd < 0)
		return false;
	r = (uint32_t)fd == e->tfd ? 0 : numbers_put(fd, e->tfd, &there);
	/* The number may be that of the epoll itself. */
	if (there >= 0 && (uint32_t)epoll == e->tfd)
		epoll = there;
	if (r == 0) {
		r = epoll_ctl(epoll, EPOLL_CTL_ADD, e->tfd, &none);
		yes = r < 0 && errno == EEXIST;
		if (r == 0)
			epoll_ctl(epoll, EPOLL_CTL_DEL, e->tfd, NULL);
	}
	if ((uint32_t)fd != e->tfd) {
		(void)numbers_put_back(e->tfd, there);
		close(fd);
	}
	return yes;
}

static int check_guesses(void *arg)
{
	struct guesses *g = arg;

	for (size_t i = 0; i < g->s->img->n_tfd; i++)
		if (g->file[i] && !is_there(g->s->fd, g->s->img->tfd[i], g->file[i]))
			g->file[i] = NULL;
	return 0;
}

/* ---- all entries ---- */

static int find_target(struct dump *d, const struct eventpoll_seen *s, EventpollTfdEntry *e,
		       uint32_t nth, struct open_file *guess, struct open_file **ret)
{
	struct watched w = {
		.epoll = s->fd,
		.fd = e->tfd,
		.nth = nth,
		/* MINORBITS of linux/kdev_t.h */
		.dev = makedev(e->dev >> 20, e->dev & 0xfffff),
		.ino = e->inode,
	};
	int r = files_find_watched(d, &w, guess, ret);

	if (r == -ENOENT)
		return log_refuse("%s: what it added as descriptor %u (inode %ju of device %u:%u) "
				  "is open outside the tree only",
				  s->who, e->tfd, (uintmax_t)e->inode, major(w.dev), minor(w.dev));
	return r < 0 ? log_err(r, "%s: what it added as descriptor %u", s->who, e->tfd) : 0;
}

/*
 * The number by which other readers find the file, in the task that they open the epoll in: of one in
 * flight we do not know which that is.
 */
static int number_of(struct dump *d, const struct eventpoll_seen *s, const EventpollTfdEntry *e,
		     const struct open_file *f, bool by_number)
{
	if (by_number)
		return e->tfd;
	if (s->pid == getpid())
		return files_only_number(d, f);
	return f->pid == s->pid ? f->fd : -1;
}

static void put_target(EventpollTfdEntry *e, const struct open_file *f, int fd)
{
	e->has_file_id = true;
	e->file_id = f->id;
	if ((uint32_t)fd != e->tfd) {
		e->has_number = true;
		e->number = e->tfd;
		e->tfd = fd;
	}
}

static int find_all(struct dump *d, const struct eventpoll_seen *s, struct open_file **file)
{
	struct count *counts = NULL, *c, *next;
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->img->n_tfd; i++) {
		EventpollTfdEntry *e = s->img->tfd[i];
		struct open_file *guess = files_by_number(d, s->pid, e->tfd), *f = file[i];
		uint32_t nth;

		r = count_number(&counts, e->tfd, &nth);
		if (r == 0 && !f)
			r = find_target(d, s, e, nth, s->img->n_tfd > MANY ? NULL : guess, &f);
		if (r < 0)
			break;
		put_target(e, f, number_of(d, s, e, f, f == guess));
		r = check_reported(s, e, f);
	}
	HASH_ITER(hh, counts, c, next) {
		HASH_DEL(counts, c);
		free(c);
	}
	return r;
}

/* A socket has one open file, which its inode tells. */
static bool is_socket(const struct open_file *f)
{
	return f->type == FD_TYPES__UNIXSK || f->type == FD_TYPES__INETSK ||
	       f->type == FD_TYPES__PACKETSK || f->type == FD_TYPES__NETLINKSK;
}

int eventpoll_find_targets(struct dump *d, const struct eventpoll_seen *s)
{
	_cleanup_free_ struct open_file **file = calloc(s->img->n_tfd + 1, sizeof(*file));
	struct guesses g = { .s = s, .file = file };
	int r = 0;

	if (!file)
		return -ENOMEM;
	if (s->img->n_tfd > MANY) {
		for (size_t i = 0; i < s->img->n_tfd; i++) {
			file[i] = files_by_number(d, s->pid, s->img->tfd[i]->tfd);
			if (file[i] && is_socket(file[i]))
				file[i] = NULL;
		}
		r = numbers_in_copy(check_guesses, &g);
	}
	return r < 0 ? r : find_all(d, s, file);
}
