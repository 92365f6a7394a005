// SPDX-License-Identifier: GPL-2.0-only
/* Asks for a capability that no kernel has. */
#include "zdtm.h"

static void nothing(void)
{
}

ZDTM_TEST = {
	.doc = "never gets to run",
	.caps = CAP_BIT(62),
	.setup = nothing,
	.check = nothing,
};
