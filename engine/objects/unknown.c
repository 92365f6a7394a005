// SPDX-License-Identifier: GPL-2.0-only
/* Files that no module claims, by names that tell what they are. */
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdio.h>

#include "engine/base/cleanup.h"
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

/* Files that are not on a file system of anybody's. */
static const char *what_link_is(const char *link)
{
	static const struct {
		const char *prefix, *what;
	} kinds[] = {
		{ "anon_inode:[fscontext]", "a file system in the making (fsopen, fspick)" },
		{ "anon_inode:[io_uring]", "rings of io_uring_setup" },
		{ "anon_inode:[landlock-ruleset]", "rules of landlock_create_ruleset" },
		{ "anon_inode:[perf_event]", "a counter of perf_event_open" },
		{ "anon_inode:[userfaultfd]", "a userfaultfd" },
		{ "anon_inode:bpf-prog", "an eBPF program" },
		{ "anon_inode:bpf", "a part of eBPF" },
		{ "anon_inode:kvm", "a virtual machine" },
		{ "/secretmem", "memory of memfd_secret" },
		{ "cgroup:[", "a namespace" },
		{ "ipc:[", "a namespace" },
		{ "mnt:[", "a namespace" },
		{ "net:[", "a namespace" },
		{ "pid:[", "a namespace" },
		{ "time:[", "a namespace" },
		{ "user:[", "a namespace" },
		{ "uts:[", "a namespace" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_after(link, kinds[i].prefix))
			return kinds[i].what;
	return NULL;
}

int file_refuse_unknown(const struct fd_view *v)
{
	const char *what = what_link_is(v->link);
	char name[96];

	if (S_ISSOCK(v->st.st_mode)) {
		name_socket(v->copy, name, sizeof(name));
		what = name;
	}
	return log_refuse("%s: %s%s%s: not supported yet", fd_view_name(v), v->link,
			  what ? ", " : "", what ?: "");
}

int file_refuse_without_mount(const struct fd_view *v)
{
	if (what_link_is(v->link))
		return file_refuse_unknown(v);
	return log_refuse(
		"%s: %s is on a mount that this mount namespace does not have (a detached "
		"one, as of open_tree or fsmount, or another's): not supported yet",
		fd_view_name(v), v->link);
}
