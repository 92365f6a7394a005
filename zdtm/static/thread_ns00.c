// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread that lives in another namespace than the rest of its process: host name, network, or
 * mounts. Whoever looks at the process's main thread alone sees nothing of it, as criu 4.2 does.
 */
#include <sched.h>

#include "zdtm.h"

enum { READY, GO };

static struct {
	pthread_t thread;
	const char *link;
} was;

static void expect_name(const char *expected)
{
	char name[64] = "";

	SYS(gethostname(name, sizeof(name)));
	EXPECT_EQ(strcmp(name, expected) == 0, variant->arg == CLONE_NEWUTS);
}

static bool apart(void)
{
	char path[64];
	struct stat mine, main;

	snprintf(path, sizeof(path), "/proc/thread-self/ns/%s", was.link);
	SYS(stat(path, &mine));
	snprintf(path, sizeof(path), "/proc/self/ns/%s", was.link);
	SYS(stat(path, &main));
	return mine.st_ino != main.st_ino;
}

static void lives_apart(long unused)
{
	if (variant->arg == CLONE_NEWNS)
		SYS(unshare(CLONE_FS));
	SYS(unshare(variant->arg));
	if (variant->arg == CLONE_NEWUTS)
		SYS(sethostname("inside", 6));
	t_wake(READY);
	t_wait(GO);
	EXPECT(apart());
	expect_name("inside");
}

static void setup(void)
{
	was.link = variant->arg == CLONE_NEWUTS   ? "uts"
		   : variant->arg == CLONE_NEWNET ? "net"
						  : "mnt";
	was.thread = t_thread(lives_apart, 0);
	t_wait(READY);
}

static void check(void)
{
	EXPECT(!apart());
	t_wake(GO);
	t_thread_join(was.thread);
}

ZDTM_TEST = {
	.doc = "a thread stays in the namespace only it is in",
	.object = "task",
	.demand = KEEP_OR_REFUSE,
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* unshare(), sethostname() */
	.variants =
		VARIANTS({ "uts", CLONE_NEWUTS }, { "net", CLONE_NEWNET }, { "mnt", CLONE_NEWNS }),
	.setup = setup,
	.check = check,
};
