// SPDX-License-Identifier: GPL-2.0-only
/* FUSE: the file between a daemon and the kernel. */
#include <linux/fuse.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "frame/mount.h"
#include "probe.h"

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_FUSE_FS", .capability = "CAP_SYS_ADMIN",              \
	.source = "Documentation/filesystems/fuse.rst"

static int open_fuse(void)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && (errno == EACCES || errno == EPERM))
		ABSENT("privilege: permission to open /dev/fuse");
	return OFFERED(fd, "/dev/fuse", ENOENT, ENODEV, ENXIO);
}

/* A mount at "fuse" whose daemon is us: a path that leads into it would wait for an answer. */
static int mount_fuse(void)
{
	char options[128];
	int fd;

	own_tmpfs();
	NEED(mkdir("fuse", 0755));
	fd = open_fuse();
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%u,group_id=%u", fd,
		 geteuid(), getegid());
	OFFERED(mount("a source", "fuse", "fuse", MS_NOSUID | MS_NODEV, options), "fuse", ENODEV);
	return fd;
}

PROBE(clone, .what = "FUSE_DEV_IOC_CLONE gives a connection another file, once for each file",
      DECLARED("4.2"), .commit = "00c570f4ba43")
{
	int fd = mount_fuse(), other = open_fuse();
	uint32_t arg = fd;

	OFFERED(ioctl(other, FUSE_DEV_IOC_CLONE, &arg), "FUSE_DEV_IOC_CLONE", ENOTTY, EINVAL);
	PROMISE_FAILS(ioctl(other, FUSE_DEV_IOC_CLONE, &arg), EINVAL);
	arg = 0;
	PROMISE_FAILS(ioctl(open_fuse(), FUSE_DEV_IOC_CLONE, &arg), EINVAL, EBADF);
}

PROBE(fdinfo, .what = "fdinfo tells which connection a file of /dev/fuse belongs to",
      .since = "6.17", .kconfig = "CONFIG_FUSE_FS CONFIG_PROC_FS", .capability = "CAP_SYS_ADMIN",
      .source = "fs/fuse/dev.c")
{
	struct mountinfo m;
	int fd = mount_fuse();

	NEED(mount_at(0, "fuse", &m));
	PROMISE_EQ((unsigned int)atoi(OFFERED(fdinfo_field(0, fd, "fuse_connection"),
					      "fuse_connection in fdinfo", ENODATA)),
		   m.minor);
}

PROBE(connection,
      .what = "fusectl has a directory for a connection, by the minor number of its mount",
      .since = "2.6.18", .kconfig = "CONFIG_FUSE_FS",
      .capability = "CAP_SYS_ADMIN in the initial user namespace",
      .source = "Documentation/filesystems/fuse.rst")
{
	struct mountinfo m;
	char path[64];

	need_privilege("CAP_SYS_ADMIN in the initial user namespace");
	mount_fuse();
	NEED(mkdir("control", 0755));
	NEED(mount("fusectl", "control", "fusectl", 0, NULL));
	NEED(mount_at(0, "fuse", &m));
	PROMISE_STR(m.type, "fuse");
	snprintf(path, sizeof(path), "control/%u/waiting", m.minor);
	NEED(access(path, F_OK));
	/* The first request, to agree on a version, waits for us. */
	PROMISE_EQ(atoi(NEED(slurp("%s", path))), 1);
}

GAP(daemon, .what = "nobody tells a daemon's side of a connection: what was agreed on, what waits",
    .kconfig = "CONFIG_FUSE_FS", .capability = "CAP_SYS_ADMIN",
    .source = "Documentation/filesystems/fuse.rst")
{
	static char request[1 << 17];
	int fd = mount_fuse(), other;

	NEED(mkdir("other", 0755));
	other = open_fuse();
	snprintf(request, sizeof(request), "fd=%d,rootmode=40000,user_id=%u,group_id=%u", other,
		 geteuid(), getegid());
	NEED(mount("b", "other", "fuse", MS_NOSUID | MS_NODEV, request));
	/* The one has its first request read, the other not. */
	NEED(read(fd, request, sizeof(request)));
	tried_files(other, fd);
}
