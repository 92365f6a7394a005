// SPDX-License-Identifier: GPL-2.0-only
/* tun and tap devices, whose other end is a file. */
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

#include "frame/mount.h"
#include "frame/net.h"
#include "probe.h"
#include "uapi/socket.h"

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_TUN", .capability = "CAP_NET_ADMIN",                  \
	.source = "Documentation/networking/tuntap.rst"

static int open_tun(void)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	/* The device may be there without a node: where nothing has made one, we do. */
	if (fd < 0 && errno == ENOENT && have_cap(CAP_MKNOD) && in_init_userns()) {
		own_tmpfs();
		NEED(mknod("tun", S_IFCHR | 0600, makedev(10, 200)));
		fd = OFFERED(open("tun", O_RDWR | O_CLOEXEC | O_NONBLOCK), "tun device", ENXIO,
			     ENODEV);
	}
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		ABSENT("privilege: permission to open /dev/net/tun");
	if (fd < 0 && errno == ENOENT)
		MACHINE_LACKS("there is no /dev/net/tun");
	return OFFERED(fd, "tun device", ENXIO, ENODEV);
}

static struct ifreq request(const char *name, int flags)
{
	struct ifreq ifr = {};

	strcpy(ifr.ifr_name, name);
	ifr.ifr_flags = flags;
	return ifr;
}

static int if_index(const char *name)
{
	struct ifreq ifr = request(name, 0);
	_cleanup_close_ int sk = NEED(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

	NEED(ioctl(sk, SIOCGIFINDEX, &ifr));
	return ifr.ifr_ifindex;
}

PROBE(ifindex, .what = "TUNSETIFINDEX says which index the device will have; not after it is there",
      .since = "3.12", .commit = "fb7589a16216", .kconfig = "CONFIG_TUN",
      .capability = "CAP_NET_ADMIN", .source = "drivers/net/tun.c")
{
	struct ifreq ifr = request("probe0", IFF_TUN | IFF_NO_PI);
	unsigned int index = 77;
	int fd;

	own_network();
	fd = open_tun();
	OFFERED(ioctl(fd, TUNSETIFINDEX, &index), "TUNSETIFINDEX", EINVAL, ENOTTY);
	NEED(ioctl(fd, TUNSETIFF, &ifr));
	PROMISE_EQ(if_index("probe0"), 77);
	PROMISE_FAILS(ioctl(fd, TUNSETIFINDEX, &index), EPERM, EINVAL);
	fd = open_tun();
	NEED(ioctl(fd, TUNSETIFINDEX, &index));
	ifr = request("probe1", IFF_TUN | IFF_NO_PI);
	PROMISE_FAILS(ioctl(fd, TUNSETIFF, &ifr), EBUSY, EEXIST);
}

PROBE(read_back, .what = "a tun file tells its device's name and flags, and what was set of it",
      DECLARED("2.6.27"))
{
	struct ifreq ifr = request("probe0", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR), now = {};
	int fd, size = 12, value = 0;

	own_network();
	fd = open_tun();
	PROMISE_FAILS(ioctl(fd, TUNGETIFF, &now), EBADFD);
	NEED(ioctl(fd, TUNSETIFF, &ifr));
	NEED(ioctl(fd, TUNGETIFF, &now));
	PROMISE_STR(now.ifr_name, "probe0");
	PROMISE_EQ(now.ifr_flags & (IFF_TUN | IFF_TAP | IFF_NO_PI | IFF_VNET_HDR),
		   IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
	NEED(ioctl(fd, TUNSETVNETHDRSZ, &size));
	NEED(ioctl(fd, TUNGETVNETHDRSZ, &value));
	PROMISE_EQ(value, 12);
	size = 54321;
	NEED(ioctl(fd, TUNSETSNDBUF, &size));
	NEED(ioctl(fd, TUNGETSNDBUF, &value));
	PROMISE_EQ(value, 54321);
	PROMISE_EQ(now.ifr_flags & IFF_PERSIST, 0);
	NEED(ioctl(fd, TUNSETPERSIST, 1));
	NEED(ioctl(fd, TUNGETIFF, &now));
	PROMISE_EQ(now.ifr_flags & IFF_PERSIST, IFF_PERSIST);
}

PROBE(fdinfo, .what = "fdinfo of a tun file tells its device", .since = "3.12",
      .kconfig = "CONFIG_TUN CONFIG_PROC_FS", .capability = "CAP_NET_ADMIN",
      .source = "drivers/net/tun.c")
{
	struct ifreq ifr = request("probe0", IFF_TUN | IFF_NO_PI);
	int fd;

	own_network();
	fd = open_tun();
	NEED(ioctl(fd, TUNSETIFF, &ifr));
	PROMISE_STR(OFFERED(fdinfo_field(0, fd, "iff"), "iff in fdinfo", ENODATA), "probe0");
}

PROBE(queues, .what = "a queue of a device is taken off and put on again", DECLARED("3.8"))
{
	struct ifreq ifr = request("probe0", IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE),
		     off = { .ifr_flags = IFF_DETACH_QUEUE },
		     on = { .ifr_flags = IFF_ATTACH_QUEUE }, now = {};
	int a, b;

	own_network();
	a = open_tun();
	b = open_tun();
	NEED(ioctl(a, TUNSETIFF, &ifr));
	ifr = request("probe0", IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE);
	NEED(ioctl(b, TUNSETIFF, &ifr));
	NEED(ioctl(b, TUNSETQUEUE, &off));
	NEED(ioctl(b, TUNGETIFF, &now));
	PROMISE_EQ(now.ifr_flags & IFF_DETACH_QUEUE, IFF_DETACH_QUEUE);
	NEED(ioctl(b, TUNSETQUEUE, &on));
	now = (struct ifreq){};
	NEED(ioctl(b, TUNGETIFF, &now));
	PROMISE_EQ(now.ifr_flags & IFF_DETACH_QUEUE, 0);
}

PROBE(netns, .what = "SIOCGSKNS opens the network namespace a tun's device is in", .since = "5.2",
      .commit = "f2780d6d7475", .kconfig = "CONFIG_TUN CONFIG_NET_NS",
      .capability = "CAP_NET_ADMIN", .source = "drivers/net/tun.c")
{
	struct ifreq ifr = request("probe0", IFF_TUN | IFF_NO_PI);
	struct stat st, now;
	int fd;

	own_network();
	NEED(stat("/proc/self/ns/net", &st));
	fd = open_tun();
	NEED(ioctl(fd, TUNSETIFF, &ifr));
	own_network();
	NEED(fstat(OFFERED(ioctl(fd, SIOCGSKNS_), "SIOCGSKNS of a tun", EINVAL, EBADFD, EFAULT),
		   &now));
	PROMISE_EQ(now.st_ino, st.st_ino);
}
