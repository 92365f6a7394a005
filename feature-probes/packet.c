// SPDX-License-Identifier: GPL-2.0-only
/* Packet sockets, and what sock_diag tells of them. */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include "frame/net.h"
#include "probe.h"

#define DECLARED .since = "2.4", .kconfig = "CONFIG_PACKET", .source = "packet(7)"

#define DIAG                                                                                       \
	.since = "3.7", .kconfig = "CONFIG_PACKET_DIAG", .capability = "CAP_NET_RAW",              \
	.source = "linux/packet_diag.h"

static int get_int(int sk, int option)
{
	socklen_t len = sizeof(int);
	int value = -99;

	NEED(getsockopt(sk, SOL_PACKET, option, &value, &len));
	return value;
}

static int set_int(int sk, int option, int value)
{
	return setsockopt(sk, SOL_PACKET, option, &value, sizeof(value));
}

/* Bound to lo of a network of our own; protocol 0 receives nothing yet. */
static int packet_socket(int protocol)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
				    .sll_ifindex = 1,
				    .sll_protocol = htons(protocol) };
	int sk = OFFERED(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(protocol)),
			 "packet sockets", EAFNOSUPPORT);

	NEED(bind(sk, (struct sockaddr *)&addr, sizeof(addr)));
	return sk;
}

static const struct tpacket_req ring = { .tp_block_size = 1 << 16,
					 .tp_block_nr = 4,
					 .tp_frame_size = 2048,
					 .tp_frame_nr = 4 * 32 };

PROBE(options, .what = "the options of a packet socket read back as they were set", DECLARED,
      .capability = "CAP_NET_RAW")
{
	int sk;

	own_network();
	sk = packet_socket(ETH_P_ALL);
	NEED(set_int(sk, PACKET_AUXDATA, 1));
	PROMISE_EQ(get_int(sk, PACKET_AUXDATA), 1);
	NEED(set_int(sk, PACKET_VERSION, TPACKET_V2));
	PROMISE_EQ(get_int(sk, PACKET_VERSION), TPACKET_V2);
	NEED(set_int(sk, PACKET_RESERVE, 16));
	PROMISE_EQ(get_int(sk, PACKET_RESERVE), 16);
	NEED(set_int(sk, PACKET_TIMESTAMP, 1 << 6));
	PROMISE_EQ(get_int(sk, PACKET_TIMESTAMP), 1 << 6);
	NEED(set_int(sk, PACKET_FANOUT, 0x77));
	PROMISE_EQ(get_int(sk, PACKET_FANOUT), 0x77);
}

PROBE(ring, .what = "a ring is set while none is mapped, and mapped as long as it was said",
      DECLARED, .capability = "CAP_NET_RAW")
{
	struct tpacket_req none = {};
	char *p;
	int sk;

	own_network();
	sk = packet_socket(ETH_P_ALL);
	NEED(setsockopt(sk, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)));
	PROMISE_FAILS(mmap(NULL, 3 << 16, PROT_READ | PROT_WRITE, MAP_SHARED, sk, 0), EINVAL);
	p = NEED(mmap(NULL, 4 << 16, PROT_READ | PROT_WRITE, MAP_SHARED, sk, 0));
	PROMISE_FAILS(setsockopt(sk, SOL_PACKET, PACKET_RX_RING, &none, sizeof(none)), EBUSY);
	PROMISE_FAILS(set_int(sk, PACKET_VERSION, TPACKET_V2), EBUSY);
	NEED(munmap(p, 4 << 16));
	NEED(setsockopt(sk, SOL_PACKET, PACKET_RX_RING, &none, sizeof(none)));
}

static struct {
	ino_t wanted;
	bool found;
	union {
		struct nlmsghdr head;
		char bytes[4096];
	} msg;
} reply;

static void keep(const struct nlmsghdr *msg, void *unused)
{
	const struct packet_diag_msg *m = NLMSG_DATA(msg);

	if (m->pdiag_ino != reply.wanted)
		return;
	PROMISE(!reply.found);
	PROMISE_LT(msg->nlmsg_len, sizeof(reply.msg));
	memcpy(&reply.msg, msg, msg->nlmsg_len);
	reply.found = true;
}

static const struct packet_diag_msg *look_up(int sk)
{
	struct packet_diag_req req = { .sdiag_family = AF_PACKET, .pdiag_show = 0x3f };
	struct netlink_request r;
	struct stat st;
	int nl = NEED(netlink_open(NETLINK_SOCK_DIAG));

	NEED(fstat(sk, &st));
	reply.wanted = st.st_ino;
	reply.found = false;
	netlink_begin(&r, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &req, sizeof(req));
	OFFERED(netlink_ask(nl, &r, keep, NULL), "sock_diag of packet sockets", ENOENT, EINVAL);
	close(nl);
	if (!reply.found)
		DEVIATES("sock_diag does not list a packet socket of ours");
	return NLMSG_DATA(&reply.msg.head);
}

static const void *attr(int type, size_t size)
{
	const struct nlattr *a =
		netlink_attr(&reply.msg.head, sizeof(struct packet_diag_msg), type);

	if (!a)
		DEVIATES("sock_diag lacks attribute %d of a packet socket", type);
	PROMISE_GE(netlink_size(a), size);
	return netlink_data(a);
}

