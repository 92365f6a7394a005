// SPDX-License-Identifier: GPL-2.0-only
/*
 * A slave mounted on /dev/console, as a container has it, and opened twice by that name: both still
 * lead to the pty, and the node has the owner it had.
 */
#include <sys/mount.h>

#include "zdtm.h"

static struct {
	int master, slave[2];
} was;

static void setup(void)
{
	char name[64];

	was.master = t_ptmx(O_RDWR);
	SYS_RC(ptsname_r(was.master, name, sizeof(name)));
	SYS(mount(name, "/dev/console", NULL, MS_BIND, NULL));
	for (int i = 0; i < 2; i++)
		was.slave[i] = SYS(open("/dev/console", O_RDWR | O_NOCTTY));
	SYS(fchown(was.slave[0], 13, 17));
}

static void check(void)
{
	struct stat now;

	SYS(fstat(was.slave[1], &now));
	EXPECT_EQ(now.st_uid, 13);
	EXPECT_EQ(now.st_gid, 17);
	EXPECT_STR(t_fd_path(was.slave[0]), "/dev/console");
	t_write(was.master, "one\n", 4);
	EXPECT_READS(was.slave[0], "one\n");
	t_write(was.master, "two\n", 4);
	EXPECT_READS(was.slave[1], "two\n");
}

ZDTM_TEST = {
	.doc = "a pty mounted on /dev/console is found by that name",
	.object = "tty",
	.flavors = ZDTM_NS | ZDTM_USERNS, /* the mount has to be made anew with the pty */
	.caps = CAP_BIT(CAP_SYS_ADMIN) | CAP_BIT(CAP_CHOWN), /* mount(), fchown() */
	.engine = LIST("--mntns-compat-mode"),
	.setup = setup,
	.check = check,
};
