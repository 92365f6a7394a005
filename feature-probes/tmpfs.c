// SPDX-License-Identifier: GPL-2.0-only
/* tmpfs, whose content is the tree's own to carry along. */
#include <sched.h>
#include <sys/mount.h>
#include <sys/xattr.h>

#include "frame/mount.h"
#include "probe.h"

#define DECLARED                                                                                   \
	.since = "2.4", .kconfig = "CONFIG_TMPFS", .capability = "CAP_SYS_ADMIN",                  \
	.source = "tmpfs(5)"

PROBE(reached, .what = "a tmpfs of another mount namespace is read through /proc/PID/root",
      DECLARED)
{
	const char *top = own_tmpfs();
	char path[512], bytes[4];
	struct stat st;
	pid_t pid;
	int fd;

	NEED(mkdir("theirs", 0755));
	pid = spawn_in(CLONE_NEWNS);
	if (pid == 0) {
		NEED(mount("theirs", "theirs", "tmpfs", 0, NULL));
		fd = NEED(open("theirs/file", O_RDWR | O_CREAT, 0604));
		NEED(pwrite(fd, "text", 4, 0));
		reach(1);
		linger();
	}
	await(1);
	PROMISE_FAILS(access("theirs/file", F_OK), ENOENT);
	snprintf(path, sizeof(path), "/proc/%d/root%s/theirs/file", pid, top);
	fd = NEED(open(path, O_RDONLY));
	NEED(fstat(fd, &st));
	PROMISE_EQ(st.st_mode, S_IFREG | 0604);
	PROMISE_EQ(NEED(pread(fd, bytes, 4, 0)), 4);
	PROMISE_MEM(bytes, "text", 4);
}

PROBE(options,
      .what = "the options a tmpfs was mounted with are told by mountinfo, and taken again",
      DECLARED)
{
	struct mountinfo m, again;

	own_tmpfs();
	NEED(mkdir("a", 0755));
	NEED(mkdir("b", 0755));
	NEED(mount("t", "a", "tmpfs", 0, "size=64k,nr_inodes=7,mode=1700,uid=0,gid=0"));
	NEED(mount_at(0, "a", &m));
	PROMISE(strstr(m.super, "size=64k"));
	PROMISE(strstr(m.super, "nr_inodes=7"));
	PROMISE(strstr(m.super, "mode=1700"));
	/* In a user namespace it is told by the number outside, which is no option to give back. */
	if (!in_init_userns())
		return;
	/* All but what comes before the first option of its own: rw, and a label. */
	NEED(mount("t", "b", "tmpfs", 0, strstr(m.super, "size=")));
	NEED(mount_at(0, "b", &again));
	PROMISE_STR(again.super, m.super);
}

PROBE(holes, .what = "a sparse file of a tmpfs takes up what was written, and says where that is",
      DECLARED)
{
	const off_t middle = 1 << 20;
	struct stat st;
	int fd;

	own_tmpfs();
	fd = NEED(open("file", O_RDWR | O_CREAT, 0644));
	NEED(ftruncate(fd, 2 * middle));
	NEED(pwrite(fd, "x", 1, middle));
	NEED(fstat(fd, &st));
	PROMISE_LT(st.st_blocks * 512, middle);
	PROMISE_EQ(NEED(lseek(fd, 0, SEEK_DATA)), middle);
	PROMISE_FAILS(lseek(fd, 2 * middle, SEEK_DATA), ENXIO);
}

PROBE(xattr, .what = "trusted attributes of files in a tmpfs read back", .since = "3.3",
      .kconfig = "CONFIG_TMPFS_XATTR", .capability = "CAP_SYS_ADMIN in the initial user namespace",
      .source = "xattr(7)")
{
	char value[8];
	int fd;

	own_tmpfs();
	fd = NEED(open("file", O_RDWR | O_CREAT, 0644));
	OFFERED(fsetxattr(fd, "trusted.probe", "value", 5, 0), "attributes of tmpfs", EOPNOTSUPP);
	PROMISE_EQ(NEED(fgetxattr(fd, "trusted.probe", value, sizeof(value))), 5);
	PROMISE_MEM(value, "value", 5);
}

PROBE(xattr_user, .what = "user attributes of files in a tmpfs read back", .since = "6.6",
      .commit = "2daf18a7884d", .kconfig = "CONFIG_TMPFS_XATTR", .capability = "CAP_SYS_ADMIN",
      .source = "xattr(7)")
{
	char value[8];
	int fd;

	own_tmpfs();
	fd = NEED(open("file", O_RDWR | O_CREAT, 0644));
	OFFERED(fsetxattr(fd, "user.probe", "value", 5, 0), "user attributes of tmpfs", EOPNOTSUPP);
	PROMISE_EQ(NEED(fgetxattr(fd, "user.probe", value, sizeof(value))), 5);
	PROMISE_MEM(value, "value", 5);
}
