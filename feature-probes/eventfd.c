// SPDX-License-Identifier: GPL-2.0-only
/* What fdinfo tells about an eventfd, and what brings its counter back. */
#include <sys/eventfd.h>

#include "probe.h"

static uint64_t count_of(int fd)
{
	char *text = OFFERED(fdinfo_field(0, fd, "eventfd-count"), "eventfd-count line in fdinfo",
			     ENODATA);

	return strtoull(text, NULL, 16);
}

PROBE(count, .what = "fdinfo shows an eventfd's counter, all 64 bits of it, in hex", .since = "3.8",
      .commit = "cbac5542d481", .kconfig = "CONFIG_EVENTFD CONFIG_PROC_FS",
      .source = "fs/eventfd.c")
{
	int fd = NEED(eventfd(13, EFD_NONBLOCK));
	uint64_t value = 0x123456789abcdef0 - 13, got;

	PROMISE_EQ(count_of(fd), 13);
	NEED(write(fd, &value, 8));
	PROMISE_EQ(count_of(fd), 0x123456789abcdef0);
	NEED(read(fd, &got, 8));
	PROMISE_EQ(got, 0x123456789abcdef0);
	PROMISE_EQ(count_of(fd), 0);
}

PROBE(count_limit, .what = "an eventfd can be filled to 2^64-2 and no further", .since = "2.6.22",
      .kconfig = "CONFIG_EVENTFD", .source = "eventfd(2)")
{
	int fd = NEED(eventfd(0, EFD_NONBLOCK));
	uint64_t full = UINT64_MAX - 1, one = 1, over = UINT64_MAX;

	NEED(write(fd, &full, 8));
	PROMISE_FAILS(write(fd, &one, 8), EAGAIN);
	PROMISE_FAILS(write(fd, &over, 8), EINVAL);
	PROMISE_EQ(count_of(fd), full);
}

PROBE(semaphore_flag, .what = "fdinfo tells whether an eventfd was made with EFD_SEMAPHORE",
      .since = "6.5", .commit = "33d8b5d7824c", .kconfig = "CONFIG_EVENTFD CONFIG_PROC_FS",
      .source = "fs/eventfd.c")
{
	int semaphore = NEED(eventfd(2, EFD_SEMAPHORE)), plain = NEED(eventfd(2, 0));
	char *flag = OFFERED(fdinfo_field(0, semaphore, "eventfd-semaphore"),
			     "eventfd-semaphore line in fdinfo", ENODATA);
	uint64_t got;

	PROMISE_EQ(atoi(flag), 1);
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, plain, "eventfd-semaphore"))), 0);
	NEED(read(semaphore, &got, 8));
	PROMISE_EQ(got, 1);
	PROMISE_EQ(count_of(semaphore), 1);
}

PROBE(id, .what = "fdinfo gives each eventfd an id that its duplicates share", .since = "5.2",
      .commit = "b556db17b0e7", .kconfig = "CONFIG_EVENTFD CONFIG_PROC_FS",
      .source = "fs/eventfd.c")
{
	int fd = NEED(eventfd(0, 0)), other = NEED(eventfd(0, 0)), copy = NEED(dup(fd));
	char *id = OFFERED(fdinfo_field(0, fd, "eventfd-id"), "eventfd-id line in fdinfo", ENODATA);

	PROMISE_STR(NEED(fdinfo_field(0, copy, "eventfd-id")), id);
	PROMISE_NE(atoi(NEED(fdinfo_field(0, other, "eventfd-id"))), atoi(id));
}
