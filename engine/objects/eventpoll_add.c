// SPDX-License-Identifier: GPL-2.0-only
/* What an epoll watches, added again. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "eventpoll.h"
#include "files.h"
#include "numbers.h"

/* Entries to be added under numbers that their files do not have. */
struct elsewhere {
	struct restore *r;
	struct restore_file *f;
	int epoll;
	const size_t *entry;
	size_t n;
};

static int add(int epoll, const struct restore_file *target, const EventpollTfdEntry *img)
{
	struct epoll_event e = { .events = img->events, .data.u64 = img->data };
	int fd = eventpoll_number(img);

	if (eventpoll_has_reported(img))
		return eventpoll_add_reported(epoll, target, fd, img->events, img->data);
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) < 0)
		return log_err(-errno, "descriptor %d, file %u", fd, target->id);
	return 0;
}

/* A descriptor of the target in this table, whatever its number, close-on-exec. */
static int own_fd(struct restore *r, struct restore_file *f, struct restore_file *target)
{
	int fd;

	if (target->owner != f->owner)
		return files_take(r, target);
	fd = fcntl(target->owner_fd, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? log_err(-errno, "file %u", target->id) : fd;
}

static int add_elsewhere(const struct elsewhere *e, size_t i)
{
	struct restore_file **target = e->f->data;
	const EventpollTfdEntry *img = e->f->fe->epfd->tfd[i];
	int number = eventpoll_number(img), there = -1, ret, fd;

	fd = own_fd(e->r, e->f, target[i]);
	if (fd < 0)
		return fd;
	if (fd == number) {
		ret = add(e->epoll, target[i], img);
		close(fd);
		return ret;
	}
	ret = numbers_put(fd, number, &there);
	close(fd);
	/* It may be the number of the epoll itself. */
	if (ret == 0)
		ret = add(number == e->epoll ? there : e->epoll, target[i], img);
	fd = numbers_put_back(number, there);
	return ret < 0 ? ret : fd;
}

static int add_all_elsewhere(void *arg)
{
	struct elsewhere *e = arg;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < e->n; i++)
		ret = add_elsewhere(e, e->entry[i]);
	return ret;
}

/* All entries that have reported, or all others. */
static int add_some(struct restore *r, struct restore_file *f, int epoll, bool reported,
		    size_t *entry)
{
	struct elsewhere e = { .r = r, .f = f, .epoll = epoll, .entry = entry };
	const EventpollFileEntry *img = f->fe->epfd;
	struct restore_file **target = f->data;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < img->n_tfd; i++) {
		const struct restore_fd *d =
			eventpoll_fd_at(f->owner, eventpoll_number(img->tfd[i]));

		if (eventpoll_has_reported(img->tfd[i]) != reported)
			continue;
		if (d && d->file == target[i])
			ret = add(epoll, target[i], img->tfd[i]);
		else
			entry[e.n++] = i;
	}
	return ret == 0 && e.n ? numbers_in_copy(add_all_elsewhere, &e) : ret;
}

/*
 * The kernel drops EPOLLWAKEUP without a word, when it cannot suspend or we lack
 * CAP_BLOCK_SUSPEND.
 */
static int check_wakeup(const EventpollFileEntry *img, int epoll)
{
	_cleanup_buf_ struct buf text = {};
	const char *at, *line;
	size_t wanted = 0, len;
	char path[64];
	int r;

	for (size_t i = 0; i < img->n_tfd; i++)
		wanted += img->tfd[i]->events & EPOLLWAKEUP ? 1 : 0;
	if (!wanted)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", epoll);
	r = read_file_at(AT_FDCWD, path, &text);
	for (at = text.data; r >= 0 && wanted && next_line(&at, &line, &len);) {
		EventpollTfdEntry e;

		r = eventpoll_parse(line, &e);
		if (r > 0 && e.events & EPOLLWAKEUP)
			wanted--;
	}
	if (r < 0)
		return log_err(r, "epoll %u: what it watches", img->id);
	return wanted ? log_err(-ENOTSUP, "epoll %u: the kernel does not take EPOLLWAKEUP", img->id)
		      : 0;
}

static int put_params(const EventpollFileEntry *img, int epoll)
{
	struct eventpoll_params p = { img->busy_poll_usecs, img->busy_poll_budget,
				      img->prefer_busy_poll, 0 };

	if (!img->has_busy_poll_usecs && !img->has_busy_poll_budget && !img->has_prefer_busy_poll)
		return 0;
	return ioctl(epoll, EVENTPOLL_SET_PARAMS, &p) < 0
		       ? log_err(-errno, "epoll %u: busy polling", img->id)
		       : 0;
}

int eventpoll_add_all(struct restore *r, struct restore_file *f, int fd)
{
	const EventpollFileEntry *img = f->fe->epfd;
	_cleanup_free_ size_t *room = calloc(img->n_tfd + 1, sizeof(*room));
	int ret = room ? 0 : -ENOMEM;

	if (ret == 0)
		ret = add_some(r, f, fd, true, room);
	if (ret == 0)
		ret = add_some(r, f, fd, false, room);
	if (ret < 0)
		return log_err(ret, "epoll %u", f->id);
	ret = check_wakeup(img, fd);
	return ret < 0 ? ret : put_params(img, fd);
}
