// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pipe in packet mode (O_DIRECT): each read gives one packet, whatever room there is, and drops what
 * it has no room for. The mode is the writer's open file's, the packets stay packets when it is gone.
 *
 * criu 4.2 refuses the mode, and makes a stream of packets when the mode is off or the writer gone.
 */
#include "zdtm.h"

enum { MODE_ON, MODE_OFF_SINCE, WRITER_GONE };

static const size_t writes[] = { 3, 1, 4096, 700, 5000 /* two packets */, 2 };
static const size_t packets[] = { 3, 1, 4096, 700, 4096, 904, 2 };

#define PACKETS (sizeof(packets) / sizeof(packets[0]))
#define TOTAL   (3 + 1 + 4096 + 700 + 5000 + 2)

static struct {
	int ends[2];
	unsigned char bytes[TOTAL]; /* of all packets */
} was;

static void setup(void)
{
	unsigned char *at = was.bytes;

	t_fill_mem(was.bytes, TOTAL);
	SYS(pipe2(was.ends, O_DIRECT));
	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); at += writes[i++])
		t_write(was.ends[1], at, writes[i]);
	if (variant->arg == MODE_OFF_SINCE) {
		SYS(fcntl(was.ends[1], F_SETFL, 0));
		t_write(was.ends[1], "no", 2);
		t_write(was.ends[1], "packets", 7);
	}
	if (variant->arg == WRITER_GONE)
		SYS(close(was.ends[1]));
}

static void check(void)
{
	unsigned char got[2 * T_PAGE], *at = was.bytes;

	SYS(fcntl(was.ends[0], F_SETFL, O_NONBLOCK));
	if (variant->arg != WRITER_GONE)
		EXPECT_EQ(fcntl(was.ends[1], F_GETFL) & O_DIRECT,
			  variant->arg == MODE_ON ? O_DIRECT : 0);
	for (size_t i = 0; i < PACKETS - 1; at += packets[i++])
		if (!EXPECT_EQ(read(was.ends[0], got, sizeof(got)), packets[i]) ||
		    !EXPECT_MEM(got, at, packets[i]))
			return;
	/* There is room for half of the last one. */
	EXPECT_EQ(read(was.ends[0], got, 1), 1);
	EXPECT_MEM(got, at, 1);
	if (variant->arg == MODE_OFF_SINCE) {
		EXPECT_EQ(read(was.ends[0], got, sizeof(got)), 9);
		EXPECT_MEM(got, "nopackets", 9);
	}
	EXPECT_EQ(read(was.ends[0], got, 1), variant->arg == WRITER_GONE ? 0 : -1);
}

ZDTM_TEST = {
	.doc = "packets in a pipe stay packets",
	.object = "pipe",
	.demand = KEEP_OR_REFUSE,
	/* So that the pages in other pipes of this user, of whatever test, do not count. */
	.caps = CAP_BIT(CAP_SYS_ADMIN),
	.variants = VARIANTS({ "mode_on", MODE_ON }, { "mode_off_since", MODE_OFF_SINCE },
			     { "writer_gone", WRITER_GONE }),
	.setup = setup,
	.check = check,
};
