// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX message queues: limits, O_NONBLOCK of one of two descriptors, messages in their order,
 * which is by priority first. One that is seen on a mount is a file that was there before.
 */
#include <mqueue.h>
#include <sys/mount.h>

#include "zdtm.h"

#define SIZE 100
#define N    4

static const struct {
	char text[8];
	unsigned int priority;
} message[N] = { { "first", 7 }, { "second", 7 }, { "third", 3 }, { "fourth", 0 } };

enum { NAMED, UNLINKED, SEEN };

static struct {
	mqd_t waits, asks;
} was;

static void setup(void)
{
	struct mq_attr attr = { .mq_maxmsg = N + 1, .mq_msgsize = SIZE };
	static const int order[N] = { 2, 0, 3, 1 };

	was.waits = SYS(mq_open("/queue", O_RDWR | O_CREAT | O_EXCL, 0600, &attr));
	was.asks = SYS(mq_open("/queue", O_RDONLY | O_NONBLOCK));
	if (variant->arg == SEEN) {
		SYS(mkdir("queues", 0700));
		SYS(mount("none", "queues", "mqueue", 0, NULL));
		SYS(close(was.waits));
		SYS(close(was.asks));
		was.waits = SYS(open("queues/queue", O_RDWR));
		was.asks = SYS(open("queues/queue", O_RDONLY | O_NONBLOCK));
	}
	for (int i = 0; i < N; i++)
		SYS(mq_send(was.waits, message[order[i]].text, sizeof(message[0].text),
			    message[order[i]].priority));
	if (variant->arg == UNLINKED)
		SYS(mq_unlink("/queue"));
}

static void check(void)
{
	unsigned int priority;
	struct mq_attr attr;
	char text[SIZE];

	SYS(mq_getattr(was.waits, &attr));
	EXPECT_EQ(attr.mq_flags, 0);
	EXPECT_EQ(attr.mq_maxmsg, N + 1);
	EXPECT_EQ(attr.mq_msgsize, SIZE);
	EXPECT_EQ(attr.mq_curmsgs, N);
	SYS(mq_getattr(was.asks, &attr));
	EXPECT_EQ(attr.mq_flags, O_NONBLOCK);
	for (int i = 0; i < N; i++) {
		EXPECT_EQ(mq_receive(was.asks, text, SIZE, &priority), sizeof(message[0].text));
		EXPECT_STR(text, message[i].text);
		EXPECT_EQ(priority, message[i].priority);
	}
	EXPECT_ERRNO(mq_receive(was.asks, text, SIZE, NULL), EAGAIN);
	if (variant->arg == UNLINKED)
		EXPECT_ERRNO(mq_open("/queue", O_RDONLY), ENOENT);
	else
		SYS(mq_unlink("/queue"));
}

ZDTM_TEST = {
	.doc = "open message queues, with what waits in them",
	.object = "mqueue",
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* mount(2) */
	.variants =
		(const struct zdtm_variant[]){ { "named", NAMED },
					       { "unlinked", UNLINKED, .demand = KEEP_OR_REFUSE },
					       { "seen", SEEN },
					       {} },
	.setup = setup,
	.check = check,
};
