// SPDX-License-Identifier: GPL-2.0-only
/* Terminals: making ptys, and what a read of one gives. */
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "harness.h"

int t_ptmx(int flags)
{
	int fd = open("/dev/ptmx", flags | O_NOCTTY);

	if (fd < 0 || unlockpt(fd) < 0)
		end_caller("/dev/ptmx: %s", strerror(errno));
	return fd;
}

int t_pts(int master, int flags)
{
	char name[64];
	int fd;

	if (ptsname_r(master, name, sizeof(name)) != 0)
		end_caller("fd %d is not the master of a pty", master);
	fd = open(name, flags);
	if (fd < 0)
		end_caller("%s: %s", name, strerror(errno));
	return fd;
}

void t_raw(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		end_caller("tcgetattr of fd %d: %s", fd, strerror(errno));
	cfmakeraw(&t);
	if (tcsetattr(fd, TCSANOW, &t) < 0)
		end_caller("tcsetattr of fd %d: %s", fd, strerror(errno));
}

/* What is printed of bytes that may be anything. */
static const char *printable(const char *data, size_t len, char to[256])
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < 240; i++)
		if (data[i] >= ' ' && data[i] <= '~')
			to[n++] = data[i];
		else
			n += sprintf(to + n, "\\%03o", (unsigned char)data[i]);
	to[n] = '\0';
	return to;
}

/* What a slave writes comes to its master in pieces, however many the kernel makes of it. */
static ssize_t read_pieces(int fd, char *to, size_t room, const char *text, size_t len)
{
	ssize_t n = read(fd, to, room), more;
	unsigned int index;

	if (ioctl(fd, TIOCGPTN, &index) < 0)
		return n;
	while (n > 0 && (size_t)n < len && memcmp(to, text, n) == 0 && ready_in_time(fd, POLLIN)) {
		more = read(fd, to + n, room - n);
		if (more <= 0)
			break;
		n += more;
	}
	return n;
}

bool zdtm_expect_reads(int fd, const char *text, size_t len, const char *fd_text,
		       struct zdtm_here here)
{
	char got[8192], is[256], should[256];
	ssize_t n;

	if (!ready_in_time(fd, POLLIN)) {
		zdtm_fail(here, "reading %s: nothing comes for %u s, not \"%s\"", fd_text,
			  patience(), printable(text, len, should));
		return false;
	}
	n = read_pieces(fd, got, sizeof(got), text, len);
	if (n < 0)
		zdtm_fail(here, "reading %s: %s, not \"%s\"", fd_text, strerror(errno),
			  printable(text, len, should));
	else if ((size_t)n != len || memcmp(got, text, len) != 0)
		zdtm_fail(here, "reading %s: %zd bytes \"%s\", not %zu \"%s\"", fd_text, n,
			  printable(got, n, is), len, printable(text, len, should));
	else
		return true;
	return false;
}

bool zdtm_expect_quiet(int fd, const char *fd_text, struct zdtm_here here)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLPRI };
	char text[256] = "", got[64];
	ssize_t n;

	if (poll(&p, 1, 0) == 0)
		return true;
	if (p.revents & (POLLIN | POLLPRI)) {
		n = read(fd, got, sizeof(got));
		printable(got, n < 0 ? 0 : n, text);
	}
	zdtm_fail(here, "%s has nothing to read: poll() says %#x, read() \"%s\"", fd_text,
		  p.revents, text);
	return false;
}
