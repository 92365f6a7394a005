// SPDX-License-Identifier: GPL-2.0-only
/* sock_diag beyond looking: ending sockets, and the families that engines do not know. */
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>

#include "frame/net.h"
#include "probe.h"

#define SOCK_DESTROY_ 21

static struct inet_diag_sockid found;
static uint16_t port_wanted;

static void keep(const struct nlmsghdr *msg, void *unused)
{
	const struct inet_diag_msg *m = NLMSG_DATA(msg);

	if (m->id.idiag_sport == port_wanted)
		found = m->id;
}

static int ask(int type, int flags, const struct inet_diag_sockid *id)
{
	struct inet_diag_req_v2 req = { .sdiag_family = AF_INET,
					.sdiag_protocol = IPPROTO_TCP,
					.idiag_states = ~0U };
	struct netlink_request r;
	int nl = NEED(netlink_open(NETLINK_SOCK_DIAG)), result;

	if (id)
		req.id = *id;
	netlink_begin(&r, type, flags, &req, sizeof(req));
	result = netlink_ask(nl, &r, keep, NULL);
	close(nl);
	return result;
}

/* A connection over loopback, whose client is `found`. */
static void connect_and_find(int *client, int *server)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int listener = NEED(socket(AF_INET, SOCK_STREAM, 0));

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	NEED(bind(listener, (struct sockaddr *)&addr, sizeof(addr)));
	NEED(listen(listener, 1));
	NEED(getsockname(listener, (struct sockaddr *)&addr, &len));
	*client = NEED(socket(AF_INET, SOCK_STREAM, 0));
	NEED(connect(*client, (struct sockaddr *)&addr, sizeof(addr)));
	*server = NEED(accept(listener, NULL, NULL));
	NEED(getsockname(*client, (struct sockaddr *)&addr, &len));
	port_wanted = addr.sin_port;
	OFFERED(ask(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, NULL), "sock_diag of TCP", ENOENT);
	PROMISE_EQ(found.idiag_sport, port_wanted);
}

PROBE(destroy, .what = "SOCK_DESTROY ends a connection: ECONNABORTED here, a reset for its peer",
      .since = "4.5", .commit = "64be0aed59ad", .kconfig = "CONFIG_INET_DIAG_DESTROY",
      .capability = "CAP_NET_ADMIN", .source = "net/core/sock_diag.c")
{
	int client, server;
	char byte;

	own_network();
	connect_and_find(&client, &server);
	found.idiag_cookie[0] ^= 1;
	PROMISE(ask(SOCK_DESTROY_, 0, &found) < 0);
	if (errno == EOPNOTSUPP || errno == EINVAL)
		ABSENT("no SOCK_DESTROY (%s)", errno_name(errno));
	PROMISE(errno == ENOENT || errno == ESTALE);
	found.idiag_cookie[0] ^= 1;
	NEED(ask(SOCK_DESTROY_, 0, &found));
	PROMISE_FAILS(recv(client, &byte, 1, MSG_DONTWAIT), ECONNABORTED);
	PROMISE_FAILS(recv(server, &byte, 1, MSG_DONTWAIT), ECONNRESET);
}

