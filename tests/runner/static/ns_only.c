// SPDX-License-Identifier: GPL-2.0-only
#include "zdtm.h"

static void nothing(void)
{
}

ZDTM_TEST = {
	.doc = "wants namespaces of its own",
	.flavors = ZDTM_NS | ZDTM_USERNS,
	.setup = nothing,
	.check = nothing,
};
