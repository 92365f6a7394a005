// SPDX-License-Identifier: GPL-2.0-only
/* TCP-AO: connections signed with keys that can be read, and repaired. */
#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "frame/net.h"
#include "probe.h"

#ifndef SOL_TCP
#define SOL_TCP 6
#endif

enum { AO_ADD_KEY = 38, AO_INFO = 40, AO_GET_KEYS = 41, AO_REPAIR = 42 };

#define DECLARED                                                                                   \
	.since = "6.7", .kconfig = "CONFIG_TCP_AO", .capability = "CAP_NET_ADMIN",                 \
	.source = "Documentation/networking/tcp_ao.rst"

/* struct tcp_ao_add and tcp_ao_getsockopt of linux/tcp.h. */
struct add {
	struct sockaddr_storage addr;
	char algorithm[64];
	int32_t ifindex;
	uint32_t flags;
	uint16_t reserved;
	uint8_t prefix, sndid, rcvid, maclen, keyflags, keylen, key[80];
} __attribute__((aligned(8)));

struct get {
	struct sockaddr_storage addr;
	char algorithm[64];
	uint8_t key[80];
	uint32_t nkeys;
	uint16_t flags; /* 4: all of them */
	uint8_t sndid, rcvid, prefix, maclen, keyflags, keylen;
	int32_t ifindex;
	uint64_t good, bad;
} __attribute__((aligned(8)));

static int keyed_socket(void)
{
	struct add add = {
		.algorithm = "hmac(sha1)", .prefix = 32, .sndid = 5, .rcvid = 6, .keylen = 6
	};
	struct sockaddr_in *peer = (struct sockaddr_in *)&add.addr;
	int sk = NEED(socket(AF_INET, SOCK_STREAM, 0));

	peer->sin_family = AF_INET;
	peer->sin_addr.s_addr = htonl(0x7f000001);
	memcpy(add.key, "secret", 6);
	OFFERED(setsockopt(sk, SOL_TCP, AO_ADD_KEY, &add, sizeof(add)), "TCP_AO_ADD_KEY",
		ENOPROTOOPT, ENOENT);
	return sk;
}

PROBE(keys, .what = "TCP_AO_GET_KEYS gives back the keys of a socket, bytes and all", DECLARED)
{
	struct get get = { .flags = 4, .nkeys = 1 };
	socklen_t len = sizeof(get);
	int sk;

	own_network();
	sk = keyed_socket();
	NEED(getsockopt(sk, SOL_TCP, AO_GET_KEYS, &get, &len));
	PROMISE_EQ(get.nkeys, 1);
	PROMISE_EQ(get.sndid, 5);
	PROMISE_EQ(get.rcvid, 6);
	PROMISE_EQ(get.keylen, 6);
	PROMISE_MEM(get.key, "secret", 6);
	PROMISE_STR(get.algorithm, "hmac(sha1)");
}

PROBE(repair_refused, .what = "TCP_AO_REPAIR is for sockets in repair mode: EPERM", DECLARED,
      .commit = "faadfaba5e01")
{
	char bytes[64] = "";
	socklen_t len = 32;
	int sk;

	own_network();
	sk = keyed_socket();
	PROMISE_FAILS(getsockopt(sk, SOL_TCP, AO_REPAIR, bytes, &len), EPERM);
}
