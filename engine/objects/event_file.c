// SPDX-License-Identifier: GPL-2.0-only
#include "event_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/str.h"

static bool tells_of_event(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLPRI };

	return poll(&p, 1, 0) > 0 && p.revents & POLLPRI;
}

/*
 * Accounting/psi: what was written to an open file of this kind is to be waited for by it. There can be
 * one trigger, and what is none is another error then. A kernel before 5.17 takes the next, and only
 * poll(2) tells: of an error when there is nothing to wait for.
 */
static bool has_trigger(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLPRI };

	if (pwrite(fd, "x", 1, 0) < 0 && errno == EBUSY)
		return true;
	return errno != EOPNOTSUPP && poll(&p, 1, 0) >= 0 && !(p.revents & POLLERR);
}

static bool of_pressure(const char *path)
{
	return str_after(path, "/proc/pressure/") || str_ends_with(path, ".pressure");
}

int event_file_dump(const struct fd_view *v, RegFileEntry *img)
{
	struct statfs fs;

	/* These file systems tell of no size. */
	if (v->flags & O_PATH || !S_ISREG(v->st.st_mode) || v->st.st_blocks ||
	    v->st.st_size > (off_t)PAGE || fstatfs(v->copy, &fs) < 0)
		return 0;
	if (fs.f_type != PROC_SUPER_MAGIC && fs.f_type != SYSFS_MAGIC &&
	    fs.f_type != CGROUP_SUPER_MAGIC && fs.f_type != CGROUP2_SUPER_MAGIC)
		return 0;
	if (of_pressure(v->link)) {
		if ((v->flags & O_ACCMODE) != O_RDONLY && has_trigger(v->copy))
			return log_refuse("%s: %s has a trigger, which nobody can read",
					  fd_view_name(v), v->link);
		return 0;
	}
	/* One that was never read tells of an event; one that was, when there has been one since. */
	if (fs.f_type != PROC_SUPER_MAGIC && (v->flags & O_ACCMODE) != O_WRONLY &&
	    !tells_of_event(v->copy))
		img->has_read_since_event = img->read_since_event = true;
	return 0;
}

int event_file_restore(const RegFileEntry *img, int fd)
{
	char byte;

	if (img->read_since_event && pread(fd, &byte, 1, 0) < 0)
		return log_err(-errno, "%s: read it once", img->name);
	return 0;
}
