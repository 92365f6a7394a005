// SPDX-License-Identifier: GPL-2.0-only
/* Pipes: their size, and their content without taking it. */
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "probe.h"

#define DECLARED(release, page) .since = release, .source = page

static int queued(int fd)
{
	int n;

	NEED(ioctl(fd, FIONREAD, &n));
	return n;
}

PROBE(size, .what = "F_SETPIPE_SZ rounds up, keeps content, and never goes below what is in there",
      DECLARED("2.6.35", "fcntl(2)"))
{
	char data[20000], got[20000];
	int p[2];

	NEED(pipe2(p, O_NONBLOCK));
	PROMISE_GE(NEED(fcntl(p[0], F_GETPIPE_SZ)), page_size());
	PROMISE_EQ(OFFERED(fcntl(p[1], F_SETPIPE_SZ, 10000), "F_SETPIPE_SZ", EINVAL), 16384);
	PROMISE_EQ(NEED(fcntl(p[0], F_GETPIPE_SZ)), 16384);
	PROMISE_EQ(NEED(fcntl(p[0], F_SETPIPE_SZ, 65536)), 65536);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i * 7;
	PROMISE_EQ(NEED(write(p[1], data, sizeof(data))), sizeof(data));
	PROMISE_FAILS(fcntl(p[0], F_SETPIPE_SZ, 4096), EBUSY);
	PROMISE_EQ(NEED(fcntl(p[0], F_SETPIPE_SZ, 32768)), 32768);
	PROMISE_EQ(queued(p[0]), sizeof(data));
	PROMISE_EQ(NEED(read(p[0], got, sizeof(got))), sizeof(data));
	PROMISE_MEM(got, data, sizeof(data));
}

