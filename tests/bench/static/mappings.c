// SPDX-License-Identifier: GPL-2.0-only
/* Mappings that cannot be merged, each with one page written to. */
#include "zdtm.h"

#define MAPPINGS 30000
#define PAGE     4096

static unsigned char *memory;

static unsigned char *mapping(int i)
{
	return memory + (size_t)i * 2 * PAGE;
}

static void setup(void)
{
	memory = SYS(mmap(NULL, (size_t)MAPPINGS * 2 * PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
	/* Every other page readable and writable: two mappings for each. */
	for (int i = 0; i < MAPPINGS / 2; i++) {
		SYS(mprotect(mapping(i), PAGE, PROT_READ | PROT_WRITE));
		*mapping(i) = i;
	}
}

static void check(void)
{
	unsigned int wrong = 0;

	for (int i = 0; i < MAPPINGS / 2; i++)
		wrong += *mapping(i) != (unsigned char)i;
	EXPECT_EQ(wrong, 0);
}

ZDTM_TEST = {
	.doc = "mappings",
	.object = "mm",
	.flavors = ZDTM_HOST,
	.variants = VARIANTS({ "30000", MAPPINGS }),
	.timeout = 120,
	.setup = setup,
	.check = check,
};
