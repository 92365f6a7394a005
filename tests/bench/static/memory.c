// SPDX-License-Identifier: GPL-2.0-only
/* Private memory that was written to, every page of it. */
#include "zdtm.h"

#define PAGE 4096

static uint64_t *memory;

static size_t words(void)
{
	return ((size_t)variant->arg << 20) / sizeof(*memory);
}

static void setup(void)
{
	size_t step = PAGE / sizeof(*memory);

	memory = SYS(mmap(NULL, words() * sizeof(*memory), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	/* One word a page tells pages apart, and leaves the time to what is measured. */
	for (size_t i = 0; i < words(); i += step)
		memory[i] = ~i;
}

static void check(void)
{
	size_t step = PAGE / sizeof(*memory), wrong = 0;

	for (size_t i = 0; i < words(); i += step)
		wrong += memory[i] != ~i;
	EXPECT_EQ(wrong, 0);
}

ZDTM_TEST = {
	.doc = "touched private memory",
	.object = "mm",
	.flavors = ZDTM_HOST,
	.variants = VARIANTS({ "64M", 64 }, { "1G", 1024 }),
	.timeout = 120,
	.setup = setup,
	.check = check,
};
