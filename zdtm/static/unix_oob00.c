// SPDX-License-Identifier: GPL-2.0-only
/*
 * An out-of-band byte in a stream: received by MSG_OOB, or skipped, or inline. Where it is, and where
 * one was that has been received already, is marked: SIOCATMARK.
 *
 * criu 4.2 makes ordinary data of it.
 */
#include <poll.h>

#include "socket.h"

enum { FIRST, INSIDE, INLINE, TAKEN, TWO };

static int sk[2];

static void send_oob(const char *text)
{
	ssize_t n = send(sk[0], text, strlen(text), MSG_OOB);

	if (n < 0 && errno == EOPNOTSUPP)
		t_skip("unix sockets of this kernel have no out-of-band bytes");
	EXPECT_EQ(n, strlen(text));
}

static bool at_mark(void)
{
	int yes = -1;

	SYS(ioctl(sk[1], SIOCATMARK, &yes));
	return yes;
}

static bool pending(void)
{
	struct pollfd pfd = { .fd = sk[1], .events = POLLPRI };

	return SYS(poll(&pfd, 1, 0)) && pfd.revents & POLLPRI;
}

static void setup(void)
{
	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, sk));
	if (variant->arg == INLINE)
		t_set_sockopt(sk[1], SO_OOBINLINE, 1);
	if (variant->arg != FIRST)
		t_send(sk[0], "before");
	if (variant->arg == TWO)
		send_oob("1");
	send_oob("!");
	t_send(sk[0], "after");
	if (variant->arg == TAKEN) {
		char byte = 0;

		EXPECT_EQ(recv(sk[1], &byte, 1, MSG_OOB), 1);
		EXPECT_EQ(byte, '!');
	}
}

static void expect_next(const char *text)
{
	char got[32] = "";

	/* A read ends at the mark, however much it asks for. */
	EXPECT_EQ(recv(sk[1], got, sizeof(got), MSG_DONTWAIT), strlen(text));
	EXPECT_STR(got, text);
}

static void check(void)
{
	char byte = 0;

	EXPECT_EQ(pending(), variant->arg != TAKEN);
	EXPECT_EQ(at_mark(), variant->arg == FIRST);
	switch (variant->arg) {
	case FIRST:
		EXPECT_EQ(recv(sk[1], &byte, 1, MSG_OOB), 1);
		EXPECT_EQ(byte, '!');
		expect_next("after");
		break;
	case INSIDE:
		expect_next("before");
		EXPECT(at_mark());
		EXPECT_EQ(recv(sk[1], &byte, 1, MSG_OOB), 1);
		EXPECT_EQ(byte, '!');
		expect_next("after");
		break;
	case INLINE:
		EXPECT_ERRNO(recv(sk[1], &byte, 1, MSG_OOB), EINVAL);
		expect_next("before");
		EXPECT(at_mark());
		expect_next("!after");
		break;
	case TAKEN:
		EXPECT_ERRNO(recv(sk[1], &byte, 1, MSG_OOB), EINVAL);
		expect_next("before");
		EXPECT(at_mark());
		expect_next("after");
		break;
	case TWO:
		/* Only the last one is out of band. */
		expect_next("before1");
		EXPECT(at_mark());
		expect_next("after");
		break;
	}
	EXPECT(!pending());
	EXPECT_EMPTY(sk[1]);
}

/* There are kernels that then find nothing behind it. */
#define TAKEN_BYTES LIST("unix.oob_taken")

ZDTM_TEST = {
	.doc = "the out-of-band byte of a stream, and the mark of it",
	.object = "unix",
	.variants = VARIANTS({ "first", FIRST, .needs = TAKEN_BYTES },
			     { "inside", INSIDE, .needs = TAKEN_BYTES }, { "inline", INLINE },
			     { "taken", TAKEN, .needs = TAKEN_BYTES }, { "two", TWO }),
	.setup = setup,
	.check = check,
};
