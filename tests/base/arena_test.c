// SPDX-License-Identifier: GPL-2.0-only
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "tests/unit.h"

static void fill(struct arena *a)
{
	unsigned char *before = NULL;

	/* Sizes around that of a chunk, too. */
	for (size_t n = 1; n < 3 << 20; n = n * 3 / 2 + 1) {
		unsigned char *p = arena_alloc(a, n);

		ATF_REQUIRE(p);
		ATF_CHECK_EQ((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < n; i++)
			if (p[i])
				atf_tc_fail("byte %zu of %zu is %d", i, n, p[i]);
		memset(p, 0xff, n);
		if (before)
			ATF_CHECK_EQ(before[0], 0xff);
		before = p;
	}
}

UNIT(zeroed, "memory is zeroed, aligned, and nobody else's")
{
	struct arena a;

	arena_init(&a, false);
	fill(&a);
	arena_done(&a);
	/* And again: it is empty, and can be used. */
	fill(&a);
	arena_done(&a);
	arena_done(&a);
}

UNIT(small, "many small pieces do not overlap")
{
	struct arena a;
	uint64_t **p;

	arena_init(&a, false);
	p = arena_array(&a, uint64_t *, 100000);
	for (uint64_t i = 0; i < 100000; i++) {
		p[i] = arena_new(&a, uint64_t);
		ATF_REQUIRE(p[i]);
		*p[i] = i;
	}
	for (uint64_t i = 0; i < 100000; i++)
		ATF_REQUIRE_EQ(*p[i], i);
	ATF_CHECK_STREQ(arena_strdup(&a, "text"), "text");
	ATF_CHECK_STREQ(arena_strdup(&a, ""), "");
	arena_done(&a);
}

UNIT(too_much, "what no memory can hold is refused")
{
	struct arena a;

	arena_init(&a, false);
	ATF_CHECK(!arena_alloc(&a, SIZE_MAX));
	ATF_CHECK(!arena_alloc(&a, SIZE_MAX - 15));
	ATF_CHECK(!arena_alloc(&a, SIZE_MAX / 2));
	ATF_CHECK(arena_alloc(&a, 1));
	arena_done(&a);
}

static int written_by_child(bool shared)
{
	struct arena a;
	int *p, r;
	pid_t pid;

	arena_init(&a, shared);
	p = arena_new(&a, int);
	pid = fork();
	ATF_REQUIRE(pid >= 0);
	if (pid == 0) {
		*p = 7;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	r = *p;
	arena_done(&a);
	return r;
}

UNIT(sharing, "a shared one is the same in a child, another is not")
{
	ATF_CHECK_EQ(written_by_child(true), 7);
	ATF_CHECK_EQ(written_by_child(false), 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, zeroed);
	ATF_TP_ADD_TC(tp, small);
	ATF_TP_ADD_TC(tp, too_much);
	ATF_TP_ADD_TC(tp, sharing);
	return atf_no_error();
}
