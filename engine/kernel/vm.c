// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "vm.h"

static int open_mem(pid_t pid, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int no_memory_is_a_fault(ssize_t n)
{
	if (n >= 0)
		return n;
	return errno == EIO ? -EFAULT : -errno;
}

ssize_t vm_peek(pid_t pid, void *to, uint64_t from, size_t n)
{
	struct iovec here = { to, n }, there = { (void *)from, n };
	ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);
	_cleanup_close_ int mem = -EBADF;

	if (got >= 0 || errno != ENOSYS)
		return got < 0 ? -errno : got;
	mem = open_mem(pid, O_RDONLY);
	return mem < 0 ? mem : no_memory_is_a_fault(pread(mem, to, n, from));
}

int vm_read(pid_t pid, void *to, uint64_t from, size_t n)
{
	ssize_t got = vm_peek(pid, to, from, n);

	return got < 0 ? got : got == (ssize_t)n ? 0 : -EFAULT;
}

int vm_write(pid_t pid, uint64_t to, const void *data, size_t n)
{
	struct iovec here = { (void *)data, n }, there = { (void *)to, n };
	ssize_t put = process_vm_writev(pid, &here, 1, &there, 1, 0);
	_cleanup_close_ int mem = -EBADF;

	if (put < 0 && errno == ENOSYS) {
		mem = open_mem(pid, O_WRONLY);
		if (mem < 0)
			return mem;
		put = pwrite(mem, data, n, to);
	}
	put = no_memory_is_a_fault(put);
	return put < 0 ? put : put == (ssize_t)n ? 0 : -EFAULT;
}
