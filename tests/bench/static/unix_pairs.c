// SPDX-License-Identifier: GPL-2.0-only
/* Pairs of unix sockets, each with data waiting at both ends. */
#include <sys/resource.h>
#include <sys/socket.h>

#include "zdtm.h"

#define PAIRS 2000

static int sk[PAIRS][2];

static void setup(void)
{
	struct rlimit limit;

	SYS(getrlimit(RLIMIT_NOFILE, &limit));
	if (limit.rlim_max < 2 * PAIRS + 100)
		t_skip("only %ju descriptors allowed", (uintmax_t)limit.rlim_max);
	limit.rlim_cur = 2 * PAIRS + 100;
	SYS(setrlimit(RLIMIT_NOFILE, &limit));
	for (int i = 0; i < PAIRS; i++) {
		SYS(socketpair(AF_UNIX, variant->arg, 0, sk[i]));
		for (int end = 0; end < 2; end++)
			SYS(send(sk[i][end], &i, sizeof(i), 0));
	}
}

static void check(void)
{
	unsigned int wrong = 0;

	for (int i = 0; i < PAIRS; i++)
		for (int end = 0; end < 2; end++) {
			int got = -1;

			wrong += recv(sk[i][end], &got, sizeof(got), MSG_DONTWAIT) != sizeof(got) ||
				 got != i;
		}
	EXPECT_EQ(wrong, 0);
}

ZDTM_TEST = {
	.doc = "pairs of unix sockets with data in their queues",
	.object = "unix",
	.flavors = ZDTM_HOST,
	.variants = VARIANTS({ "2000_stream", SOCK_STREAM }, { "2000_dgram", SOCK_DGRAM }),
	.timeout = 120,
	.setup = setup,
	.check = check,
};
