// SPDX-License-Identifier: GPL-2.0-only
/* Files that are no files: what fdinfo tells of them, and what they watch. */
#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "engine/kernel/procfs.h"
#include "engine/objects/eventpoll.h"
#include "engine/objects/notify.h"
#include "feature.h"
#include "places.h"

#define SET_TICKS   _IOW('T', 0, uint64_t) /* TFD_IOC_SET_TICKS */
#define SET_NEXT_WD _IOW('I', 0, int32_t)  /* INOTIFY_IOC_SETNEXTWD */

FEATURE(eventfd, EXTRA, "eventfds, of which the kernel must tell whether they are semaphores",
	"CONFIG_EVENTFD, Linux 6.5")
{
	_cleanup_close_ int fd = eventfd(7, EFD_CLOEXEC | EFD_SEMAPHORE);
	_cleanup_buf_ struct buf text = {};
	uint64_t count, semaphore;
	int r;

	if (fd < 0)
		return nobody("eventfd: %s", strerror(errno));
	r = read_fdinfo(fd, &text);
	if (r == 0)
		r = kv_u64(text.data, "eventfd-count", 16, &count);
	if (r < 0)
		return no_err(r, "eventfd-count in /proc/PID/fdinfo");
	r = kv_u64(text.data, "eventfd-semaphore", 10, &semaphore);
	if (r < 0)
		return no_err(r, "eventfd-semaphore in /proc/PID/fdinfo");
	return count == 7 && semaphore == 1 ? YES : no("/proc/PID/fdinfo of an eventfd is wrong");
}

FEATURE(eventpoll, EXTRA, "epoll", "CONFIG_EPOLL, Linux 3.8")
{
	_cleanup_close_ int epoll = epoll_create1(EPOLL_CLOEXEC), fd = eventfd(0, EFD_CLOEXEC);
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET, .data.u64 = 77 };
	EventpollTfdEntry e = EVENTPOLL_TFD_ENTRY__INIT;
	_cleanup_buf_ struct buf text = {};
	const char *at, *line;
	size_t len;
	int r;

	if (epoll < 0)
		return nobody("epoll_create1: %s", strerror(errno));
	if (fd < 0)
		fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
		return no_err(-errno, "epoll_ctl");
	r = read_fdinfo(epoll, &text);
	for (at = text.data; r == 0 && next_line(&at, &line, &len);)
		r = eventpoll_parse(line, &e);
	if (r < 0)
		return no_err(r, "/proc/PID/fdinfo of an epoll");
	return (int)e.tfd == fd && e.data == 77 && e.events & EPOLLET
		       ? YES
		       : no("/proc/PID/fdinfo of an epoll does not tell");
}

FEATURE(epoll_params, EXTRA, "epolls that poll busily", "CONFIG_NET_RX_BUSY_POLL, Linux 6.9")
{
	_cleanup_close_ int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct eventpoll_params p = { .busy_poll_usecs = 7 };

	if (epoll < 0 || ioctl(epoll, EVENTPOLL_SET_PARAMS, &p) < 0)
		return nobody("EPIOCSPARAMS: %s", strerror(errno));
	p.busy_poll_usecs = 0;
	if (ioctl(epoll, EVENTPOLL_GET_PARAMS, &p) < 0)
		return no_err(-errno, "EPIOCGPARAMS");
	return p.busy_poll_usecs == 7 ? YES : no("EPIOCGPARAMS is wrong");
}

FEATURE(signalfd, EXTRA, "signalfds", "CONFIG_SIGNALFD, Linux 3.8")
{
	_cleanup_buf_ struct buf text = {};
	_cleanup_close_ int fd = -EBADF;
	uint64_t mask;
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		return nobody("signalfd: %s", strerror(errno));
	r = read_fdinfo(fd, &text);
	if (r == 0)
		r = kv_u64(text.data, "sigmask", 16, &mask);
	if (r < 0)
		return no_err(r, "sigmask in /proc/PID/fdinfo");
	return mask == 1ULL << (SIGUSR1 - 1) ? YES : no("sigmask in /proc/PID/fdinfo is wrong");
}

FEATURE(timerfd, EXTRA, "timerfds", "CONFIG_TIMERFD, CONFIG_CHECKPOINT_RESTORE")
{
	_cleanup_close_ int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	_cleanup_buf_ struct buf text = {};
	uint64_t ticks = 5, clock, flags;
	int r;

	if (fd < 0)
		return nobody("timerfd_create: %s", strerror(errno));
	if (ioctl(fd, SET_TICKS, &ticks) < 0)
		return no_err(-errno, "TFD_IOC_SET_TICKS");
	r = read_fdinfo(fd, &text);
	if (r == 0)
		r = kv_u64(text.data, "clockid", 10, &clock);
	if (r == 0)
		r = kv_u64(text.data, "settime flags", 8, &flags);
	if (r == 0)
		r = kv_u64(text.data, "ticks", 10, &ticks);
	if (r < 0)
		return no_err(r, "/proc/PID/fdinfo of a timerfd");
	return clock == CLOCK_MONOTONIC && ticks == 5
		       ? YES
		       : no("/proc/PID/fdinfo of a timerfd is wrong");
}

