// SPDX-License-Identifier: GPL-2.0-only
/* UDP sockets, beyond what inet sockets share. */
#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "frame/net.h"
#include "probe.h"

static int bound(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int sk = NEED(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

	*addr = (struct sockaddr_in){ .sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	NEED(bind(sk, (struct sockaddr *)addr, len));
	NEED(getsockname(sk, (struct sockaddr *)addr, &len));
	return sk;
}

PROBE(cork, .what = "UDP_CORK tells that it is on; SIOCOUTQ counts what it holds back",
      .since = "2.6", .kconfig = "CONFIG_INET", .source = "udp(7)")
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(int);
	int to, sk, on = 1, off = 0, value = -1;
	char got[16];

	quiet_network();
	to = bound(&addr);
	sk = NEED(socket(AF_INET, SOCK_DGRAM, 0));
	NEED(connect(sk, (struct sockaddr *)&addr, sizeof(addr)));
	NEED(setsockopt(sk, IPPROTO_UDP, UDP_CORK, &on, sizeof(on)));
	NEED(getsockopt(sk, IPPROTO_UDP, UDP_CORK, &value, &len));
	PROMISE_EQ(value, 1);
	NEED(send(sk, "one", 3, 0));
	NEED(send(sk, "two", 3, 0));
	PROMISE_FAILS(recv(to, got, sizeof(got), MSG_DONTWAIT), EAGAIN);
	NEED(ioctl(sk, SIOCOUTQ, &value));
	PROMISE_GT(value, 0);
	NEED(setsockopt(sk, IPPROTO_UDP, UDP_CORK, &off, sizeof(off)));
	PROMISE_EQ(NEED(recv(to, got, sizeof(got), 0)), 6);
	PROMISE_MEM(got, "onetwo", 6);
}

PROBE(offload, .what = "UDP_SEGMENT, UDP_GRO and UDP_ENCAP read back as they were set",
      .since = "5.0", .commit = "e20cf8d3f1f7", .kconfig = "CONFIG_INET", .source = "udp(7)")
{
	static const struct {
		const char *name;
		int option, value;
	} options[] = {
		{ "UDP_SEGMENT", UDP_SEGMENT, 1200 },
		{ "UDP_GRO", UDP_GRO, 1 },
		{ "UDP_ENCAP", UDP_ENCAP, UDP_ENCAP_ESPINUDP },
		{ "UDP_NO_CHECK6_TX", UDP_NO_CHECK6_TX, 1 },
		{ "UDP_NO_CHECK6_RX", UDP_NO_CHECK6_RX, 1 },
	};
	int sk;

	quiet_network();
	sk = NEED(socket(AF_INET, SOCK_DGRAM, 0));
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		socklen_t len = sizeof(int);
		int value = -1;

		if (setsockopt(sk, IPPROTO_UDP, options[i].option, &options[i].value, len) < 0) {
			/* Encapsulation of IPsec is an option of the kernel's. */
			if (errno != ENOPROTOOPT)
				DEVIATES("%s: %s", options[i].name, errno_name(errno));
			if (options[i].option != UDP_ENCAP)
				ABSENT("no %s", options[i].name);
			NOTE("no %s", options[i].name);
			continue;
		}
		NEED(getsockopt(sk, IPPROTO_UDP, options[i].option, &value, &len));
		if (value != options[i].value)
			DEVIATES("%s: set to %d, is %d", options[i].name, options[i].value, value);
	}
}

GAP(corked, .what = "nobody reads the data a corked socket holds back", .kconfig = "CONFIG_INET",
    .source = "udp(7)")
{
	struct sockaddr_in addr;
	int sk[2], on = 1;
	char byte;

	quiet_network();
	bound(&addr);
	for (int i = 0; i < 2; i++) {
		sk[i] = NEED(socket(AF_INET, SOCK_DGRAM, 0));
		NEED(connect(sk[i], (struct sockaddr *)&addr, sizeof(addr)));
		NEED(setsockopt(sk[i], IPPROTO_UDP, UDP_CORK, &on, sizeof(on)));
		NEED(send(sk[i], i ? "two" : "one", 3, 0));
	}
	tried_files(sk[0], sk[1]);
	TRIED_TO("recv MSG_PEEK", recv(sk[0], &byte, 1, MSG_PEEK | MSG_DONTWAIT));
	TRIED_TO("recv MSG_ERRQUEUE", recv(sk[0], &byte, 1, MSG_ERRQUEUE | MSG_DONTWAIT));
}

GAP(memberships, .what = "nobody lists the multicast groups that one socket is in",
    .kconfig = "CONFIG_IP_MULTICAST", .source = "ip(7)")
{
	struct ip_mreqn group = { .imr_ifindex = 1 };
	char bytes[256] = "";
	socklen_t len = sizeof(bytes);
	int with, without;

	quiet_network();
	with = NEED(socket(AF_INET, SOCK_DGRAM, 0));
	without = NEED(socket(AF_INET, SOCK_DGRAM, 0));
	group.imr_multiaddr.s_addr = htonl(0xe1020304);
	OFFERED(setsockopt(with, SOL_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)),
		"multicast groups", ENOPROTOOPT, ENODEV);
	tried_files(with, without);
	TRIED_TO("getsockopt IP_ADD_MEMBERSHIP",
		 getsockopt(with, SOL_IP, IP_ADD_MEMBERSHIP, bytes, &len));
	/* Of a group one has to know already, whose sources are told. */
	len = sizeof(bytes);
	TRIED_TO("getsockopt IP_MSFILTER of no group",
		 getsockopt(with, SOL_IP, IP_MSFILTER, bytes, &len));
}
