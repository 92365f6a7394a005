// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modes that are easily lost when a file is made anew: set-user-ID and set-group-ID go with every
 * write and change of owner, and a mode that permits nothing at all is in the way of making it.
 */
#include "zdtm.h"

static struct {
	int fd;
	struct blob data;
} was;

static void setup(void)
{
	was.fd = SYS(open("victim", O_RDWR | O_CREAT, 0600));
	was.data = t_fill(was.fd, 3000);
	SYS(fchown(was.fd, 1234, 5678));
	SYS(fchmod(was.fd, variant->arg));
	SYS(unlink("victim"));
}

static void check(void)
{
	struct stat st;

	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_mode & 07777, variant->arg);
	EXPECT_EQ(st.st_uid, 1234);
	EXPECT_EQ(st.st_gid, 5678);
	EXPECT_DATA(was.fd, &was.data);
}

ZDTM_TEST = {
	.doc = "a nameless file keeps its mode, set-ID bits and all",
	.object = "regfile",
	/* To make it somebody else's, and then change its mode and keep the set-ID bits. */
	.caps = CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_FOWNER) | CAP_BIT(CAP_FSETID),
	.variants = VARIANTS({ "setuid", 04711 }, { "setgid", 02755 }, { "sticky", 01644 },
			     { "nothing", 0 }, { "all", 07777 }),
	.setup = setup,
	.check = check,
};
