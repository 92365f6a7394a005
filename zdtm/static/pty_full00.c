// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both directions are full: nothing more could be written. Some of the input has been through the
 * line discipline and some has yet to come, and will be changed on its way. What is read is all that
 * was written. criu 4.2 gives the input back unchanged, or not at all.
 */
#include <termios.h>

#include "zdtm.h"

enum { RAW, COOKED, MAPPED };

static struct {
	int master, slave;
	size_t in, out;
} was;

static char pattern(size_t i)
{
	/* Lines of ten, whatever the mode makes of that. */
	return i % 10 == 9 ? (variant->arg == MAPPED ? '\r' : '\n') : 'a' + i / 10 % 26;
}

/* Into a file that does not block, until nothing goes in any more; how much went. */
static size_t fill(int fd)
{
	size_t n = 0;

	for (;;) {
		char block[256];
		ssize_t done;

		for (size_t i = 0; i < sizeof(block); i++)
			block[i] = pattern(n + i);
		done = write(fd, block, sizeof(block));
		if (done < 0 && errno != EAGAIN)
			t_die("write: %s", strerror(errno));
		if (done < 0) {
			/* What a worker of the kernel has yet to carry over makes room. */
			struct timespec t = { .tv_nsec = 20 * 1000 * 1000 };

			SYS(nanosleep(&t, NULL));
			done = write(fd, block, 1);
			if (done < 0)
				return n;
		}
		n += done;
	}
}

static void setup(void)
{
	struct termios t;

	was.master = t_ptmx(O_RDWR | O_NONBLOCK);
	was.slave = t_pts(was.master, O_RDWR | O_NOCTTY | O_NONBLOCK);
	SYS(tcgetattr(was.slave, &t));
	cfmakeraw(&t);
	if (variant->arg != RAW)
		t.c_lflag |= ICANON;
	if (variant->arg == MAPPED)
		t.c_iflag |= ICRNL;
	SYS(tcsetattr(was.slave, TCSANOW, &t));
	was.in = fill(was.master);
	was.out = fill(was.slave);
	if (was.in < 4096 || was.out < 4096)
		t_die("%zu bytes of input and %zu of output do not fill a pty", was.in, was.out);
}

static void expect_all(int fd, size_t n, bool mapped)
{
	char got[4096];
	size_t at = 0;

	while (at < n) {
		ssize_t done = SYS(read(fd, got, sizeof(got)));

		for (ssize_t i = 0; i < done; i++, at++) {
			char c = pattern(at);

			if (mapped && c == '\r')
				c = '\n';
			if (got[i] != c)
				t_die("byte %zu of %zu is %#x, not %#x", at, n, got[i], c);
		}
		if (done == 0)
			t_die("end of file after %zu of %zu bytes", at, n);
	}
	EXPECT_EQ(at, n);
}

static void check(void)
{
	/* A last line without its end only comes with it. */
	if (variant->arg != RAW)
		was.in -= was.in % 10;
	expect_all(was.slave, was.in, true);
	EXPECT_QUIET(was.slave);
	expect_all(was.master, was.out, false);
	EXPECT_QUIET(was.master);
}

ZDTM_TEST = {
	.doc = "a pty that is full both ways gives back every byte",
	.object = "tty",
	.variants = VARIANTS({ "raw", RAW }, { "cooked", COOKED }, { "mapped", MAPPED }),
	.setup = setup,
	.check = check,
};