PROBE(size_limit, .what = "above pipe-max-size only CAP_SYS_RESOURCE may grow a pipe: EPERM",
      DECLARED("2.6.35", "fcntl(2)"))
{
	long max = atol(NEED(slurp("/proc/sys/fs/pipe-max-size")));
	pid_t pid = spawn();
	int p[2];

	if (pid == 0) {
		lose_privileges();
		NEED(pipe(p));
		NEED(fcntl(p[0], F_SETPIPE_SZ, max / 2));
		PROMISE_FAILS(fcntl(p[0], F_SETPIPE_SZ, 2 * max), EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(tee, .what = "tee copies what is in a pipe and leaves it there", DECLARED("2.6.17", "tee(2)"))
{
	char data[10000], got[10000];
	int from[2], to[2];

	NEED(pipe2(from, O_NONBLOCK));
	NEED(pipe2(to, O_NONBLOCK));
	PROMISE_FAILS(tee(from[0], to[1], 100, SPLICE_F_NONBLOCK), EAGAIN);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i * 3;
	for (size_t i = 0; i < sizeof(data); i += 1000)
		NEED(write(from[1], data + i, 1000));
	for (int again = 0; again < 2; again++) {
		PROMISE_EQ(NEED(tee(from[0], to[1], 1 << 20, SPLICE_F_NONBLOCK)), sizeof(data));
		PROMISE_EQ(queued(from[0]), sizeof(data));
		PROMISE_EQ(queued(to[0]), sizeof(data));
		memset(got, 0, sizeof(got));
		PROMISE_EQ(NEED(read(to[0], got, sizeof(got))), sizeof(data));
		PROMISE_MEM(got, data, sizeof(data));
	}
	PROMISE_EQ(NEED(read(from[0], got, sizeof(got))), sizeof(data));
	PROMISE_MEM(got, data, sizeof(data));
}

PROBE(tee_full, .what = "tee copies as much as there is room for, from the beginning",
      DECLARED("2.6.17", "tee(2)"))
{
	int from[2], to[2];
	long n;

	NEED(pipe2(from, O_NONBLOCK));
	NEED(pipe2(to, O_NONBLOCK));
	NEED(fcntl(to[1], F_SETPIPE_SZ, page_size()));
	NEED(write(from[1], pages(4), 4 * page_size()));
	n = NEED(tee(from[0], to[1], 1 << 20, SPLICE_F_NONBLOCK));
	PROMISE_EQ(n, page_size());
	PROMISE_EQ(queued(to[0]), n);
	PROMISE_EQ(queued(from[0]), 4 * page_size());
	PROMISE_FAILS(tee(from[0], to[1], 1 << 20, SPLICE_F_NONBLOCK), EAGAIN);
}

PROBE(packets, .what = "a pipe in packet mode keeps the boundaries of writes, through tee as well",
      .since = "3.4", .commit = "9883035ae7ed", .source = "pipe(2)")
{
	char got[64];
	int from[2], to[2];

	OFFERED(pipe2(from, O_DIRECT | O_NONBLOCK), "O_DIRECT pipes", EINVAL);
	NEED(pipe2(to, O_DIRECT | O_NONBLOCK));
	PROMISE_EQ(strtol(NEED(fdinfo_field(0, from[1], "flags")), NULL, 8) & O_DIRECT, O_DIRECT);
	NEED(write(from[1], "one", 3));
	NEED(write(from[1], "three", 5));
	PROMISE_EQ(queued(from[0]), 8);
	PROMISE_EQ(NEED(tee(from[0], to[1], 1000, SPLICE_F_NONBLOCK)), 8);
	PROMISE_EQ(NEED(read(to[0], got, sizeof(got))), 3);
	PROMISE_EQ(NEED(read(to[0], got, sizeof(got))), 5);
	PROMISE_EQ(NEED(read(from[0], got, 2)), 2);
	PROMISE_EQ(NEED(read(from[0], got, sizeof(got))), 5);
}

static long push(int fd, void *p, size_t n, unsigned int flags)
{
	struct iovec iov = { p, n };

	return vmsplice(fd, &iov, 1, flags);
}

PROBE(vmsplice, .what = "vmsplice puts memory into a pipe, at any alignment, as a gift as well",
      DECLARED("2.6.17", "vmsplice(2)"))
{
	char *p = pages(3), got[32] = "";
	int pipes[2];

	NEED(pipe2(pipes, O_NONBLOCK));
	strcpy(p + page_size() - 3, "across a page");
	PROMISE_EQ(NEED(push(pipes[1], p + page_size() - 3, 13, SPLICE_F_GIFT | SPLICE_F_NONBLOCK)),
		   13);
	PROMISE_EQ(queued(pipes[0]), 13);
	PROMISE_EQ(NEED(read(pipes[0], got, sizeof(got))), 13);
	PROMISE_STR(got, "across a page");
	PROMISE_EQ(NEED(push(pipes[1], p + 1, 1, SPLICE_F_GIFT)), 1);
}

GAP(packet_sizes, .what = "nobody tells how long the packets in a pipe are, without taking them",
    .source = "pipe(2)")
{
	int with[2], without[2];

	/* Two of five bytes, and one of ten. */
	NEED(pipe2(with, O_DIRECT));
	NEED(pipe2(without, O_DIRECT));
	NEED(write(with[1], "12345", 5));
	NEED(write(with[1], "12345", 5));
	NEED(write(without[1], "1234512345", 10));
	tried_files(with[0], without[0]);
	PROMISE_EQ(queued(with[0]), queued(without[0]));
	TRIED("FIONREAD");
}

GAP(watch_queue, .what = "nobody tells the size and filter of a notification pipe",
    .kconfig = "CONFIG_WATCH_QUEUE", .source = "Documentation/core-api/watch_queue.rst")
{
	const int notification_pipe = O_EXCL;
	int with[2], without[2];

	OFFERED(pipe2(with, notification_pipe), "notification pipes", ENOPKG, EINVAL);
	NEED(pipe2(without, notification_pipe));
	/* IOC_WATCH_QUEUE_SET_SIZE */
	NEED(ioctl(with[0], _IO('W', 0x60), 64));
	NEED(ioctl(without[0], _IO('W', 0x60), 128));
	tried_files(with[0], without[0]);
	TRIED_TO("F_GETPIPE_SZ",
		 fcntl(with[0], F_GETPIPE_SZ) == fcntl(without[0], F_GETPIPE_SZ) ? -1 : 0);
}
