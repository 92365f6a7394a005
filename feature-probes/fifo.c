// SPDX-License-Identifier: GPL-2.0-only
/* Named fifos: their ends opened again, and memory put into them. */
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "probe.h"

static long push(int fd, void *p, size_t n, unsigned int flags)
{
	struct iovec iov = { p, n };

	return vmsplice(fd, &iov, 1, flags);
}

PROBE(vmsplice, .what = "vmsplice with SPLICE_F_NONBLOCK puts a page into a named fifo",
      .since = "2.6.17", .source = "vmsplice(2)", .guards = "vmsplice-fifo-nonblock")
{
	char *p = pages(1), got[8] = "";
	int fd, pipes[2];

	workdir();
	NEED(mkfifo("fifo", 0600));
	fd = NEED(open("fifo", O_RDWR | O_NONBLOCK));
	NEED(pipe(pipes));
	strcpy(p, "page");
	PROMISE_EQ(OFFERED(push(fd, p, page_size(), SPLICE_F_NONBLOCK | SPLICE_F_GIFT),
			   "vmsplice to a fifo"),
		   page_size());
	PROMISE_EQ(NEED(push(pipes[1], p, page_size(), SPLICE_F_NONBLOCK)), page_size());
	/* Whether the pipe has the page or a copy of it is the kernel's choice; it tells which. */
	strcpy(p, "else");
	PROMISE_EQ(NEED(read(fd, got, 4)), 4);
	PROMISE(streq(got, "page") || streq(got, "else"));
	NOTE("a page changed after vmsplice is %s in the fifo",
	     streq(got, "else") ? "changed" : "not");
}

PROBE(reopen, .what = "the ends of a fifo are opened again through /proc, unlinked or not",
      .since = "2.6", .source = "fifo(7)")
{
	char path[64], got[8] = "";
	int fd, reader, writer, n;
	struct stat a, b;

	workdir();
	NEED(mkfifo("fifo", 0600));
	fd = NEED(open("fifo", O_RDWR | O_NONBLOCK));
	NEED(write(fd, "data", 4));
	NEED(unlink("fifo"));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = NEED(open(path, O_RDONLY | O_NONBLOCK));
	writer = NEED(open(path, O_WRONLY));
	NEED(fstat(fd, &a));
	NEED(fstat(writer, &b));
	PROMISE_EQ(a.st_ino, b.st_ino);
	PROMISE_EQ(NEED(fcntl(reader, F_GETFL)) & O_ACCMODE, O_RDONLY);
	close(fd);
	NEED(ioctl(reader, FIONREAD, &n));
	PROMISE_EQ(n, 4);
	PROMISE_EQ(NEED(read(reader, got, 8)), 4);
	PROMISE_STR(got, "data");
	PROMISE_FAILS(read(reader, got, 8), EAGAIN);
	close(writer);
	PROMISE_EQ(NEED(read(reader, got, 8)), 0);
}
