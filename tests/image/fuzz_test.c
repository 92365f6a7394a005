// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets with random damage, read with and without the checksums in the way. Without them much is let
 * through: what counts is that every read ends, with a message or without, inside the memory it has.
 */
#include "set.h"

static uint64_t seed = 1;

static unsigned int below(unsigned int n)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (seed >> 33) % n;
}

static void damage(struct buf *b)
{
	for (unsigned int i = 1 + below(4); i > 0 && b->len > 0; i--) {
		size_t at = below(b->len);
		uint32_t word = (uint32_t[]){ 0, 1, -1, INT32_MAX, 1U << below(32) }[below(5)];

		switch (below(6)) {
		case 0:
			b->data[at] ^= 1 << below(8);
			break;
		case 1:
			b->data[at] = below(256);
			break;
		case 2:
			b->len = at;
			break;
		case 3:
			if (b->len >= 4)
				memcpy(b->data + below(b->len - 3), &word, 4);
			break;
		case 4:
			memmove(b->data + at, b->data + below(at + 1), b->len - at);
			break;
		case 5:
			ATF_REQUIRE_EQ(buf_append(b, "\0\0\0\0\0\0\0", 1 + below(7)), 0);
			break;
		}
	}
}

UNIT(random_damage, "random damage never leads out of bounds")
{
	static const char *const names[] = { "inventory.img", "pstree.img", "fs-1.img",
					     "pipes-data.img" };
	struct buf original[4] = {}, b = {};
	unsigned int let_through = 0, rounds = 2500;
	int dir = set_dir("img");

	set_write(dir, 4);
	for (int i = 0; i < 4; i++)
		set_get(dir, names[i], &original[i]);
	for (unsigned int round = 0; round < rounds; round++) {
		unsigned int i = below(4);
		bool edited = below(4);
		int r;

		b.len = 0;
		ATF_REQUIRE_EQ(buf_append(&b, original[i].data, original[i].len), 0);
		damage(&b);
		set_put(dir, names[i], b.data, b.len);
		r = set_check(dir, edited, NULL);
		let_through += r == 0;
		/* What is damaged and looks whole has the same bytes again. */
		if (r == 0 && !edited)
			ATF_CHECK_MSG(b.len == original[i].len &&
					      memcmp(b.data, original[i].data, b.len) == 0,
				      "round %u: %s", round, names[i]);
		set_put(dir, names[i], original[i].data, original[i].len);
	}
	ATF_CHECK_MSG(let_through > rounds / 50 && let_through < rounds / 2, "%u", let_through);
	ATF_CHECK_EQ(set_check(dir, false, NULL), 0);
	for (int i = 0; i < 4; i++)
		buf_done(&original[i]);
	buf_done(&b);
	close(dir);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, random_damage);
	return atf_no_error();
}
