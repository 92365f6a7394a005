// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pid namespace where memfds are not executable unless one asks for it (vm.memfd_noexec 1), or never
 * (2): those from before that was so keep their mode and may be executed, and those from afterwards
 * have their seal. Whoever makes them anew does it under the rule of now, as criu 4.2 finds too late.
 */
#include "zdtm.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

enum { BY_DEFAULT = 1, ENFORCED = 2 };

static struct {
	int before, after;
} was;

static void rule(int n)
{
	int fd = open("/proc/sys/vm/memfd_noexec", O_WRONLY);
	char digit = '0' + n;

	if (fd < 0)
		t_skip("/proc/sys/vm/memfd_noexec: %s", strerror(errno));
	t_write(fd, &digit, 1);
	SYS(close(fd));
}

static void setup(void)
{
	was.before = SYS(memfd_create("before", MFD_ALLOW_SEALING));
	if (variant->arg == ENFORCED)
		SYS(fchmod(was.before, 0600)), SYS(fcntl(was.before, F_ADD_SEALS, F_SEAL_EXEC));
	rule(variant->arg);
	was.after = SYS(memfd_create("after", MFD_NOEXEC_SEAL));
}

static mode_t mode_of(int fd)
{
	struct stat st;

	SYS(fstat(fd, &st));
	return st.st_mode & 07777;
}

static void check(void)
{
	int fd;

	EXPECT_EQ(mode_of(was.before), variant->arg == ENFORCED ? 0600 : 0777);
	EXPECT_EQ(fcntl(was.before, F_GET_SEALS), variant->arg == ENFORCED ? F_SEAL_EXEC : 0);
	EXPECT_EQ(mode_of(was.after), 0666);
	EXPECT_EQ(fcntl(was.after, F_GET_SEALS), F_SEAL_EXEC);
	EXPECT_ERRNO(fchmod(was.after, 0700), EPERM);
	/* The rule itself. */
	fd = SYS(memfd_create("new", 0));
	EXPECT_EQ(mode_of(fd), 0666);
	fd = memfd_create("new", 0x0010U /* MFD_EXEC */);
	EXPECT_EQ(fd >= 0, variant->arg == BY_DEFAULT);
}

ZDTM_TEST = {
	.doc = "memfds may be executed or not as when they were made, whatever the rule is now",
	.object = "memfd",
	.needs = LIST("memfd.exec_seal"),
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* to write the rule */
	.variants = VARIANTS({ "by_default", BY_DEFAULT }, { "enforced", ENFORCED }),
	.setup = setup,
	.check = check,
};
