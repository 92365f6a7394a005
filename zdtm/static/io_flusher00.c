// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that write dirty pages back, and must not wait for that while they do: PR_SET_IO_FLUSHER. The
 * main thread is one, another that was made before is not. Who has then given up the privilege that it
 * takes is one still, and cannot ask any more; its flags in stat tell.
 *
 * criu 4.2 loses it.
 */
#include <sys/prctl.h>

#include "zdtm.h"

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#define PR_GET_IO_FLUSHER 58
#endif

#define FLAGS 0x180000 /* PF_MEMALLOC_NOIO, PF_LOCAL_THROTTLE */

enum { GO };

static pthread_t other;

static void is_none(long unused)
{
	t_wait(GO);
	EXPECT_EQ(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), 0);
}

static void drop_privileges(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = {};

	SYS(syscall(SYS_capset, &header, none));
}

static void setup(void)
{
	if (!variant->arg)
		other = t_thread(is_none, 0);
	SYS(prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0));
	if (variant->arg)
		drop_privileges();
}

static void check(void)
{
	EXPECT_EQ(t_stat_num(getpid(), 9) & FLAGS, FLAGS);
	if (variant->arg) {
		EXPECT_ERRNO(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), EPERM);
		return;
	}
	EXPECT_EQ(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), 1);
	t_wake(GO);
	t_thread_join(other);
}

ZDTM_TEST = {
	.doc = "who flushes dirty pages goes on being spared by the kernel's own flushing",
	.object = "prctl",
	.needs = LIST("prctl.io_flusher"),
	.caps = CAP_BIT(CAP_SYS_RESOURCE), /* PR_SET_IO_FLUSHER */
	.variants = VARIANTS({ "privileged", false }, { "unprivileged", true }),
	.setup = setup,
	.check = check,
};
