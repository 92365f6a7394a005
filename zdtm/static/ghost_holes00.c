// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nameless files with holes: between data, behind it, before it, and nothing else. They read as
 * zeroes, are found by SEEK_HOLE where they were, and take no blocks.
 */
#include "zdtm.h"

/* Of pages that are data ('d') or not; the last hole is made with ftruncate(). */
static const char *const layouts[] = { "d-d", "d-d-", "-d-d", "---", "d--dd-d---" };

static const unsigned char zeroes[T_PAGE];

static struct {
	int fd;
	const char *layout;
	struct blob data[16];
	blkcnt_t blocks;
} was;

static void setup(void)
{
	struct stat st;

	was.layout = layouts[variant->arg];
	was.fd = SYS(open("victim", O_RDWR | O_CREAT, 0600));
	for (int i = 0; was.layout[i]; i++)
		if (was.layout[i] == 'd') {
			SYS(lseek(was.fd, i * T_PAGE, SEEK_SET));
			was.data[i] = t_fill(was.fd, T_PAGE);
		}
	SYS(ftruncate(was.fd, strlen(was.layout) * T_PAGE));
	SYS(unlink("victim"));
	SYS(fsync(was.fd));
	SYS(fstat(was.fd, &st));
	was.blocks = st.st_blocks;
	for (int i = 0; was.layout[i]; i++)
		if (was.layout[i] == '-' &&
		    lseek(was.fd, i * T_PAGE, SEEK_HOLE) != (off_t)(i * T_PAGE))
			t_skip("this file system does not tell of its holes");
}

static void check(void)
{
	unsigned char page[T_PAGE];
	struct stat st;

	SYS(fsync(was.fd));
	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_size, strlen(was.layout) * T_PAGE);
	EXPECT_EQ(st.st_blocks, was.blocks);
	for (int i = 0; was.layout[i]; i++) {
		bool hole = was.layout[i] == '-';

		EXPECT_EQ(lseek(was.fd, i * T_PAGE, SEEK_HOLE) == (off_t)(i * T_PAGE), hole);
		SYS(pread(was.fd, page, T_PAGE, i * T_PAGE));
		if (hole)
			EXPECT_MEM(page, zeroes, T_PAGE);
		else
			EXPECT_MEM_IS(page, &was.data[i]);
	}
}

ZDTM_TEST = {
	.doc = "a nameless file keeps its holes",
	.object = "regfile",
	.variants = VARIANTS({ "middle", 0 }, { "tail", 1, .known_as = "static/ghost_holes01" },
			     { "head", 2, .known_as = "static/ghost_holes02" }, { "all", 3 },
			     { "many", 4 }),
	.setup = setup,
	.check = check,
};
