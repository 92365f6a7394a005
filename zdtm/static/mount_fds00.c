// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors of mount(2)'s successors: a file system that is being configured, one that is mounted
 * nowhere yet, a copy of a part of the tree and one of its root, a mounted file system about to be
 * changed. Each is used for what it was made for, or the dump is refused.
 */
#include <sys/mount.h>
#include <sys/statfs.h>

#include "zdtm.h"

enum { CONTEXT, MOUNT, TREE, ROOT, PICK }; /* variant->arg */

#define SIZE "1m"

static struct {
	int fd;
	ino_t ino;
} was;

static int context(void)
{
	int fd = SYS(fsopen("tmpfs", FSOPEN_CLOEXEC));

	SYS(fsconfig(fd, FSCONFIG_SET_STRING, "size", SIZE, 0));
	return fd;
}

static int mounted(int context)
{
	int fd;

	SYS(fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	fd = SYS(fsmount(context, FSMOUNT_CLOEXEC, 0));
	SYS(close(context));
	return fd;
}

static void setup(void)
{
	struct stat st;

	SYS(mkdir("at", 0700));
	SYS(close(SYS(open("file", O_CREAT | O_WRONLY, 0600))));
	switch (variant->arg) {
	case CONTEXT:
		was.fd = context();
		break;
	case MOUNT:
		was.fd = mounted(context());
		SYS(close(SYS(openat(was.fd, "file", O_CREAT | O_WRONLY, 0600))));
		break;
	case TREE:
		was.fd = SYS(open_tree(AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
		break;
	case ROOT:
		was.fd = SYS(open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
		SYS(stat("/", &st));
		was.ino = st.st_ino;
		break;
	case PICK:
		was.fd = SYS(fspick(AT_FDCWD, ".", FSPICK_CLOEXEC));
		SYS(fsconfig(was.fd, FSCONFIG_SET_STRING, "size", SIZE, 0));
		break;
	}
}

static void expect_size(const char *path)
{
	struct statfs fs;

	SYS(statfs(path, &fs));
	EXPECT_EQ(fs.f_blocks * fs.f_bsize, 1 << 20);
}

static void check(void)
{
	struct stat st;

	if (variant->arg == PICK) {
		SYS(fsconfig(was.fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
		expect_size(".");
		return;
	}
	if (variant->arg == CONTEXT)
		was.fd = mounted(was.fd);
	SYS(move_mount(was.fd, "", AT_FDCWD, "at", MOVE_MOUNT_F_EMPTY_PATH));
	if (variant->arg == CONTEXT || variant->arg == MOUNT)
		expect_size("at");
	if (variant->arg == MOUNT || variant->arg == TREE)
		SYS(stat("at/file", &st));
	if (variant->arg == ROOT) {
		SYS(stat("at", &st));
		EXPECT_EQ(st.st_ino, was.ino);
	}
}

ZDTM_TEST = {
	.doc = "descriptors of mounts to be are used for it, or the dump is refused",
	.object = "move_mount",
	.demand = KEEP_OR_REFUSE,
	.needs = LIST("fsopen.mount", "move_mount.clone"),
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* to mount */
	.variants = VARIANTS({ "context", CONTEXT }, { "mount", MOUNT }, { "tree", TREE },
			     { "root", ROOT }, { "pick", PICK }),
	.setup = setup,
	.check = check,
};
