// SPDX-License-Identifier: GPL-2.0-only
/* What is behind a descriptor. */
#include "harness.h"

char *t_link(const char *path)
{
	char text[4096];
	ssize_t n = readlink(path, text, sizeof(text) - 1);

	if (n < 0)
		end_caller("readlink %s: %s", path, strerror(errno));
	text[n] = '\0';
	return SYS_PTR(strdup(text));
}

static const char *fd_link(int fd, char link[32])
{
	snprintf(link, 32, "/proc/self/fd/%d", fd);
	return link;
}

char *t_fd_path(int fd)
{
	char link[32];

	return t_link(fd_link(fd, link));
}

int t_reopen(int fd, int flags)
{
	char link[32];
	int again = open(fd_link(fd, link), flags);

	if (again < 0)
		end_caller("opening fd %d once more: %s", fd, strerror(errno));
	return again;
}

bool t_same_file(int a, int b)
{
	struct stat x, y;

	if (fstat(a, &x) < 0 || fstat(b, &y) < 0)
		end_caller("fstat of fd %d and %d: %s", a, b, strerror(errno));
	return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}
