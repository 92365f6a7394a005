// SPDX-License-Identifier: GPL-2.0-only
/* Keeps the capability it asks for, and no other. */
#include "zdtm.h"

static void setup(void)
{
	EXPECT_EQ(t_field_num("/proc/self/status", "CapEff", 16), CAP_BIT(CAP_CHOWN));
}

static void check(void)
{
	SYS(close(SYS(open("file", O_CREAT | O_WRONLY, 0600))));
	SYS(chown("file", 77, 77));
	EXPECT_ERRNO(chmod("file", 0777), EPERM);
}

ZDTM_TEST = {
	.doc = "has the one capability it declares",
	.caps = CAP_BIT(CAP_CHOWN),
	.setup = setup,
	.check = check,
};