PROBE(diag_info,
      .what = "sock_diag tells type, protocol, device, version and flags of a packet socket", DIAG)
{
	const struct packet_diag_info *info;
	const struct packet_diag_msg *m;
	int sk;

	own_network();
	sk = packet_socket(ETH_P_IP);
	NEED(set_int(sk, PACKET_AUXDATA, 1));
	NEED(set_int(sk, PACKET_VERSION, TPACKET_V2));
	NEED(set_int(sk, PACKET_RESERVE, 16));
	m = look_up(sk);
	PROMISE_EQ(m->pdiag_family, AF_PACKET);
	PROMISE_EQ(m->pdiag_type, SOCK_RAW);
	PROMISE_EQ(m->pdiag_num, ETH_P_IP);
	info = attr(PACKET_DIAG_INFO, sizeof(*info));
	PROMISE_EQ(info->pdi_index, 1);
	PROMISE_EQ(info->pdi_version, TPACKET_V2);
	PROMISE_EQ(info->pdi_reserve, 16);
	PROMISE_EQ(info->pdi_flags & (PDI_AUXDATA | PDI_ORIGDEV), PDI_AUXDATA);
	PROMISE_EQ(*(const uint32_t *)attr(PACKET_DIAG_UID, 4), geteuid());
}

PROBE(diag_rings,
      .what = "sock_diag tells ring sizes, fanout group and memberships of a packet socket", DIAG)
{
	const struct packet_mreq member = { .mr_ifindex = 1, .mr_type = PACKET_MR_PROMISC };
	const struct packet_diag_mclist *mc;
	const struct packet_diag_ring *r;
	int sk;

	own_network();
	sk = packet_socket(ETH_P_ALL);
	NEED(setsockopt(sk, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)));
	NEED(setsockopt(sk, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &member, sizeof(member)));
	NEED(set_int(sk, PACKET_FANOUT, 0x77 | PACKET_FANOUT_CPU << 16));
	look_up(sk);
	r = attr(PACKET_DIAG_RX_RING, sizeof(*r));
	PROMISE_EQ(r->pdr_block_size, ring.tp_block_size);
	PROMISE_EQ(r->pdr_block_nr, ring.tp_block_nr);
	PROMISE_EQ(r->pdr_frame_size, ring.tp_frame_size);
	PROMISE_EQ(r->pdr_frame_nr, ring.tp_frame_nr);
	PROMISE_EQ(*(const uint32_t *)attr(PACKET_DIAG_FANOUT, 4), 0x77 | PACKET_FANOUT_CPU << 16);
	mc = attr(PACKET_DIAG_MCLIST, sizeof(*mc));
	PROMISE_EQ(mc->pdmc_index, 1);
	PROMISE_EQ(mc->pdmc_type, PACKET_MR_PROMISC);
}

PROBE(diag_filter,
      .what = "sock_diag tells a packet socket's filter to who may, and whoever may it tells", DIAG)
{
	struct sock_filter insns[] = { BPF_STMT(BPF_RET | BPF_K, 0x77) };
	struct sock_fprog prog = { ARRAY_SIZE(insns), insns };
	int sk;

	own_network();
	sk = packet_socket(ETH_P_ALL);
	NEED(setsockopt(sk, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
	look_up(sk);
	PROMISE_MEM(attr(PACKET_DIAG_FILTER, sizeof(insns)), insns, sizeof(insns));
}

PROBE(diag_known, .what = "every attribute sock_diag has for packet sockets has a word", DIAG)
{
	own_network();
	look_up(packet_socket(ETH_P_ALL));
	for_each_attr(a, &reply.msg.head, sizeof(struct packet_diag_msg))
	{
		if (a->nla_type > PACKET_DIAG_FILTER)
			NEW("packet_diag attribute %d of %zu bytes", a->nla_type, netlink_size(a));
	}
}

GAP(ring_position, .what = "nobody tells or sets which frame of a ring the kernel fills next",
    .kconfig = "CONFIG_PACKET", .capability = "CAP_NET_RAW", .source = "packet(7)")
{
	char bytes[512] = "";
	socklen_t len = sizeof(bytes);
	int sk[2], out;

	own_network();
	for (int i = 0; i < 2; i++) {
		sk[i] = packet_socket(ETH_P_ALL);
		NEED(setsockopt(sk[i], SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)));
		if (i == 0) {
			struct sockaddr_ll to = { .sll_family = AF_PACKET,
						  .sll_ifindex = 1,
						  .sll_protocol = htons(ETH_P_IP),
						  .sll_halen = 6 };

			/* The first has had frames by when the second begins. */
			out = NEED(socket(AF_PACKET, SOCK_DGRAM, 0));
			for (int k = 0; k < 5; k++)
				NEED(sendto(out, bytes, 100, 0, (struct sockaddr *)&to,
					    sizeof(to)));
			close(out);
		}
	}
	tried_files(sk[0], sk[1]);
	TRIED_TO("getsockopt PACKET_RX_RING",
		 getsockopt(sk[0], SOL_PACKET, PACKET_RX_RING, bytes, &len));
}
