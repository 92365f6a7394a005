// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pipe is full when its slots are, however few bytes are in them. What tee() and vmsplice() put
 * there are pages of others, which no write adds to; the first may be half read. Every byte is there
 * again, and it is still as good as full.
 */
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "zdtm.h"

enum { VMSPLICED, TEED, HALF_READ, GIFTS };

#define SLOTS 16

static struct {
	int ends[2];
	size_t bytes;
	unsigned char *pages;
} was;

static unsigned char byte(size_t i)
{
	return 'a' + i % 26;
}

static void setup(void)
{
	int other[2];

	SYS(pipe2(was.ends, O_NONBLOCK));
	SYS(fcntl(was.ends[0], F_SETPIPE_SZ, SLOTS * T_PAGE));
	was.pages = t_map(SLOTS * T_PAGE, MAP_PRIVATE);
	switch (variant->arg) {
	case VMSPLICED:
	case GIFTS:
		for (size_t i = 0; i < SLOTS; i++) {
			size_t n = variant->arg == GIFTS ? T_PAGE : 1;
			struct iovec one = { was.pages + i * T_PAGE, n };

			memset(one.iov_base, byte(i), n);
			SYS(vmsplice(was.ends[1], &one, 1,
				     variant->arg == GIFTS ? SPLICE_F_GIFT : 0));
			was.bytes += n;
		}
		break;
	case TEED:
		SYS(pipe(other));
		for (size_t i = 0; i < SLOTS; i++) {
			unsigned char one = byte(i);

			t_write(other[1], &one, 1);
			SYS(tee(other[0], was.ends[1], 1, 0));
			t_read(other[0], &one, 1);
		}
		was.bytes = SLOTS;
		SYS(close(other[0]));
		SYS(close(other[1]));
		break;
	case HALF_READ:
		for (size_t i = 0; i < SLOTS; i++) {
			memset(was.pages, byte(i), T_PAGE);
			t_write(was.ends[1], was.pages, T_PAGE);
		}
		t_read(was.ends[0], was.pages, T_PAGE - 1);
		was.bytes = (SLOTS - 1) * T_PAGE + 1;
		break;
	}
}

static void check(void)
{
	bool pages = variant->arg == HALF_READ || variant->arg == GIFTS;
	unsigned char got[SLOTS * T_PAGE];
	int left;

	SYS(ioctl(was.ends[0], FIONREAD, &left));
	EXPECT_EQ(left, was.bytes);
	EXPECT_EQ(fcntl(was.ends[0], F_GETPIPE_SZ), SLOTS * T_PAGE);
	/* A whole page of free room there is not. */
	if (pages)
		EXPECT_ERRNO(write(was.ends[1], got, T_PAGE), EAGAIN);
	t_read(was.ends[0], got, was.bytes);
	for (size_t i = 0; i < was.bytes; i++) {
		size_t slot = !pages                  ? i
			      : variant->arg == GIFTS ? i / T_PAGE
						      : (i + T_PAGE - 1) / T_PAGE;

		if (!EXPECT_EQ(got[i], byte(slot)))
			break;
	}
	EXPECT_ERRNO(read(was.ends[0], got, 1), EAGAIN);
}

ZDTM_TEST = {
	.doc = "a pipe whose slots are taken by single bytes or others' pages keeps every byte",
	.object = "pipe",
	/* So that the pages in other pipes of this user, of whatever test, do not count. */
	.caps = CAP_BIT(CAP_SYS_ADMIN),
	.variants = VARIANTS({ "vmspliced", VMSPLICED }, { "teed", TEED },
			     { "half_read", HALF_READ }, { "gifts", GIFTS }),
	.setup = setup,
	.check = check,
};
