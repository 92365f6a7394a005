// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "userfaultfd.h"

int userfaultfd_open(int flags, uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	_cleanup_close_ int fd = syscall(SYS_userfaultfd, O_CLOEXEC | flags);

	return fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0 ? -errno : TAKE_FD(fd);
}

int userfaultfd_watch(int fd, const void *at, uint64_t len)
{
	struct uffdio_register range = { .range = { .start = (uintptr_t)at, .len = len },
					 .mode = UFFDIO_REGISTER_MODE_MISSING };

	return ioctl(fd, UFFDIO_REGISTER, &range) < 0 ? -errno : 0;
}
