// SPDX-License-Identifier: GPL-2.0-only
/*
 * A child in seccomp's strict mode, asleep in one of the four calls it may still make: it ends by
 * another of them, or is killed by any that is none.
 */
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "zdtm.h"

enum { ENDS, OVERSTEPS }; /* variant->arg */

static struct {
	pid_t child;
	int pipe[2];
} was;

static void confined(long unused)
{
	char c;

	SYS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	syscall(SYS_read, was.pipe[0], &c, 1);
	if (variant->arg == OVERSTEPS)
		syscall(SYS_getppid);
	syscall(SYS_exit, 7);
}

static void setup(void)
{
	SYS(pipe(was.pipe));
	was.child = t_fork(confined, 0);
	t_wait_syscall(was.child, SYS_read);
}

static void check(void)
{
	char path[64];
	int status;

	snprintf(path, sizeof(path), "/proc/%d/status", was.child);
	EXPECT_EQ(t_field_num(path, "Seccomp", 10), SECCOMP_MODE_STRICT);
	EXPECT_EQ(t_field_num("/proc/self/status", "Seccomp", 10), 0);
	t_write(was.pipe[1], "!", 1);
	status = t_reap(was.child);
	if (variant->arg == OVERSTEPS)
		EXPECT_EQ(WTERMSIG(status), SIGKILL);
	else
		EXPECT_EQ(status, 7 << 8);
}

ZDTM_TEST = {
	.doc = "strict seccomp still allows four calls and no other",
	.object = "seccomp",
	.variants = VARIANTS({ "ends", ENDS }, { "oversteps", OVERSTEPS }),
	.setup = setup,
	.check = check,
};