PROBE(destroy_refused, .what = "SOCK_DESTROY wants CAP_NET_ADMIN: EPERM", .since = "4.5",
      .commit = "64be0aed59ad", .kconfig = "CONFIG_INET_DIAG_DESTROY",
      .source = "net/core/sock_diag.c")
{
	int client, server;
	pid_t pid;

	quiet_network();
	connect_and_find(&client, &server);
	pid = spawn();
	if (pid == 0) {
		lose_privileges();
		PROMISE(ask(SOCK_DESTROY_, 0, &found) < 0);
		if (errno == EOPNOTSUPP || errno == EINVAL)
			ABSENT("no SOCK_DESTROY (%s)", errno_name(errno));
		PROMISE_EQ(errno, EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(families_known, .what = "every family sock_diag answers for is one we have a word for",
      .since = "3.3", .kconfig = "CONFIG_NET", .source = "sock_diag(7)")
{
	static const int known[] = { AF_UNIX,           AF_INET,         AF_INET6,
				     AF_NETLINK,        AF_PACKET,       30 /* AF_TIPC */,
				     40 /* AF_VSOCK */, 43 /* AF_SMC */, 44 /* AF_XDP */ };
	int nl = NEED(netlink_open(NETLINK_SOCK_DIAG));

	for (int family = 1; family < 64; family++) {
		/* The longest there is: what a family does not want of it, it does not look at. */
		struct inet_diag_req_v2 req = { .sdiag_family = family,
						.sdiag_protocol = IPPROTO_TCP };
		struct netlink_request r;
		bool is_known = false;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			is_known |= family == known[i];
		netlink_begin(&r, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &req, sizeof(req));
		if (netlink_ask(nl, &r, NULL, NULL) < 0) {
			/* EINVAL is for numbers that are no family at all. */
			PROMISE(errno == ENOENT || errno == EINVAL);
			continue;
		}
		if (!is_known)
			NEW("sock_diag of family %d", family);
		NOTE("family %d", family);
	}
}

static ino_t inode_wanted;
static size_t inode_at;
static bool listed;

static void look_for_inode(const struct nlmsghdr *msg, void *unused)
{
	const uint32_t *ino = (void *)((char *)NLMSG_DATA(msg) + inode_at);

	listed |= *ino == inode_wanted;
}

/* Whether such a socket is listed by a request, whose answers have the inode at some place. */
static void promise_listed(int sk, const void *req, size_t size, size_t at, const char *what)
{
	int nl = NEED(netlink_open(NETLINK_SOCK_DIAG));
	struct netlink_request r;
	struct stat st;

	NEED(fstat(sk, &st));
	inode_wanted = st.st_ino;
	inode_at = at;
	netlink_begin(&r, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, req, size);
	OFFERED(netlink_ask(nl, &r, look_for_inode, NULL), what, ENOENT);
	PROMISE(listed);
}

PROBE(vsock, .what = "sock_diag lists vsock sockets by their inodes", .since = "4.15",
      .commit = "413a4317aca7", .kconfig = "CONFIG_VSOCKETS_DIAG",
      .source = "linux/vm_sockets_diag.h")
{
	/* struct vsock_diag_req; in the answer the inode comes behind four bytes and four numbers. */
	struct {
		uint8_t family, protocol;
		uint16_t pad;
		uint32_t states, inode, show, cookie[2];
	} req = { .family = 40, .states = ~0U };
	int sk = OFFERED(socket(40, SOCK_STREAM, 0), "vsock sockets", EAFNOSUPPORT);
	struct {
		uint16_t family, reserved;
		uint32_t port, cid;
		uint8_t flags, zero[3];
	} addr = { .family = 40, .port = ~0U, .cid = ~0U };

	NEED(bind(sk, (struct sockaddr *)&addr, sizeof(addr)));
	NEED(listen(sk, 1));
	promise_listed(sk, &req, sizeof(req), 4 + 4 * 4, "sock_diag of vsock");
}

PROBE(xdp, .what = "sock_diag lists sockets of XDP by their inodes", .since = "5.1",
      .commit = "a36b38aa2af6", .kconfig = "CONFIG_XDP_SOCKETS_DIAG", .capability = "CAP_NET_RAW",
      .source = "linux/xdp_diag.h")
{
	struct {
		uint8_t family, protocol;
		uint16_t pad;
		uint32_t inode, show, cookie[2];
	} req = { .family = 44 };
	int sk;

	own_network();
	sk = OFFERED(socket(44, SOCK_RAW, 0), "XDP sockets", EAFNOSUPPORT);
	promise_listed(sk, &req, sizeof(req), 4, "sock_diag of XDP");
}
