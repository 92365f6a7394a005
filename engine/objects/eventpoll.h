// SPDX-License-Identifier: GPL-2.0-only
/* What the parts of the module eventpoll share. */
#ifndef OBJECTS_EVENTPOLL_H
#define OBJECTS_EVENTPOLL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include "engine/dump.h"
#include "engine/restore.h"

/* linux/eventpoll.h of 6.9 */
struct eventpoll_params {
	uint32_t busy_poll_usecs;
	uint16_t busy_poll_budget;
	uint8_t prefer_busy_poll, pad;
};
#define EVENTPOLL_SET_PARAMS _IOW(0x8a, 1, struct eventpoll_params)
#define EVENTPOLL_GET_PARAMS _IOR(0x8a, 2, struct eventpoll_params)

/* What an entry keeps when it has reported: EP_PRIVATE_BITS of fs/eventpoll.c. */
#define EVENTPOLL_PRIVATE (EPOLLONESHOT | EPOLLET | EPOLLWAKEUP | EPOLLEXCLUSIVE)

static inline bool eventpoll_has_reported(const EventpollTfdEntry *e)
{
	return e->events & EPOLLONESHOT && !(e->events & ~EVENTPOLL_PRIVATE);
}

static inline uint32_t eventpoll_number(const EventpollTfdEntry *e)
{
	return e->has_number ? e->number : e->tfd;
}

/* An entry from a line of fdinfo. 1, 0: another line, -EBADMSG. */
int eventpoll_parse(const char *line, EventpollTfdEntry *e);

/* An epoll of a dump. */
struct eventpoll_seen {
	struct eventpoll_seen *next;
	int fd;    /* a copy */
	pid_t pid; /* the first task it was met in */
	char who[64];
	EventpollFileEntry *img;
};

/* Finds what each of its entries leads to, when all files of all tasks are known. */
int eventpoll_find_targets(struct dump *d, const struct eventpoll_seen *s);

/* What a task has at this number, unless it is only lent. */
const struct restore_fd *eventpoll_fd_at(const struct restore_task *t, uint32_t number);

/* object.connect */
int eventpoll_add_all(struct restore *r, struct restore_file *f, int fd);

/* ---- one-shot entries that have reported ---- */

/*
 * Such an entry has no events any more, not even errors and hang-ups, and the kernel adds none
 * like it: it must be added armed, and report. Where its file has nothing to report, it is given
 * something for a moment. Can that be done with this file (a descriptor of ours)?
 */
bool eventpoll_can_report(FdTypes type, int fd);

/*
 * Adds descriptor fd, which is file f, to an epoll that has nothing else to report, and lets it
 * report once.
 */
int eventpoll_add_reported(int epoll, const struct restore_file *f, int fd, uint32_t events,
			   uint64_t data);

#endif
