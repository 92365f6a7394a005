// SPDX-License-Identifier: GPL-2.0-only
/* fsopen(2), fsconfig(2), fsmount(2), fspick(2): file systems made step by step. */
#include "frame/mount.h"
#include "probe.h"
#include "uapi/mount.h"

#define DECLARED                                                                                   \
	.since = "5.2", .commit = "24dcb3d90a1f", .capability = "CAP_SYS_ADMIN",                   \
	.source = "fsopen(2), fsconfig(2), fsmount(2)"

static int open_fs(const char *type)
{
	return OFFERED(fsopen(type, FSOPEN_CLOEXEC), "fsopen");
}

static int set(int fs, const char *key, const char *value)
{
	return fsconfig(fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0);
}

static int create(int fs)
{
	return fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

PROBE(mount, .what = "a file system is configured, created and mounted by descriptors alone",
      DECLARED)
{
	struct mountinfo m;
	int fs, mnt;

	own_tmpfs();
	NEED(mkdir("dir", 0755));
	fs = open_fs("tmpfs");
	NEED(set(fs, "source", "a source"));
	NEED(set(fs, "size", "40k"));
	NEED(set(fs, "mode", "0711"));
	PROMISE_FAILS(fsmount(fs, 0, 0), EINVAL, EBUSY);
	NEED(create(fs));
	PROMISE_FAILS(create(fs), EBUSY);
	mnt = NEED(fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_RDONLY));
	PROMISE_EQ(mounts_at("dir"), 0);
	NEED(move_mount(mnt, "", AT_FDCWD, "dir", MOVE_MOUNT_F_EMPTY_PATH));
	NEED(mount_at(0, "dir", &m));
	PROMISE_STR(m.source, "a\\040source");
	PROMISE(str_after(m.options, "ro,nosuid"));
	PROMISE(strstr(m.super, "size=40k"));
	PROMISE(strstr(m.super, "mode=711"));
}

PROBE(reconfigure, .what = "fspick changes the options of a mounted file system", DECLARED)
{
	struct mountinfo m;
	int fs;

	own_tmpfs();
	NEED(mkdir("dir", 0755));
	NEED(mount("t", "dir", "tmpfs", 0, "size=40k"));
	fs = OFFERED(fspick(AT_FDCWD, "dir", FSPICK_CLOEXEC), "fspick");
	NEED(set(fs, "size", "80k"));
	NEED(fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
	NEED(mount_at(0, "dir", &m));
	PROMISE(strstr(m.super, "size=80k"));
}

PROBE(messages, .what = "why an option was refused can be read from the context, as text", DECLARED)
{
	char text[256];
	ssize_t n;
	int fs;

	own_mounts();
	fs = open_fs("tmpfs");
	PROMISE_FAILS(read(fs, text, sizeof(text)), ENODATA);
	PROMISE_FAILS(set(fs, "no_such_option", "5"), EINVAL);
	n = NEED(read(fs, text, sizeof(text) - 1));
	text[n] = '\0';
	PROMISE(str_after(text, "e "));
	PROMISE(strstr(text, "no_such_option"));
}

PROBE(refusals, .what = "fsopen says ENODEV for what is no file system, EFAULT and EINVAL",
      DECLARED)
{
	own_mounts();
	open_fs("tmpfs");
	PROMISE_FAILS(fsopen("no such fs", 0), ENODEV);
	PROMISE_FAILS(fsopen(NULL, 0), EFAULT);
	PROMISE_FAILS(fsopen("tmpfs", ~0U), EINVAL);
}

PROBE(refused,
      .what = "without CAP_SYS_ADMIN over its mount namespace nobody gets a context: EPERM",
      .since = "5.2", .commit = "24dcb3d90a1f", .source = "fsopen(2)")
{
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		PROMISE_FAILS(fsopen("tmpfs", 0), EPERM);
		_exit(0);
	}
	reap_good(pid);
}
