// SPDX-License-Identifier: GPL-2.0-only
/* What every test may rely on when it begins. */
#include <ifaddrs.h>
#include <net/if.h>

#include "zdtm.h"

static void expect_only_stdio(void)
{
	for (int fd = 3; fd < 1024; fd++)
		EXPECT_ERRNO(fcntl(fd, F_GETFD), EBADF);
	EXPECT_EQ(fcntl(1, F_GETFL) & O_APPEND, O_APPEND);
}

static void expect_lo(void)
{
	struct ifaddrs *all, *i;
	bool up = false;

	SYS(getifaddrs(&all));
	for (i = all; i; i = i->ifa_next) {
		EXPECT_STR(i->ifa_name, "lo");
		up |= i->ifa_flags & IFF_UP;
	}
	EXPECT(up);
	freeifaddrs(all);
}

static void setup(void)
{
	struct stat here, root;

	EXPECT_EQ(getsid(0), getpid());
	EXPECT_EQ(t_field_num("/proc/self/status", "CapPrm", 16), 0);
	EXPECT_EQ(t_field_num("/proc/self/status", "CapBnd", 16), 0);
	EXPECT_EQ(t_field_num("/proc/self/status", "SigBlk", 16), 0);
	EXPECT_EQ(t_field_num("/proc/self/status", "SigIgn", 16), 0);
	SYS(stat(".", &here));
	SYS(stat("/", &root));
	EXPECT_NE(here.st_dev, root.st_dev);
	EXPECT_EQ(here.st_mode & 0777, 0777);
	SYS(close(SYS(open("mine", O_CREAT | O_WRONLY, 0600))));
	expect_only_stdio();
	expect_lo();
}

static void check(void)
{
	EXPECT_EQ(getppid(), 1);
	EXPECT_EQ(t_field_num("/proc/self/status", "SigBlk", 16), 0);
	expect_only_stdio();
	t_note("all is as promised");
}

ZDTM_TEST = {
	.doc = "passes if the arena is what the harness promises",
	.object = "kcmp",
	.setup = setup,
	.check = check,
};
