// SPDX-License-Identifier: GPL-2.0-only
/* Events of inotify and fanotify that nobody has read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/kernel/procfs.h"
#include "engine/kernel/syscalls.h"
#include "notify.h"

static bool looked_first;

static int events_wait(int fd)
{
	int bytes;

	return ioctl(fd, FIONREAD, &bytes) < 0 ? -errno : bytes > 0;
}

static int refuse_events(const char *name)
{
	return log_refuse("%s: has events that nobody has read", name);
}

int notify_refuse_events(const struct fd_view *v)
{
	int r = looked_first ? 0 : events_wait(v->copy);

	if (r < 0)
		return log_err(r, "%s: events that wait", fd_view_name(v));
	return r ? refuse_events(fd_view_name(v)) : 0;
}

static int look_at_task(struct task *t)
{
	_cleanup_close_ int dir = openat(t->proc, "fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int pidfd = sys_pidfd_open(t->pid, 0);
	_cleanup_free_ int *fds = NULL;
	unsigned int n = 0;
	int r;

	r = dir < 0 ? -errno : pidfd < 0 ? pidfd : proc_fds(t->proc, &fds, &n);
	for (unsigned int i = 0; r >= 0 && i < n; i++) {
		_cleanup_close_ int fd = -EBADF;
		char name[16], link[64];

		snprintf(name, sizeof(name), "%d", fds[i]);
		/* Longer ones are paths. */
		if (read_link_at(dir, name, link, sizeof(link)) < 0 ||
		    !(streq(link, "anon_inode:inotify") || streq(link, "anon_inode:[fanotify]")))
			continue;
		fd = sys_pidfd_getfd(pidfd, fds[i]);
		r = fd < 0 ? fd : events_wait(fd);
		if (r > 0) {
			snprintf(link, sizeof(link), "task %d fd %d", t->pid, fds[i]);
			return refuse_events(link);
		}
	}
	return r < 0 ? log_err(r, "task %d: events that wait", t->pid) : 0;
}

int notify_look_first(struct dump *d)
{
	int r = 0;

	if (looked_first)
		return 0;
	for_each_task(t, &d->tree) {
		if (r == 0 && !t->zombie && !t->shares_files)
			r = look_at_task(t);
	}
	looked_first = r == 0;
	return r;
}

int notify_drain(int fd, void (*events)(const char *data, size_t size))
{
	static char data[64 << 10] __attribute__((aligned(8)));
	int r;

	while ((r = events_wait(fd)) > 0) {
		ssize_t n = read(fd, data, sizeof(data));

		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (events)
			events(data, n);
	}
	return r;
}
