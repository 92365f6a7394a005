// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pipes of every capacity, empty, with a little in them and full to the brim. Full means what it did:
 * not one byte more, and when a page has been read a page's worth.
 */
#include <limits.h>

#include "zdtm.h"

static const size_t sizes[] = { 4096, 8192, 65536, 1 << 20 };
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

enum { EMPTY, SOME, FULL, FILLS };

static struct pipe {
	int ends[2];
	struct blob data;
} pipes[SIZES][FILLS];

/* In one write: poll() does not tell of the room that is left in the last page. */
static struct blob fill(int fd, size_t size)
{
	static unsigned char bytes[1 << 20];
	struct blob data = t_fill_mem(bytes, size);

	EXPECT_EQ(write(fd, bytes, size), size);
	return data;
}

static void setup(void)
{
	for (size_t s = 0; s < SIZES; s++)
		for (int f = 0; f < FILLS; f++) {
			struct pipe *p = &pipes[s][f];

			SYS(pipe2(p->ends, O_NONBLOCK));
			EXPECT_EQ(fcntl(p->ends[1], F_SETPIPE_SZ, sizes[s]), sizes[s]);
			if (f != EMPTY)
				p->data = fill(p->ends[1], f == FULL ? sizes[s] : 100);
		}
}

static void check(void)
{
	char page[PIPE_BUF] = "";

	for (size_t s = 0; s < SIZES; s++)
		for (int f = 0; f < FILLS; f++) {
			const struct pipe *p = &pipes[s][f];

			EXPECT_EQ(fcntl(p->ends[0], F_GETPIPE_SZ), sizes[s]);
			EXPECT_EQ(fcntl(p->ends[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
			if (f == FULL)
				EXPECT_ERRNO(write(p->ends[1], page, 1), EAGAIN);
			if (f != EMPTY)
				EXPECT_DATA(p->ends[0], &p->data);
			EXPECT_ERRNO(read(p->ends[0], page, 1), EAGAIN);
			for (size_t n = 0; n < sizes[s]; n += sizeof(page))
				EXPECT_EQ(write(p->ends[1], page, sizeof(page)), sizeof(page));
			EXPECT_ERRNO(write(p->ends[1], page, 1), EAGAIN);
		}
}

ZDTM_TEST = {
	.doc = "pipes keep capacity and content, empty, full or between",
	.object = "pipe",
	/* So that the pages in other pipes of this user, of whatever test, do not count. */
	.caps = CAP_BIT(CAP_SYS_ADMIN),
	.setup = setup,
	.check = check,
};
