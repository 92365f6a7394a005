// SPDX-License-Identifier: GPL-2.0-only
/* autofs: the pipe between a mount and its daemon, found and replaced. */
#include <linux/auto_dev-ioctl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "frame/mount.h"
#include "probe.h"

#define DECLARED(release, option)                                                                  \
	.since = release, .kconfig = "CONFIG_AUTOFS_FS" option,                                    \
	.capability = "CAP_SYS_ADMIN in the initial user namespace",                               \
	.source = "Documentation/filesystems/autofs.rst"

/* The write end of the daemon's pipe, of a mount at "auto". */
static int make_mount(void)
{
	char options[128];
	int ends[2];

	need_privilege("CAP_SYS_ADMIN in the initial user namespace");
	own_tmpfs();
	NEED(mkdir("auto", 0755));
	NEED(pipe2(ends, O_CLOEXEC));
	snprintf(options, sizeof(options), "fd=%d,pgrp=%d,minproto=5,maxproto=5,indirect", ends[1],
		 getpgrp());
	OFFERED(mount("a source", "auto", "autofs", 0, options), "autofs", ENODEV);
	return ends[1];
}

static int control(void)
{
	int fd = open("/dev/autofs", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	NEED(mknod("control", S_IFCHR | 0600, makedev(10, 235)));
	return OFFERED(open("control", O_RDWR | O_CLOEXEC), "/dev/autofs", ENXIO, ENODEV, ENOENT);
}

static int ask_control(int dev, unsigned long request, struct autofs_dev_ioctl *arg,
		       const char *path)
{
	struct {
		struct autofs_dev_ioctl head;
		char path[256];
	} io = { .head = *arg };
	int r;

	io.head.ver_major = AUTOFS_DEV_IOCTL_VERSION_MAJOR;
	io.head.ver_minor = AUTOFS_DEV_IOCTL_VERSION_MINOR;
	io.head.size = sizeof(io.head);
	if (path) {
		snprintf(io.path, sizeof(io.path), "%s", path);
		io.head.size += strlen(io.path) + 1;
	}
	r = ioctl(dev, request, &io);
	*arg = io.head;
	return r;
}

/* A file of the mount itself, which no daemon is asked about. */
static int open_mount(int dev)
{
	struct autofs_dev_ioctl io = { .ioctlfd = -1 };
	struct mountinfo m;

	NEED(mount_at(0, "auto", &m));
	io.openmount.devid = packed_dev(makedev(m.major, m.minor));
	NEED(ask_control(dev, AUTOFS_DEV_IOCTL_OPENMOUNT, &io, m.point));
	return io.ioctlfd;
}

PROBE(options, .what = "mountinfo tells process group, protocol, type and pipe of an autofs mount",
      DECLARED("4.5", " CONFIG_CHECKPOINT_RESTORE"))
{
	int pipe_end = make_mount();
	struct mountinfo m;
	char want[64];
	struct stat st;

	NEED(mount_at(0, "auto", &m));
	PROMISE_STR(m.type, "autofs");
	PROMISE_STR(m.source, "a\\040source");
	snprintf(want, sizeof(want), "fd=%d,pgrp=%d,", pipe_end, getpgrp());
	PROMISE(strstr(m.super, want));
	PROMISE(strstr(m.super, "minproto=5,maxproto=5,indirect"));
	if (!strstr(m.super, "pipe_ino="))
		ABSENT("mountinfo does not tell pipe_ino");
	NEED(fstat(pipe_end, &st));
	PROMISE_EQ(strtoul(strstr(m.super, "pipe_ino=") + 9, NULL, 10), st.st_ino);
}

PROBE(pipe, .what = "an autofs mount is given another pipe once it is catatonic, not before: EBUSY",
      DECLARED("2.6.28", ""))
{
	struct autofs_dev_ioctl io = {};
	struct mountinfo m;
	struct stat st;
	int ends[2], dev;

	make_mount();
	dev = control();
	io.ioctlfd = open_mount(dev);
	NEED(pipe2(ends, O_CLOEXEC));
	io.setpipefd.pipefd = ends[1];
	PROMISE_FAILS(ask_control(dev, AUTOFS_DEV_IOCTL_SETPIPEFD, &io, NULL), EBUSY);
	NEED(ask_control(dev, AUTOFS_DEV_IOCTL_CATATONIC, &io, NULL));
	NEED(mount_at(0, "auto", &m));
	if (strstr(m.super, "pipe_ino="))
		PROMISE(strstr(m.super, "pipe_ino=-1"));
	io.setpipefd.pipefd = ends[1];
	NEED(ask_control(dev, AUTOFS_DEV_IOCTL_SETPIPEFD, &io, NULL));
	NEED(mount_at(0, "auto", &m));
	NEED(fstat(ends[1], &st));
	if (strstr(m.super, "pipe_ino="))
		PROMISE_EQ(strtoul(strstr(m.super, "pipe_ino=") + 9, NULL, 10), st.st_ino);
}

PROBE(timeout, .what = "the timeout and protocol of an autofs mount read back",
      DECLARED("2.6.28", ""))
{
	struct autofs_dev_ioctl io = {};
	struct mountinfo m;
	int dev;

	make_mount();
	dev = control();
	io.ioctlfd = open_mount(dev);
	io.timeout.timeout = 123;
	NEED(ask_control(dev, AUTOFS_DEV_IOCTL_TIMEOUT, &io, NULL));
	NEED(mount_at(0, "auto", &m));
	PROMISE(strstr(m.super, "timeout=123"));
	NEED(ask_control(dev, AUTOFS_DEV_IOCTL_PROTOVER, &io, NULL));
	PROMISE_EQ(io.protover.version, 5);
}
