// SPDX-License-Identifier: GPL-2.0-only
/* The devices that everybody has and nobody thinks of: what is read from them, written to them. */
#include "zdtm.h"

enum { NUL, ZERO, FULL, RANDOM, URANDOM, DEVICES };

static const char *const paths[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random",
				     "/dev/urandom" };

static struct {
	int fd[DEVICES];
} was;

static void setup(void)
{
	for (int i = 0; i < DEVICES; i++)
		was.fd[i] = SYS(open(paths[i], i == NUL ? O_RDWR | O_NONBLOCK : O_RDWR));
}

static void check(void)
{
	static const char zeroes[16];
	char got[16] = "something", more[16];

	for (int i = 0; i < DEVICES; i++)
		EXPECT_STR(t_fd_path(was.fd[i]), paths[i]);
	EXPECT_EQ(fcntl(was.fd[NUL], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	EXPECT_EQ(read(was.fd[NUL], got, 16), 0);
	EXPECT_EQ(write(was.fd[NUL], got, 16), 16);
	EXPECT_EQ(read(was.fd[ZERO], got, 16), 16);
	EXPECT_MEM(got, zeroes, 16);
	EXPECT_EQ(read(was.fd[FULL], got, 16), 16);
	EXPECT_MEM(got, zeroes, 16);
	EXPECT_ERRNO(write(was.fd[FULL], got, 16), ENOSPC);
	for (int i = RANDOM; i <= URANDOM; i++) {
		EXPECT_EQ(read(was.fd[i], got, 16), 16);
		EXPECT_EQ(read(was.fd[i], more, 16), 16);
		EXPECT_NE(memcmp(got, more, 16), 0);
	}
}

ZDTM_TEST = {
	.doc = "null, zero, full, random and urandom are what they are called",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
