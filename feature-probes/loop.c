// SPDX-License-Identifier: GPL-2.0-only
/* Loop devices, which tell the file behind them. */
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "probe.h"

/* One that nobody uses, among those there are: asking for another would leave it behind. */
static int free_device(void)
{
	struct loop_info64 info;
	char path[32];

	for (int i = 0; i < 64; i++) {
		int fd;

		snprintf(path, sizeof(path), "/dev/loop%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0 && (errno == EACCES || errno == EPERM))
			ABSENT("privilege: CAP_DAC_OVERRIDE, or permission to open %s", path);
		if (fd >= 0 && ioctl(fd, LOOP_GET_STATUS64, &info) < 0 && errno == ENXIO)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	MACHINE_LACKS("no free loop device");
}

PROBE(status,
      .what = "a loop device tells device, inode, offset, limit and name of what is behind it",
      .since = "5.8", .commit = "3448914e8cc5", .kconfig = "CONFIG_BLK_DEV_LOOP",
      .capability = "CAP_SYS_ADMIN in the initial user namespace", .source = "loop(4)")
{
	/* Let go with the last descriptor, whatever becomes of us. */
	struct loop_config config = { .info = { .lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_READ_ONLY,
						.lo_offset = 4096,
						.lo_sizelimit = 8192 } };
	struct loop_info64 info = {};
	struct stat st;
	int loop, file, configured;

	need_privilege("CAP_SYS_ADMIN in the initial user namespace");
	file = workfile("backing");
	NEED(ftruncate(file, 1 << 16));
	NEED(fstat(file, &st));
	config.fd = file;
	strcpy((char *)config.info.lo_file_name, "a name");
	/* One that is free may be another's the next moment. */
	for (int i = 0; i < 50; i++) {
		loop = free_device();
		configured = ioctl(loop, LOOP_CONFIGURE, &config);
		if (configured == 0 || errno != EBUSY)
			break;
		close(loop);
		errno = EBUSY;
	}
	if (configured < 0 && errno == EBUSY)
		MACHINE_LACKS("the free loop device was taken by somebody else");
	OFFERED(configured, "LOOP_CONFIGURE", EINVAL, ENOTTY);
	NEED(ioctl(loop, LOOP_GET_STATUS64, &info));
	PROMISE_EQ(info.lo_inode, st.st_ino);
	PROMISE_EQ(info.lo_device, packed_dev(st.st_dev));
	PROMISE_EQ(info.lo_offset, 4096);
	PROMISE_EQ(info.lo_sizelimit, 8192);
	PROMISE_EQ(info.lo_flags & (LO_FLAGS_AUTOCLEAR | LO_FLAGS_READ_ONLY),
		   LO_FLAGS_AUTOCLEAR | LO_FLAGS_READ_ONLY);
	PROMISE_STR((char *)info.lo_file_name, "a name");
}
