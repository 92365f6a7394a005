// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "eventpoll.h"

#define ANY                                                                                        \
	(EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDNORM | EPOLLRDBAND | EPOLLWRNORM | EPOLLWRBAND |   \
	 EPOLLMSG | EPOLLRDHUP)
#define SET_TICKS _IOW('T', 0, uint64_t) /* TFD_IOC_SET_TICKS */

bool eventpoll_can_report(FdTypes type, int fd)
{
	struct pollfd p = { .fd = fd, .events = ANY };
	int mode;

	switch (type) {
	case FD_TYPES__TIMERFD:
	case FD_TYPES__SIGNALFD:
	case FD_TYPES__EVENTPOLL:
		return true;
	case FD_TYPES__PIPE:
	case FD_TYPES__FIFO:
		/* While a restore is going on both ends are open: no hang-up, no broken pipe. */
		mode = fcntl(fd, F_GETFL) & O_ACCMODE;
		return mode == O_RDONLY || (poll(&p, 1, 0) > 0 && p.revents & ANY);
	default:
		return poll(&p, 1, 0) > 0;
	}
}

/* ---- something to report, for a moment ---- */

static int pipe_begin(int fd)
{
	_cleanup_close_ int end = -EBADF;
	char link[FD_LINK_SIZE];

	end = open(fd_link(fd, link), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	return end < 0 || write(end, "", 1) < 0 ? -errno : 0;
}

static int pipe_end(int fd)
{
	char byte;

	return read_full(fd, &byte, 1);
}

static int timer_begin(int fd)
{
	uint64_t ticks = 1;

	return ioctl(fd, SET_TICKS, &ticks) < 0 ? -errno : 0;
}

static int timer_end(int fd)
{
	uint64_t ticks;

	return read_full(fd, &ticks, sizeof(ticks));
}

/* All signals are blocked; this one is in the set of the signalfd, and of no other thread. */
static int signal_begin(uint64_t set)
{
	int sig = __builtin_ffsll(set);

	if (!sig)
		return -EINVAL;
	return syscall(SYS_tgkill, getpid(), gettid(), sig) < 0 ? -errno : 0;
}

static int signal_end(int fd)
{
	char info[128]; /* struct signalfd_siginfo */

	return read_full(fd, info, sizeof(info));
}

/* An eventfd that can be written, in the epoll that is watched. */
static int nested_begin(int epoll, int *helper)
{
	struct epoll_event e = { .events = EPOLLOUT };

	*helper = eventfd(0, EFD_CLOEXEC);
	return *helper < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, *helper, &e) < 0 ? -errno : 0;
}

static int nested_end(int epoll, int helper)
{
	return epoll_ctl(epoll, EPOLL_CTL_DEL, helper, NULL) < 0 ? -errno : 0;
}

static int begin(const struct restore_file *f, int fd, int *helper)
{
	switch (f->fe->type) {
	case FD_TYPES__PIPE:
	case FD_TYPES__FIFO:
		return pipe_begin(fd);
	case FD_TYPES__TIMERFD:
		return timer_begin(fd);
	case FD_TYPES__SIGNALFD:
		return signal_begin(f->fe->sgfd->sigmask);
	case FD_TYPES__EVENTPOLL:
		return nested_begin(fd, helper);
	default:
		return -ENODATA;
	}
}

static int end(const struct restore_file *f, int fd, int helper)
{
	switch (f->fe->type) {
	case FD_TYPES__TIMERFD:
		return timer_end(fd);
	case FD_TYPES__SIGNALFD:
		return signal_end(fd);
	case FD_TYPES__EVENTPOLL:
		return nested_end(fd, helper);
	default:
		return pipe_end(fd);
	}
}

int eventpoll_add_reported(int epoll, const struct restore_file *f, int fd, uint32_t events,
			   uint64_t data)
{
	struct epoll_event e = { .events = events | ANY, .data.u64 = data };
	_cleanup_close_ int helper = -EBADF;
	int n, ret;

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) < 0)
		return log_err(-errno, "descriptor %d, file %u", fd, f->id);
	n = epoll_wait(epoll, &e, 1, 0);
	if (n != 0)
		return n < 0 ? log_err(-errno, "epoll_wait") : 0;
	ret = begin(f, fd, &helper);
	if (ret == 0) {
		n = epoll_wait(epoll, &e, 1, 0);
		ret = n < 0 ? -errno : n == 0 ? -ENODATA : 0;
		n = end(f, fd, helper);
		ret = ret < 0 ? ret : n;
	}
	return ret < 0 ? log_err(ret, "descriptor %d, file %u: let it report once", fd, f->id) : 0;
}
