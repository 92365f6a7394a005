// SPDX-License-Identifier: GPL-2.0-only
/* Files that no module claims, by names that tell what they are. */
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdio.h>

#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/kernel/socket.h"
#include "files.h"

struct word {
	int number;
	const char *text;
};

static const char *word_for(const struct word *w, int number)
{
	for (; w->text; w++)
		if (w->number == number)
			return w->text;
	return "other";
}

static bool ask(int fd, int what, int *ret)
{
	socklen_t len = sizeof(*ret);

	return getsockopt(fd, SOL_SOCKET, what, ret, &len) == 0;
}

/* "an IPv6 UDP socket" */
static void name_socket(int fd, char *to, size_t size)
{
	static const struct word domains[] = {
		{ AF_INET, "IPv4" },
		{ AF_INET6, "IPv6" },
		{ AF_NETLINK, "netlink" },
		{ AF_PACKET, "packet" },
		{ AF_VSOCK, "vsock" },
		{ AF_ALG, "crypto" },
		{ AF_BLUETOOTH, "bluetooth" },
		{ AF_CAN, "CAN" },
		{ AF_XDP, "XDP" },
		{ AF_KEY, "key" },
		{ AF_TIPC, "TIPC" },
		{ AF_UNIX, "unix" },
		{ 0, NULL },
	};
	static const struct word types[] = {
		{ SOCK_STREAM, "stream" },
		{ SOCK_DGRAM, "datagram" },
		{ SOCK_RAW, "raw" },
		{ SOCK_SEQPACKET, "seqpacket" },
		{ 0, NULL },
	};
	static const struct word protocols[] = {
		{ IPPROTO_TCP, "TCP" },          { IPPROTO_UDP, "UDP" },
		{ IPPROTO_UDPLITE, "UDP-Lite" }, { IPPROTO_ICMP, "ICMP" },
		{ IPPROTO_ICMPV6, "ICMPv6" },    { IPPROTO_SCTP, "SCTP" },
		{ IPPROTO_MPTCP, "MPTCP" },      { 0, NULL },
	};
	int domain, type, protocol;

	if (!ask(fd, SO_DOMAIN, &domain) || !ask(fd, SO_TYPE, &type) ||
	    !ask(fd, SO_PROTOCOL, &protocol))
		return (void)snprintf(to, size, "a socket");
	if (type != SOCK_RAW && (domain == AF_INET || domain == AF_INET6))
		snprintf(to, size, "an %s %s socket", word_for(domains, domain),
			 word_for(protocols, protocol));
	else
		snprintf(to, size, "a socket of family %s (%d), %s, protocol %d",
			 word_for(domains, domain), domain, word_for(types, type), protocol);
}

int file_refuse_unknown(const struct fd_view *v)
{
	char name[96];

	if (!S_ISSOCK(v->st.st_mode))
		return log_refuse("%s: %s: not supported yet", fd_view_name(v), v->link);
	name_socket(v->copy, name, sizeof(name));
	return log_refuse("%s: %s, %s: not supported yet", fd_view_name(v), v->link, name);
}
