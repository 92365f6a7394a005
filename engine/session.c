// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "session.h"

#define FDS_AT_ONCE 16384UL /* more than most dumps have open at a time */

static int open_dir(int dir, const char *path, const char *what)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? log_err(-errno, "%s %s", what, path) : fd;
}

int session_open(const struct options *o, int *images_fd, int *work_fd)
{
	_cleanup_close_ int images = -EBADF, work = -EBADF;
	int log = STDERR_FILENO;

	log_open(STDERR_FILENO, o->verbosity);
	images = open_dir(AT_FDCWD, o->images ?: ".", "images directory");
	if (images < 0)
		return images;
	work = o->work ? open_dir(AT_FDCWD, o->work, "work directory")
		       : open_dir(images, ".", "images directory");
	if (work < 0)
		return work;
	if (o->log) {
		log = openat(work, o->log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC,
			     0600);
		if (log < 0)
			return log_err(-errno, "log file %s", o->log);
		log_open(log, o->verbosity);
	}
	*images_fd = TAKE_FD(images);
	*work_fd = TAKE_FD(work);
	return 0;
}

void session_raise_nofile(void)
{
	struct rlimit l;
	int fd;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return;
	/* The hard limit needs CAP_SYS_RESOURCE: whoever needs more will be told by open(2). */
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_NOFILE, &l);
	/*
	 * A table that grows when there are threads waits for RCU, and the tree stands still meanwhile:
	 * it is made large now.
	 */
	fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, MIN(l.rlim_max, FDS_AT_ONCE) - 1);
	if (fd >= 0)
		close(fd);
}

uint64_t now_us(void)
{
	return now_ns() / 1000;
}
