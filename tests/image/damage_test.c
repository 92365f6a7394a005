// SPDX-License-Identifier: GPL-2.0-only
/* Whatever is done to whichever file of a set, it is noticed when the set is opened. */
#include "set.h"

static const char *const files[] = { "fs-1.img", "inventory.img", "pages-1.img", "pipes-data.img",
				     "pstree.img" };
#define FILES (sizeof(files) / sizeof(files[0]))

static void expect_noticed(int dir, const char *name, const char *what, size_t at)
{
	char file[IMAGE_NAME_SIZE];
	int r = set_check(dir, false, file);

	ATF_CHECK_MSG(r == -EBADMSG, "%s: %s at %zu: %d", name, what, at, r);
	/* What the inventory says of others may be believed, and theirs be the blame. */
	if (strcmp(name, "inventory.img") != 0)
		ATF_CHECK_MSG(strcmp(file, name) == 0, "%s: %s at %zu: blames %s", name, what, at,
			      file);
}

UNIT(flipped, "a bit of every byte of every file")
{
	int dir = set_dir("img");
	struct buf b = {};

	set_write(dir, 2);
	for (size_t f = 0; f < FILES; f++) {
		set_get(dir, files[f], &b);
		for (size_t i = 0; i < b.len; i++) {
			b.data[i] ^= 1 << i % 8;
			set_put(dir, files[f], b.data, b.len);
			expect_noticed(dir, files[f], "a bit", i);
			b.data[i] ^= 1 << i % 8;
		}
		set_put(dir, files[f], b.data, b.len);
	}
	ATF_CHECK_EQ(set_check(dir, false, NULL), 0);
	buf_done(&b);
	close(dir);
}

UNIT(truncated, "every length that is not the file's")
{
	int dir = set_dir("img");
	struct buf b = {};

	set_write(dir, 2);
	for (size_t f = 0; f < FILES; f++) {
		set_get(dir, files[f], &b);
		for (size_t n = 0; n < b.len; n++) {
			set_put(dir, files[f], b.data, n);
			expect_noticed(dir, files[f], "cut", n);
		}
		ATF_REQUIRE_EQ(buf_append(&b, "\0\0\0\0\0\0\0\0", 8), 0);
		for (size_t n = b.len - 7; n <= b.len; n++) {
			set_put(dir, files[f], b.data, n);
			expect_noticed(dir, files[f], "longer", n);
		}
		set_put(dir, files[f], b.data, b.len - 8);
	}
	ATF_CHECK_EQ(set_check(dir, false, NULL), 0);
	buf_done(&b);
	close(dir);
}

UNIT(zeroed, "zeroes, in all of a file or in a part")
{
	int dir = set_dir("img");
	struct buf b = {};
	char *zeroed;

	set_write(dir, 2);
	for (size_t f = 0; f < FILES; f++) {
		set_get(dir, files[f], &b);
		for (size_t from = 0; from < b.len; from += 16) {
			zeroed = malloc(b.len);
			memcpy(zeroed, b.data, b.len);
			memset(zeroed + from, 0, from ? MIN(b.len - from, (size_t)16) : b.len);
			if (memcmp(zeroed, b.data, b.len) != 0) {
				set_put(dir, files[f], zeroed, b.len);
				expect_noticed(dir, files[f], "zeroes", from);
			}
			free(zeroed);
		}
		set_put(dir, files[f], b.data, b.len);
	}
	ATF_CHECK_EQ(set_check(dir, false, NULL), 0);
	buf_done(&b);
	close(dir);
}

UNIT(gone, "files that are missing, or no files any more")
{
	int dir = set_dir("img");

	set_write(dir, 2);
	for (size_t f = 0; f < FILES; f++) {
		bool inventory = strcmp(files[f], "inventory.img") == 0;

		ATF_REQUIRE_EQ(renameat(dir, files[f], dir, "away"), 0);
		if (inventory)
			ATF_CHECK_EQ(set_check(dir, false, NULL), -ENOENT);
		else
			expect_noticed(dir, files[f], "missing", 0);
		ATF_REQUIRE_EQ(mkdirat(dir, files[f], 0700), 0);
		expect_noticed(dir, files[f], "a directory", 0);
		ATF_REQUIRE_EQ(unlinkat(dir, files[f], AT_REMOVEDIR), 0);
		ATF_REQUIRE_EQ(mkfifoat(dir, files[f], 0600), 0);
		/* Opening one would wait for its other end. */
		expect_noticed(dir, files[f], "a fifo", 0);
		ATF_REQUIRE_EQ(unlinkat(dir, files[f], 0), 0);
		ATF_REQUIRE_EQ(symlinkat("away", dir, files[f]), 0);
		if (!inventory)
			expect_noticed(dir, files[f], "a link", 0);
		ATF_REQUIRE_EQ(unlinkat(dir, files[f], 0), 0);
		ATF_REQUIRE_EQ(renameat(dir, "away", dir, files[f]), 0);
	}
	ATF_CHECK_EQ(set_check(dir, false, NULL), 0);
	close(dir);
}

UNIT(extra, "a file that is no part of the set is not there")
{
	int dir = set_dir("img");
	struct image_set s;
	struct image_in in;
	struct arena a;
	struct buf b = {};

	set_write(dir, 2);
	set_get(dir, "fs-1.img", &b);
	set_put(dir, "fs-2.img", b.data, b.len);
	arena_init(&a, false);
	ATF_REQUIRE_EQ(image_set_open(dir, &a, false, &s), 0);
	ATF_CHECK_EQ(image_open(&s, IMAGE_FS, 2, &in), -ENOENT);
	image_set_close(&s);
	ATF_REQUIRE_EQ(image_set_open(dir, &a, true, &s), 0);
	ATF_CHECK_EQ(image_open(&s, IMAGE_FS, 2, &in), 0);
	image_set_close(&s);
	arena_done(&a);
	buf_done(&b);
	close(dir);
}

UNIT(edited, "what somebody edited on purpose is let through when that is said, and only then")
{
	int dir = set_dir("img");
	struct buf b = {};

	set_write(dir, 2);
	set_get(dir, "fs-1.img", &b);
	b.data[b.len - 1] ^= 1;
	set_put(dir, "fs-1.img", b.data, b.len);
	expect_noticed(dir, "fs-1.img", "edited", b.len - 1);
	ATF_CHECK_EQ(set_check(dir, true, NULL), 0);
	buf_done(&b);
	close(dir);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, flipped);
	ATF_TP_ADD_TC(tp, truncated);
	ATF_TP_ADD_TC(tp, zeroed);
	ATF_TP_ADD_TC(tp, gone);
	ATF_TP_ADD_TC(tp, extra);
	ATF_TP_ADD_TC(tp, edited);
	return atf_no_error();
}
