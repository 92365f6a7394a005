// SPDX-License-Identifier: GPL-2.0-only
/* A directory with files in it that say what a test wants them to say, in place of /proc/PID. */
#ifndef TESTS_KERNEL_TEXT_H
#define TESTS_KERNEL_TEXT_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit.h"

static inline int text_dir(void)
{
	int fd;

	ATF_REQUIRE(mkdir("proc", 0700) == 0 || errno == EEXIST);
	fd = open("proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ATF_REQUIRE(fd >= 0);
	return fd;
}

static inline void text_put_bytes(int dir, const char *name, const void *text, size_t n)
{
	int fd;

	unlinkat(dir, name, 0);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ATF_REQUIRE(fd >= 0);
	ATF_REQUIRE_EQ(write(fd, text, n), (ssize_t)n);
	close(fd);
}

static inline void text_put(int dir, const char *name, const char *text)
{
	text_put_bytes(dir, name, text, strlen(text));
}

#endif
