// SPDX-License-Identifier: GPL-2.0-only
/* Declares what is not to be had. */
#include "zdtm.h"

static void nothing(void)
{
}

ZDTM_TEST = {
	.doc = "never gets to run",
	.caps = CAP_BIT(CAP_CHOWN),
	.variants = VARIANTS({ "unknown_probe", .needs = LIST("no.such_probe") }),
	.setup = nothing,
	.check = nothing,
};
