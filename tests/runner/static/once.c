// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notices when it is not the process it was: the "restore" of a sham engine starts it anew. Three
 * programs differ only in what they demand.
 */
#include "zdtm.h"

static bool born_again;

static void setup(void)
{
	born_again = access("mark", F_OK) == 0;
	if (!born_again)
		SYS(close(SYS(open("mark", O_CREAT | O_WRONLY, 0600))));
}

static void check(void)
{
	EXPECT(!born_again);
}

#ifndef DEMAND
#define DEMAND KEEP
#endif

ZDTM_TEST = {
	.doc = "is still the same process",
	.object = "nothing_at_all",
	.demand = DEMAND,
	.timeout = 3,
	.setup = setup,
	.check = check,
};
