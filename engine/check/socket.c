// SPDX-License-Identifier: GPL-2.0-only
/* Sockets: what is told of them beside what their owners can ask. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <linux/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/kernel/diag.h"
#include "feature.h"
#include "netlink.h"
#include "places.h"

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72 /* since 5.15 */
#endif
#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78 /* since 4.15 */
#endif
#define UNIX_FILE (SIOCPROTOPRIVATE + 0) /* SIOCUNIXFILE */

static int new_socket(int family, int type)
{
	return socket(family, type | SOCK_CLOEXEC, 0);
}

FEATURE(sk_ns, UNUSED, "sockets of other network namespaces than their task's",
	"CONFIG_NET_NS, Linux 4.10, CAP_NET_ADMIN")
{
	_cleanup_close_ int sk = new_socket(AF_UNIX, SOCK_DGRAM), ns = -EBADF;
	struct stat own, its;

	if (sk < 0)
		return no_err(-errno, "a socket");
	ns = ioctl(sk, SIOCGSKNS);
	if (ns < 0)
		return no_err(-errno, "SIOCGSKNS");
	return stat("/proc/self/ns/net", &own) == 0 && fstat(ns, &its) == 0 &&
			       own.st_ino == its.st_ino
		       ? YES
		       : no("SIOCGSKNS gives another namespace");
}

FEATURE(unix_diag, EXTRA, "unix sockets: whom they are connected to, and what waits there",
	"CONFIG_UNIX_DIAG")
{
	_cleanup_(diag_unix_done) struct diag_unix_list all = {};
	const struct diag_unix *one, *other;
	struct stat st[2];
	enum answer a;
	int sk[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sk) < 0)
		return no_err(-errno, "a pair of sockets");
	r = fstat(sk[0], &st[0]) < 0 || fstat(sk[1], &st[1]) < 0 ? -errno : diag_unix_read(&all);
	one = diag_unix_find(&all, st[0].st_ino);
	other = diag_unix_find(&all, st[1].st_ino);
	if (r < 0)
		a = no_err(r, "sock_diag of unix sockets");
	else if (!one || !other || one->peer != other->ino || other->peer != one->ino)
		a = no("sock_diag does not tell of a pair that it is one");
	else
		a = YES;
	close(sk[0]);
	close(sk[1]);
	return a;
}

FEATURE(sk_unix_file, EXTRA, "unix sockets whose name was unlinked or hidden",
	"CONFIG_UNIX, Linux 4.13, CAP_NET_ADMIN")
{
	_cleanup_close_ int sk = new_socket(AF_UNIX, SOCK_DGRAM), dir = -EBADF, fd = -EBADF;
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	enum answer a = place_open(&dir);
	struct stat was, is;

	if (a != YES)
		return a;
	snprintf(name.sun_path, sizeof(name.sun_path), "/proc/self/fd/%d/socket", dir);
	if (sk < 0 || bind(sk, (struct sockaddr *)&name, sizeof(name)) < 0 ||
	    fstatat(dir, "socket", &was, 0) < 0 || unlinkat(dir, "socket", 0) < 0)
		return no_err(-errno, "a unix socket");
	fd = ioctl(sk, UNIX_FILE);
	if (fd < 0)
		return no_err(-errno, "SIOCUNIXFILE");
	return fstat(fd, &is) == 0 && is.st_ino == was.st_ino
		       ? YES
		       : no("SIOCUNIXFILE gives another file");
}

/* Is this socket among those that sock_diag lists? 1, 0, -errno. */
struct search {
	ino_t ino;
	bool found;
};

static int compare(struct nl_msg *msg, void *arg)
{
	const struct inet_diag_msg *m = nlmsg_data(nlmsg_hdr(msg));
	struct search *s = arg;

	s->found |= m->idiag_inode == s->ino;
	return NL_OK;
}

static enum answer find_raw(int family, const char *name)
{
	/* The last byte of what is padding elsewhere. */
	struct inet_diag_req_v2 req = { .sdiag_family = family,
					.sdiag_protocol = IPPROTO_RAW,
					.pad = IPPROTO_UDPLITE,
					.idiag_states = ~0U };
	_cleanup_close_ int sk = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDPLITE);
	_cleanup_netlink_ struct nl_sock *nl = NULL;
	struct search s = {};
	struct nl_msg *msg;
	struct stat st;
	int r;

	if (sk < 0)
		return errno == EAFNOSUPPORT ? nobody("%s: %s", name, strerror(errno))
					     : no_err(-errno, "a raw socket");
	if (fstat(sk, &st) < 0)
		return no_err(-errno, "a raw socket");
	s.ino = st.st_ino;
	nl = netlink_open(NETLINK_SOCK_DIAG);
	if (!nl)
		return NO;
	msg = netlink_message(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &req, sizeof(req));
	r = msg ? netlink_send(nl, msg, compare, &s) : -ENOMEM;
	if (r < 0)
		return no_err(r, "to list raw %s sockets", name);
	return s.found ? YES : no("the list of raw %s sockets lacks one", name);
}

