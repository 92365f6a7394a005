// SPDX-License-Identifier: GPL-2.0-only
/* Devices: the simple ones that need no saving, and those that only their drivers could save. */
#include <linux/kvm.h>
#include <linux/rtc.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "probe.h"

PROBE(memory, .what = "null, zero, full and random are known by their numbers, whatever their path",
      .since = "1.0", .source = "null(4), full(4), random(4)")
{
	static const struct {
		const char *path;
		unsigned int minor;
	} devices[] = { { "/dev/null", 3 },
			{ "/dev/zero", 5 },
			{ "/dev/full", 7 },
			{ "/dev/random", 8 },
			{ "/dev/urandom", 9 } };
	char bytes[16], same[16] = {};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		int fd = open(devices[i].path, O_RDWR | O_NONBLOCK);

		if (fd < 0 && errno == ENOENT)
			MACHINE_LACKS("no %s", devices[i].path);
		NEED(fstat(NEED(fd), &st));
		PROMISE(S_ISCHR(st.st_mode));
		PROMISE_EQ(st.st_rdev, makedev(1, devices[i].minor));
		memset(bytes, 'x', sizeof(bytes));
		switch (devices[i].minor) {
		case 3:
			PROMISE_EQ(NEED(read(fd, bytes, 16)), 0);
			break;
		case 7:
			PROMISE_FAILS(write(fd, bytes, 16), ENOSPC);
			/* fall through */
		case 5:
			PROMISE_EQ(NEED(read(fd, bytes, 16)), 16);
			PROMISE_MEM(bytes, same, 16);
			break;
		default:
			PROMISE_EQ(NEED(read(fd, bytes, 16)), 16);
			PROMISE(memcmp(bytes, same, 16) != 0);
		}
		close(fd);
	}
}

PROBE(zero_mapped,
      .what = "a private mapping of /dev/zero has the file in maps, and pages of its own",
      .since = "2.0", .source = "null(4)")
{
	int fd = open("/dev/zero", O_RDWR);
	struct vma v;
	char *p;

	if (fd < 0 && errno == ENOENT)
		MACHINE_LACKS("no /dev/zero");
	p = map(NEED(fd), 1, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	NEED(vma_at(0, p, &v));
	PROMISE_STR(v.name, "/dev/zero");
	p[0] = 1;
	/* No different from anonymous memory, but for the name. */
	PROMISE(pagemap_of(0, p) >> 63);
	PROMISE_EQ(pagemap_of(0, p) >> 61 & 1, 0);
	p = map(fd, 1, PROT_READ | PROT_WRITE, MAP_SHARED);
	NEED(vma_at(0, p, &v));
	PROMISE_STR(v.name, "/dev/zero (deleted)");
}

PROBE(rtc, .what = "a real-time clock tells the rate of its interrupts, and its alarm",
      .since = "2.4", .kconfig = "CONFIG_RTC_CLASS CONFIG_RTC_INTF_DEV", .source = "rtc(4)")
{
	int fd = open("/dev/rtc0", O_RDONLY | O_CLOEXEC);
	unsigned long rate = 0;
	struct rtc_time tm = {};

	if (fd < 0 && errno == ENOENT)
		MACHINE_LACKS("no real-time clock");
	if (fd < 0 && errno == EBUSY)
		MACHINE_LACKS("somebody else has the real-time clock open");
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		ABSENT("privilege: permission to open /dev/rtc0");
	NEED(fd);
	if (ioctl(fd, RTC_IRQP_READ, &rate) < 0 && errno != ENOTTY && errno != EINVAL)
		DEVIATES("RTC_IRQP_READ: %s", errno_name(errno));
	NEED(ioctl(fd, RTC_RD_TIME, &tm));
	PROMISE_GE(tm.tm_year, 70);
	NOTE("rate %lu", rate);
}

GAP(kvm,
    .what = "nobody but its own driver's ioctls, by whoever has it open, tells the state of a VM",
    .kconfig = "CONFIG_KVM", .source = "Documentation/virt/kvm/api.rst")
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), with, without;

	if (kvm < 0 && (errno == EACCES || errno == EPERM))
		ABSENT("privilege: permission to open /dev/kvm");
	if (kvm < 0)
		MACHINE_LACKS("no /dev/kvm (%s)", errno_name(errno));
	with = ioctl(kvm, KVM_CREATE_VM, 0);
	if (with < 0)
		MACHINE_LACKS("no virtual machines (%s)", errno_name(errno));
	without = NEED(ioctl(kvm, KVM_CREATE_VM, 0));
	close(NEED(ioctl(with, KVM_CREATE_VCPU, 0)));
	PROMISE_STR(link_text("/proc/self/fd/%d", with), "anon_inode:kvm-vm");
	tried_files(with, without);
}
