// SPDX-License-Identifier: GPL-2.0-only
/* SIOCGSKNS: the network namespace a socket or a tun device belongs to, wherever its task is now. */
#include <sched.h>
#include <sys/ioctl.h>

#include "frame/net.h"
#include "probe.h"
#include "uapi/socket.h"

#define DECLARED                                                                                   \
	.since = "4.10", .commit = "c62cce2caee5", .kconfig = "CONFIG_NET_NS",                     \
	.capability = "CAP_NET_ADMIN", .source = "net/socket.c"

static ino_t inode(int fd)
{
	struct stat st;

	NEED(fstat(fd, &st));
	return st.st_ino;
}

static ino_t own_inode(void)
{
	return inode(NEED(open("/proc/self/ns/net", O_RDONLY)));
}

PROBE(socket, .what = "SIOCGSKNS opens the network namespace a socket was made in", DECLARED)
{
	ino_t made;
	int sk[3];

	own_network();
	made = own_inode();
	sk[0] = NEED(socket(AF_INET, SOCK_STREAM, 0));
	sk[1] = NEED(socket(AF_UNIX, SOCK_DGRAM, 0));
	sk[2] = NEED(socket(AF_NETLINK, SOCK_RAW, 0));
	own_network();
	PROMISE_NE(own_inode(), made);
	for (int i = 0; i < 3; i++)
		PROMISE_EQ(inode(OFFERED(ioctl(sk[i], SIOCGSKNS_), "SIOCGSKNS", ENOTTY, EINVAL)),
			   made);
}

PROBE(refused, .what = "SIOCGSKNS wants CAP_NET_ADMIN over that namespace: EPERM", .since = "4.10",
      .commit = "c62cce2caee5", .kconfig = "CONFIG_NET_NS", .source = "net/socket.c")
{
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		PROMISE_FAILS(ioctl(NEED(socket(AF_UNIX, SOCK_DGRAM, 0)), SIOCGSKNS_), EPERM);
		_exit(0);
	}
	reap_good(pid);
}
