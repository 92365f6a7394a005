// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mount that is nowhere yet, in the hands of a task that will put it somewhere. Of a copy of the
 * tree the kernel shows a path that leads to the same directory on another mount.
 */
#include <linux/mount.h>
#include <sys/mount.h>

#include "zdtm.h"

enum { MADE, COPIED, CONTEXT };

static struct {
	int fd;
} was;

static int make(int context)
{
	SYS(syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	return SYS(syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0));
}

static int copy(void)
{
	return SYS(syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
}

static void setup(void)
{
	int context;

	SYS(mkdir("here", 0700));
	if (variant->arg == COPIED) {
		was.fd = copy();
		return;
	}
	context = SYS(syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC));
	SYS(syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "size", "64k", 0));
	was.fd = variant->arg == MADE ? make(context) : context;
	if (variant->arg == MADE) {
		SYS(close(context));
		SYS(mkdirat(was.fd, "there", 0700));
	}
}

static void check(void)
{
	int fd = variant->arg == CONTEXT ? make(was.fd) : was.fd;
	struct stat st, root;

	SYS(syscall(SYS_move_mount, fd, "", AT_FDCWD, "here", MOVE_MOUNT_F_EMPTY_PATH));
	if (variant->arg == MADE)
		SYS(stat("here/there", &st));
	SYS(stat("here", &st));
	SYS(stat("/", &root));
	EXPECT_EQ(st.st_dev == root.st_dev && st.st_ino == root.st_ino, variant->arg == COPIED);
}

ZDTM_TEST = {
	.doc = "a mount that is nowhere yet can be put somewhere",
	.object = "move_mount",
	.needs = LIST("fsopen.mount", "move_mount.clone"),
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* all of it */
	.demand = KEEP_OR_REFUSE,
	.variants = VARIANTS({ "made", MADE }, { "copied", COPIED }, { "context", CONTEXT }),
	.setup = setup,
	.check = check,
};
