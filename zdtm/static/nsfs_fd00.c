// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors of namespaces: of the one the task is in, of one where no task lives any more, of the one
 * a child lives in alone. Each leads where it led before, or the dump is refused.
 */
#include <sched.h>

#include "zdtm.h"

enum { OWN, EMPTY, OF_CHILD }; /* variant->arg */
enum { READY, GO };

#define NAME "zdtm-elsewhere"

static struct {
	int fd;
	pid_t child;
} was;

static int of(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/uts", pid);
	return SYS(open(path, O_RDONLY | O_CLOEXEC));
}

static void elsewhere(long unused)
{
	SYS(unshare(CLONE_NEWUTS));
	SYS(sethostname(NAME, strlen(NAME)));
	t_wake(READY);
	t_wait(GO);
}

static void setup(void)
{
	if (variant->arg == OWN) {
		was.fd = of(getpid());
		return;
	}
	was.child = t_fork(elsewhere, 0);
	t_wait(READY);
	was.fd = of(was.child);
	if (variant->arg == EMPTY) {
		t_wake(GO);
		t_join(was.child);
	}
}

static void check(void)
{
	char name[64];
	struct stat st, now;

	SYS(fstat(was.fd, &st));
	SYS(fstat(of(variant->arg == OF_CHILD ? was.child : getpid()), &now));
	EXPECT_EQ(st.st_dev, now.st_dev);
	if (variant->arg != EMPTY)
		EXPECT_EQ(st.st_ino, now.st_ino);
	SYS(setns(was.fd, CLONE_NEWUTS));
	SYS(gethostname(name, sizeof(name)));
	if (variant->arg != OWN)
		EXPECT_STR(name, NAME);
	if (variant->arg != OF_CHILD)
		return;
	t_wake(GO);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "descriptors of namespaces lead where they did, or the dump is refused",
	.object = "nsfs",
	.demand = KEEP_OR_REFUSE,
	.needs = LIST("setns.by_file", "nsfs.kept_alive"),
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* unshare(), setns() */
	.variants = VARIANTS({ "own", OWN }, { "empty", EMPTY }, { "of_child", OF_CHILD }),
	.setup = setup,
	.check = check,
};