/*
 * criu 4.2 says yes without CONFIG_INET_RAW_DIAG: it asks for one socket that is not there, and
 * takes for an answer the ENOENT that stands for a protocol without sock_diag as well.
 */
FEATURE(net_diag_raw, UNUSED, "raw sockets", "CONFIG_INET_RAW_DIAG, CAP_NET_RAW")
{
	enum answer a = find_raw(AF_INET, "IPv4"), b;

	if (a != YES)
		return a;
	b = find_raw(AF_INET6, "IPv6");
	/* Without IPv6 there are none. */
	return b == NOBODY ? YES : b;
}

FEATURE(sockopt_buf_lock, EXTRA, "sockets with a buffer size of their own", "Linux 5.15")
{
	_cleanup_close_ int sk = new_socket(AF_UNIX, SOCK_DGRAM);
	int lock = 3;
	socklen_t len = sizeof(lock);

	if (sk < 0)
		return no_err(-errno, "a socket");
	if (setsockopt(sk, SOL_SOCKET, SO_BUF_LOCK, &lock, len) < 0)
		return no_err(-errno, "SO_BUF_LOCK");
	lock = 0;
	if (getsockopt(sk, SOL_SOCKET, SO_BUF_LOCK, &lock, &len) < 0)
		return no_err(-errno, "SO_BUF_LOCK");
	return lock == 3 ? YES : no("SO_BUF_LOCK has no effect");
}

FEATURE(ipv6_freebind, UNUSED, "IPv6 sockets bound to an address that is not there yet",
	"CONFIG_IPV6, Linux 4.15")
{
	_cleanup_close_ int sk = new_socket(AF_INET6, SOCK_STREAM);
	int on = 1;
	socklen_t len = sizeof(on);

	if (sk < 0)
		return nobody("IPv6: %s", strerror(errno));
	if (setsockopt(sk, IPPROTO_IPV6, IPV6_FREEBIND, &on, len) < 0)
		return no_err(-errno, "IPV6_FREEBIND");
	on = 0;
	if (getsockopt(sk, IPPROTO_IPV6, IPV6_FREEBIND, &on, &len) < 0)
		return no_err(-errno, "IPV6_FREEBIND");
	return on == 1 ? YES : no("IPV6_FREEBIND has no effect");
}

/* ---- TCP ---- */

static int raise_loopback(void)
{
	_cleanup_close_ int sk = new_socket(AF_INET, SOCK_DGRAM);
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	return sk < 0 || ioctl(sk, SIOCSIFFLAGS, &ifr) < 0 ? -errno : 0;
}

static int connect_to_self(int *one, int *other)
{
	_cleanup_close_ int listener = new_socket(AF_INET, SOCK_STREAM);
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	int r = raise_loopback();

	if (r < 0)
		return r;
	if (listener < 0 || bind(listener, (struct sockaddr *)&addr, len) < 0 ||
	    listen(listener, 1) < 0 || getsockname(listener, (struct sockaddr *)&addr, &len) < 0)
		return -errno;
	*one = new_socket(AF_INET, SOCK_STREAM);
	if (*one < 0 || connect(*one, (struct sockaddr *)&addr, len) < 0)
		return -errno;
	*other = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	return *other < 0 ? -errno : 0;
}

static enum answer repair_half_closed(void)
{
	_cleanup_close_ int one = -EBADF, other = -EBADF;
	int on = TCP_REPAIR_ON, queue = TCP_SEND_QUEUE, r = connect_to_self(&one, &other);
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (r < 0)
		return no_err(r, "a connection");
	if (shutdown(one, SHUT_WR) < 0)
		return no_err(-errno, "shutdown");
	if (setsockopt(one, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)) < 0 ||
	    setsockopt(one, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)) < 0)
		return no_err(-errno, "TCP_REPAIR");
	if (getsockopt(one, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		return no_err(-errno, "TCP_INFO");
	return info.tcpi_state == TCP_FIN_WAIT1 || info.tcpi_state == TCP_FIN_WAIT2
		       ? YES
		       : no("TCP_INFO does not tell of a half-closed connection");
}

FEATURE(tcp_half_closed, UNUSED, "TCP connections, half-closed ones too",
	"CONFIG_INET, Linux 4.10, CAP_NET_ADMIN")
{
	return apart(CLONE_NEWNET, repair_half_closed);
}

/* ---- iptables ---- */

static enum answer read_filter_table(void)
{
	_cleanup_close_ int sk = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	struct ipt_getinfo info = { .name = "filter" };
	socklen_t len = sizeof(info);

	if (sk < 0)
		return no_err(-errno, "a raw socket");
	return getsockopt(sk, IPPROTO_IP, IPT_SO_GET_INFO, &info, &len) < 0
		       ? no_err(-errno, "the filter table")
		       : YES;
}

/* criu says no where there is no iptables-save(8) to run, whatever the kernel has. */
FEATURE(has_ipt_legacy, UNUSED, "rules of iptables that are not kept by nf_tables",
	"CONFIG_IP_NF_IPTABLES_LEGACY, CAP_NET_ADMIN")
{
	return apart(CLONE_NEWNET, read_filter_table);
}
