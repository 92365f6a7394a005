// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memfds that are mostly holes: a page here and there, up to places no memory could hold. Holes stay
 * holes, and the bytes are where they were, however large that makes it. criu 4.2 maps it whole, if it
 * can.
 */
#include "zdtm.h"

#define SPOTS 4

/* Where there is data; the file ends where the last one says. */
static const off_t spots[][SPOTS + 1] = {
	{ 0, 3 * T_PAGE, 64 * T_PAGE, 65 * T_PAGE, 300 * T_PAGE },
	{ 0, (4L << 30) - T_PAGE, 4L << 30, (9L << 30) + 3 * T_PAGE, 10L << 30 },
	{ T_PAGE, 1L << 40, (1L << 60), INT64_MAX - 4 * T_PAGE + 1, INT64_MAX },
};

static struct {
	int fd;
	struct blob data[SPOTS];
	const off_t *spot;
} was;

static void setup(void)
{
	was.spot = spots[variant->arg];
	was.fd = SYS(memfd_create("sparse", 0));
	for (int i = 0; i < SPOTS; i++) {
		SYS(lseek(was.fd, was.spot[i], SEEK_SET));
		was.data[i] = t_fill(was.fd, T_PAGE);
	}
	SYS(ftruncate(was.fd, was.spot[SPOTS]));
	if (lseek(was.fd, was.spot[SPOTS - 1] + T_PAGE, SEEK_DATA) >= 0)
		t_skip("this kernel finds data where there is none");
	SYS(lseek(was.fd, was.spot[SPOTS - 1] + 100, SEEK_SET));
}

static void check(void)
{
	char page[T_PAGE], zeroes[T_PAGE] = "";
	struct stat st;

	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_size, was.spot[SPOTS]);
	EXPECT_EQ(st.st_blocks, SPOTS * T_PAGE / 512);
	EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), was.spot[SPOTS - 1] + 100);
	for (int i = 0; i < SPOTS; i++) {
		off_t end = was.spot[i] + T_PAGE;

		EXPECT_DATA(was.fd, &was.data[i]);
		EXPECT_EQ(lseek(was.fd, was.spot[i], SEEK_DATA), was.spot[i]);
		if (end == was.spot[i + 1])
			continue;
		EXPECT_EQ(lseek(was.fd, was.spot[i], SEEK_HOLE), end);
		t_read(was.fd, page, sizeof(page));
		EXPECT_MEM(page, zeroes, sizeof(page));
	}
	EXPECT_ERRNO(lseek(was.fd, was.spot[SPOTS - 1] + T_PAGE, SEEK_DATA), ENXIO);
}

ZDTM_TEST = {
	.doc = "a memfd keeps its bytes and its holes, however far they reach",
	.object = "memfd",
	.variants = VARIANTS({ "small", 0 }, { "4g", 1 }, { "largest", 2 }),
	.setup = setup,
	.check = check,
};