/* ---- BPF ---- */

static int bpf(int command, union bpf_attr *attr)
{
	int r = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return r < 0 ? -errno : r;
}

/* By its number: it is how a map gets to the dumper with all rights, whatever a descriptor has. */
FEATURE(bpf_maps, EXTRA, "maps of BPF", "CONFIG_BPF_SYSCALL, CAP_SYS_ADMIN")
{
	uint32_t key = 0, value = 77, read = 0;
	union bpf_attr create = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(key),
		.value_size = sizeof(value),
		.max_entries = 1,
	};
	_cleanup_close_ int fd = bpf(BPF_MAP_CREATE, &create), again = -EBADF;
	struct bpf_map_info info = {};
	union bpf_attr ask = { .info = { fd, sizeof(info), (uintptr_t)&info } };
	union bpf_attr by_id = {}, put = {}, get = {};
	int r;

	if (fd < 0)
		return fd == -ENOSYS ? nobody("bpf: %s", strerror(-fd)) : no_err(fd, "a map");
	r = bpf(BPF_OBJ_GET_INFO_BY_FD, &ask);
	if (r < 0)
		return no_err(r, "BPF_OBJ_GET_INFO_BY_FD");
	by_id.map_id = info.id;
	again = bpf(BPF_MAP_GET_FD_BY_ID, &by_id);
	if (again < 0)
		return no_err(again, "BPF_MAP_GET_FD_BY_ID");
	put.map_fd = fd;
	put.key = (uintptr_t)&key;
	put.value = (uintptr_t)&value;
	get.map_fd = again;
	get.key = (uintptr_t)&key;
	get.value = (uintptr_t)&read;
	r = bpf(BPF_MAP_UPDATE_ELEM, &put);
	if (r == 0)
		r = bpf(BPF_MAP_LOOKUP_ELEM, &get);
	if (r < 0)
		return no_err(r, "an element of a map");
	return read == value ? YES : no("BPF_MAP_GET_FD_BY_ID gives another map");
}

/* ---- watches ---- */

static bool handle_shown(int watcher, const char *begin)
{
	_cleanup_buf_ struct buf text = {};
	const char *at, *line;
	uint64_t number;
	size_t len;

	if (read_fdinfo(watcher, &text) < 0)
		return false;
	for (at = text.data; next_line(&at, &line, &len);)
		if (str_after(line, begin) && notify_number(line, len, " ino:", &number) &&
		    notify_number(line, len, " sdev:", &number) &&
		    notify_number(line, len, " mask:", &number) &&
		    memmem(line, len, " f_handle:", 10))
			return true;
	return false;
}

FEATURE(inotify, EXTRA, "inotify",
	"CONFIG_INOTIFY_USER, CONFIG_EXPORTFS, CONFIG_CHECKPOINT_RESTORE")
{
	_cleanup_close_ int fd = inotify_init1(IN_CLOEXEC), file = new_file();
	char link[FD_LINK_SIZE];

	if (fd < 0)
		return nobody("inotify_init1: %s", strerror(errno));
	/* The number itself, not where it lies. */
	if (ioctl(fd, SET_NEXT_WD, 77UL) < 0)
		return no_err(-errno, "INOTIFY_IOC_SETNEXTWD");
	if (file < 0 || inotify_add_watch(fd, fd_link(file, link), IN_OPEN) != 77)
		return no("INOTIFY_IOC_SETNEXTWD has no effect");
	return handle_shown(fd, "inotify wd:4d")
		       ? YES
		       : no("/proc/PID/fdinfo does not tell what an inotify watches");
}

FEATURE(inotify_flags, EXTRA, "inotify: whether a watch is for one event only", "Linux 5.19")
{
	int r = inotify_flags_are_shown();

	if (r == -ENOSYS)
		return nobody("inotify_init1: %s", strerror(-r));
	return r < 0 ? no_err(r, "inotify") : r ? YES : no("/proc/PID/fdinfo does not tell");
}

FEATURE(fanotify, EXTRA, "fanotify", "CONFIG_FANOTIFY, CONFIG_EXPORTFS, CAP_SYS_ADMIN")
{
	_cleanup_close_ int fd = fanotify_init(FAN_CLOEXEC | FAN_CLASS_NOTIF, O_RDONLY);
	_cleanup_close_ int file = new_file();

	if (fd < 0)
		return errno == ENOSYS ? nobody("fanotify_init: %s", strerror(errno))
				       : no_err(-errno, "fanotify_init");
	if (file < 0 || fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN, file, NULL) < 0)
		return no_err(-errno, "fanotify_mark");
	return handle_shown(fd, "fanotify ino:")
		       ? YES
		       : no("/proc/PID/fdinfo does not tell what a fanotify watches");
}
