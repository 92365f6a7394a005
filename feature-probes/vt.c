// SPDX-License-Identifier: GPL-2.0-only
/* Virtual consoles, of which only what is read is asked: there is one machine in front of us. */
#include <linux/kd.h>
#include <linux/vt.h>
#include <sys/ioctl.h>

#include "probe.h"

PROBE(state, .what = "a virtual console tells its mode, which one is in front, and how they switch",
      .since = "1.0", .kconfig = "CONFIG_VT CONFIG_VT_CONSOLE", .source = "ioctl_console(2)")
{
	int fd = open("/dev/tty0", O_RDWR | O_NOCTTY), mode = -1;
	struct vt_stat stat = {};
	struct vt_mode vt = { .mode = 0x7f };

	if (fd < 0 && (errno == EACCES || errno == EPERM))
		ABSENT("privilege: a console of one's own, or CAP_DAC_OVERRIDE");
	if (fd < 0 && (errno == ENXIO || errno == ENOENT || errno == ENODEV || errno == EIO))
		MACHINE_LACKS("no virtual console (%s)", errno_name(errno));
	NEED(fd);
	NEED(ioctl(fd, KDGETMODE, &mode));
	PROMISE(mode == KD_TEXT || mode == KD_GRAPHICS);
	NEED(ioctl(fd, VT_GETSTATE, &stat));
	PROMISE_GE(stat.v_active, 1);
	/* That one is open: at least by being in front. */
	PROMISE(stat.v_active > 15 || stat.v_state >> stat.v_active & 1);
	NEED(ioctl(fd, VT_GETMODE, &vt));
	PROMISE(vt.mode == VT_AUTO || vt.mode == VT_PROCESS);
}
