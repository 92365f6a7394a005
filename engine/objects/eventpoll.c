// SPDX-License-Identifier: GPL-2.0-only
/*
 * epoll(7): what it watches are open files, each with the number it was added under. The number
 * may have been closed since, or be another file's; kcmp(2) finds the file all the same.
 *
 * An edge-triggered entry whose edge was taken cannot be told from one whose edge waits, so that
 * an edge may be reported once more, never too rarely. Nor can the order of adding be told.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <uthash.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "eventpoll.h"
#include "files.h"

static bool number_behind(const char **at, const char *key, int base, uint64_t *ret)
{
	*at += strspn(*at, " \t");
	*at = str_after(*at, key);
	if (!*at)
		return false;
	*at += strspn(*at, " \t-");
	return scan_u64(at, base, ret);
}

/* "tfd: 5 events: 19 data: 5 pos:0 ino:2b sdev:f" */
int eventpoll_parse(const char *line, EventpollTfdEntry *e)
{
	uint64_t tfd, events, pos, dev;

	if (!str_after(line, "tfd:"))
		return 0;
	if (!number_behind(&line, "tfd:", 10, &tfd) ||
	    !number_behind(&line, "events:", 16, &events) ||
	    !number_behind(&line, "data:", 16, &e->data) ||
	    !number_behind(&line, "pos:", 10, &pos) ||
	    !number_behind(&line, "ino:", 16, &e->inode) ||
	    !number_behind(&line, "sdev:", 16, &dev))
		return -EBADMSG;
	e->tfd = tfd;
	e->events = events;
	e->has_dev = e->has_inode = e->has_pos = true;
	e->dev = dev;
	e->pos = pos;
	return 1;
}

/* ---- dump ---- */

/* Their targets will be known when all files of all tasks are. */
static struct eventpoll_seen *seen, **last = &seen;

static bool claims(const struct fd_view *v)
{
	return streq(v->link, "anon_inode:[eventpoll]");
}

static int read_entries(const struct fd_view *v, EventpollFileEntry *img)
{
	const char *at = v->fdinfo, *line;
	EventpollTfdEntry *e = NULL;
	size_t len, cap = 0;
	int r = 0;

	while (r >= 0 && next_line(&at, &line, &len)) {
		if (!e)
			e = arena_new(&v->dump->arena, EventpollTfdEntry);
		if (!e)
			return -ENOMEM;
		eventpoll_tfd_entry__init(e);
		r = eventpoll_parse(line, e);
		if (r <= 0)
			continue;
		if (img->n_tfd == cap) {
			EventpollTfdEntry **more;

			cap = MAX(cap * 2, 16UL);
			more = arena_array(&v->dump->arena, EventpollTfdEntry *, cap);
			if (!more)
				return -ENOMEM;
			if (img->n_tfd)
				memcpy(more, img->tfd, img->n_tfd * sizeof(*more));
			img->tfd = more;
		}
		img->tfd[img->n_tfd++] = TAKE_PTR(e);
	}
	return r < 0 ? r : 0;
}

static void read_params(const struct fd_view *v, EventpollFileEntry *img)
{
	struct eventpoll_params p;

	/* Before 6.9, and without busy polling, there are none. */
	if (ioctl(v->copy, EVENTPOLL_GET_PARAMS, &p) < 0)
		return;
	img->has_busy_poll_usecs = p.busy_poll_usecs;
	img->busy_poll_usecs = p.busy_poll_usecs;
	img->has_busy_poll_budget = p.busy_poll_budget;
	img->busy_poll_budget = p.busy_poll_budget;
	img->has_prefer_busy_poll = img->prefer_busy_poll = p.prefer_busy_poll;
}

static int dump(const struct fd_view *v, FileEntry *fe)
{
	EventpollFileEntry *img = arena_new(&v->dump->arena, EventpollFileEntry);
	struct eventpoll_seen *s = arena_new(&v->dump->arena, struct eventpoll_seen);
	int r;

	if (!img || !s)
		return -ENOMEM;
	eventpoll_file_entry__init(img);
	fe->epfd = img;
	img->id = fe->id;
	img->flags = v->flags;
	r = read_entries(v, img);
	if (r < 0)
		return log_err(r, "%s: what it watches", fd_view_name(v));
	read_params(v, img);
	s->img = img;
	s->pid = v->pid;
	snprintf(s->who, sizeof(s->who), "%s", fd_view_name(v));
	s->fd = fcntl(v->copy, F_DUPFD_CLOEXEC, 0);
	if (s->fd < 0)
		return log_err(-errno, "%s", s->who);
	*last = s;
	last = &s->next;
	return fown_dump(v, &img->fown);
}

static int dump_end(struct dump *d)
{
	int r = 0;

	for (; seen; seen = seen->next) {
		if (r == 0)
			r = eventpoll_find_targets(d, seen);
		close(seen->fd);
	}
	last = &seen;
	return r;
}

/* ---- restore ---- */

extern const struct object eventpoll_object;

static int check(struct restore *r, struct restore_file *f)
{
	const EventpollFileEntry *img = f->fe->epfd;

	if (!img || !img->fown)
		return log_bad_image("files.img: epoll %u has no content", f->id);
	/* What each entry leads to. */
	f->data = arena_array(&r->arena, struct restore_file *, img->n_tfd + 1);
	if (!f->data)
		return -ENOMEM;
	f->fown = img->fown;
	f->flags = img->flags;
	return 0;
}

const struct restore_fd *eventpoll_fd_at(const struct restore_task *t, uint32_t number)
{
	unsigned int low = 0, high = t->n_fds, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if ((uint32_t)t->fd[mid].fd == number)
			return t->fd[mid].lent ? NULL : &t->fd[mid];
		if ((uint32_t)t->fd[mid].fd < number)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* By its id, or as other writers have it: by its number. */
static struct restore_file *target_of(const struct restore *r, const struct restore_file *f,
				      const EventpollTfdEntry *e)
{
	const struct restore_fd *d;

	if (e->has_file_id)
		return restore_file_by_id(r, e->file_id);
	d = eventpoll_fd_at(f->owner, e->tfd);
	return d ? d->file : NULL;
}

static int plan_one(struct restore *r, struct restore_file *f)
{
	const EventpollFileEntry *img = f->fe->epfd;
	struct restore_file **target = f->data;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < img->n_tfd; i++) {
		uint32_t number = eventpoll_number(img->tfd[i]);

		target[i] = target_of(r, f, img->tfd[i]);
		if (!target[i] || target[i] == f || number > INT32_MAX)
			return log_bad_image(
				"files.img: epoll %u: descriptor %u is nothing it could watch",
				f->id, number);
		ret = files_lend(r, f->owner, target[i]);
	}
	return ret;
}

static int plan(struct restore *r)
{
	struct restore_file *f, *next;
	int ret = 0;

	HASH_ITER(hh, r->files, f, next)
		/* Without an owner nobody will make it. */
		if (ret == 0 && f->ops == &eventpoll_object && f->owner)
			ret = plan_one(r, f);
	return ret;
}

static int open_file(struct restore *r, struct restore_file *f)
{
	int fd = epoll_create1(0);

	return fd < 0 ? log_err(-errno, "epoll %u", f->id) : fd;
}

const struct object eventpoll_object = {
	.name = "eventpoll",
	.type = FD_TYPES__EVENTPOLL,
	.claims = claims,
	.dump = dump,
	.dump_end = dump_end,
	.check = check,
	.plan = plan,
	.open = open_file,
	.connect = eventpoll_add_all,
	/* Files in flight may be epolls, or what one watches. */
	.after = LIST("unix"),
};
