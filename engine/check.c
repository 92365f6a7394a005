// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include "check.h"

int check_main(const struct options *opts)
{
	fprintf(stderr, "refcr: check: not supported yet\n");
	return -1;
}
