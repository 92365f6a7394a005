// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nameless files much larger than what is in them: it is what is in them that counts against
 * --ghost-limit, which is 1 MiB if nobody says otherwise. One has data beyond 2 GiB, where numbers of
 * 31 bits end.
 */
#include "zdtm.h"

#define GIB (1UL << 30)
#define ALL (1024 * 1024) /* --ghost-limit */

static const struct {
	off_t at[2];
	size_t size; /* of each of the two pieces of data */
} layouts[] = {
	{ { 0, GIB }, T_PAGE },
	{ { 2 * GIB - 2 * T_PAGE, 4 * GIB }, 4 * T_PAGE },
	{ { 0, ALL / 2 }, ALL / 2 },
};

static struct {
	int fd;
	struct blob data[2];
	off_t end;
} was;

static void setup(void)
{
	was.fd = SYS(open("victim", O_RDWR | O_CREAT, 0600));
	for (int i = 0; i < 2; i++) {
		SYS(lseek(was.fd, layouts[variant->arg].at[i], SEEK_SET));
		was.data[i] = t_fill(was.fd, layouts[variant->arg].size);
	}
	was.end = lseek(was.fd, 0, SEEK_CUR);
	SYS(unlink("victim"));
	SYS(fsync(was.fd));
}

static void check(void)
{
	bool hole = was.data[0].at + was.data[0].size < (size_t)was.data[1].at;
	struct stat st;

	SYS(fsync(was.fd));
	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_size, was.end);
	EXPECT_EQ(st.st_blocks * 512, 2 * was.data[0].size);
	EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), was.end);
	for (int i = 0; i < 2; i++)
		EXPECT_DATA(was.fd, &was.data[i]);
	if (hole) {
		EXPECT_EQ(lseek(was.fd, was.data[0].at, SEEK_HOLE),
			  was.data[0].at + was.data[0].size);
		EXPECT_EQ(lseek(was.fd, was.data[0].at + was.data[0].size, SEEK_DATA),
			  was.data[1].at);
	}
}

ZDTM_TEST = {
	.doc = "a nameless file is as large as it was, and no fuller",
	.object = "regfile",
	.variants = VARIANTS({ "1G", 0 }, { "beyond_2G", 1 }, { "at_limit", 2 }),
	.setup = setup,
	.check = check,
};
