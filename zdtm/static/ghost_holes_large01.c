// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nameless files with more in them than --ghost-limit allows: an engine is not to fill the images
 * with them unasked. By default 1 MiB is the limit.
 */
#include "zdtm.h"

#define MIB (1024 * 1024)

static struct {
	int fd;
	struct blob data;
} was;

static void setup(void)
{
	was.fd = SYS(open("victim", O_RDWR | O_CREAT, 0600));
	SYS(lseek(was.fd, MIB * 512, SEEK_SET));
	was.data = t_fill(was.fd, variant->arg);
	SYS(unlink("victim"));
	SYS(fsync(was.fd));
}

static void check(void)
{
	EXPECT_DATA(was.fd, &was.data);
}

ZDTM_TEST = {
	.doc = "a nameless file beyond the limit is refused",
	.object = "regfile",
	.demand = MUST_REFUSE,
	.variants = VARIANTS({ "default", MIB + T_PAGE },
			     { "64K", 65536 + T_PAGE, .engine = LIST("--ghost-limit=64K") },
			     { "twice", 2 * MIB }),
	.setup = setup,
	.check = check,
};
