// SPDX-License-Identifier: GPL-2.0-only
/* Has a cleanup, and one variant in which that fails. */
#include "zdtm.h"

static void setup(void)
{
	SYS(close(SYS(open("left behind", O_CREAT | O_WRONLY, 0600))));
}

static void check(void)
{
	if (variant->arg == 2)
		_exit(9);
}

static void cleanup(void)
{
	SYS(unlink("left behind"));
	t_note("cleaned up");
	if (variant->arg == 1)
		t_die("cannot clean up");
}

ZDTM_TEST = {
	.doc = "cleans up behind itself",
	.variants =
		VARIANTS({ "well" }, { "badly", 1, .known_as = "static/elsewhere" }, { "dead", 2 }),
	.setup = setup,
	.check = check,
	.cleanup = cleanup,
};
