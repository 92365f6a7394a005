// SPDX-License-Identifier: GPL-2.0-only
/* Open files: as many as there are descriptors, or a hundred opened again and again. */
#include <sys/resource.h>

#include "zdtm.h"

#define FILES 15000

static int fds[FILES];

static void setup(void)
{
	struct rlimit limit;

	SYS(getrlimit(RLIMIT_NOFILE, &limit));
	if (limit.rlim_max < FILES + 100)
		t_skip("only %ju descriptors allowed", (uintmax_t)limit.rlim_max);
	limit.rlim_cur = FILES + 100;
	SYS(setrlimit(RLIMIT_NOFILE, &limit));
	for (int i = 0; i < FILES; i++) {
		char name[32];

		snprintf(name, sizeof(name), "file%ld", i % variant->arg);
		fds[i] = SYS(open(name, O_RDWR | O_CREAT, 0600));
		SYS(lseek(fds[i], i, SEEK_SET));
	}
}

static void check(void)
{
	unsigned int wrong = 0;

	for (int i = 0; i < FILES; i++)
		wrong += lseek(fds[i], 0, SEEK_CUR) != i;
	EXPECT_EQ(wrong, 0);
}

ZDTM_TEST = {
	.doc = "open files",
	.object = "regfile",
	.flavors = ZDTM_HOST,
	.variants = VARIANTS({ "15000", FILES }, { "15000_of_100", 100 }),
	.timeout = 120,
	.setup = setup,
	.check = check,
};
