// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "fd.h"

int read_full(int fd, void *data, size_t n)
{
	char *p = data;

	while (n > 0) {
		ssize_t got = read(fd, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -ENODATA;
		p += got;
		n -= got;
	}
	return 0;
}

int pread_full(int fd, void *data, size_t n, off_t pos)
{
	char *p = data;

	while (n > 0) {
		ssize_t got = pread(fd, p, n, pos);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -ENODATA;
		p += got;
		pos += got;
		n -= got;
	}
	return 0;
}

int write_full(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n > 0) {
		ssize_t put = write(fd, p, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		p += put;
		n -= put;
	}
	return 0;
}

int pwrite_full(int fd, const void *data, size_t n, off_t pos)
{
	const char *p = data;

	while (n > 0) {
		ssize_t put = pwrite(fd, p, n, pos);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		p += put;
		pos += put;
		n -= put;
	}
	return 0;
}

int read_rest(int fd, struct buf *b)
{
	for (;;) {
		ssize_t got;
		int r = buf_reserve(b, 4096);

		if (r < 0)
			return r;
		got = read(fd, b->data + b->len, b->cap - b->len - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		b->len += got;
		b->data[b->len] = '\0';
		if (got == 0)
			return 0;
	}
}

int read_file_at(int dirfd, const char *path, struct buf *b)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	b->len = 0;
	return read_rest(fd, b);
}

int write_file_at(int dirfd, const char *path, const char *text)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		return -errno;
	return 0;
}

int read_link_at(int dirfd, const char *path, char *to, size_t size)
{
	ssize_t n = readlinkat(dirfd, path, to, size);

	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	to[n] = '\0';
	return 0;
}

const char *fd_link(int fd, char to[FD_LINK_SIZE])
{
	snprintf(to, FD_LINK_SIZE, "/proc/self/fd/%d", fd);
	return to;
}

int fd_path(int fd, char *to, size_t size)
{
	char link[FD_LINK_SIZE];

	return read_link_at(AT_FDCWD, fd_link(fd, link), to, size);
}

void open_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd < STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}
