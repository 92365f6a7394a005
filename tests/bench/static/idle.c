// SPDX-License-Identifier: GPL-2.0-only
/* A task with nothing but what every program has: what a dump costs at least. */
#include "zdtm.h"

static void setup(void)
{
}

static void check(void)
{
}

ZDTM_TEST = {
	.doc = "an idle task",
	.object = "task",
	.flavors = ZDTM_HOST,
	.setup = setup,
	.check = check,
};
