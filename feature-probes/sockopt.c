// SPDX-License-Identifier: GPL-2.0-only
/* Socket options: what can be read back, and what cannot be undone. */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include "frame/net.h"
#include "probe.h"
#include "uapi/socket.h"

#ifndef SO_RESERVE_MEM
#define SO_RESERVE_MEM 73
#endif
#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

/* As of 7.0. */
#ifndef SO_PREFER_BUSY_POLL
#define SO_PREFER_BUSY_POLL 69
#define SO_BUSY_POLL_BUDGET 70
#endif
#ifndef SO_TXREHASH
#define SO_TXREHASH 74
#endif
#ifndef SO_RCVMARK
#define SO_RCVMARK 75
#endif
#ifndef SO_RCVPRIORITY
#define SO_RCVPRIORITY 82
#endif
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif
#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44
#endif
#ifndef TCP_RTO_MIN_US
#define TCP_RTO_MIN_US    45
#define TCP_DELACK_MAX_US 46
#endif

#define DECLARED(release, page) .since = release, .kconfig = "CONFIG_NET", .source = page

static int get_int(int sk, int level, int option)
{
	socklen_t len = sizeof(int);
	int value = -99;

	NEED(getsockopt(sk, level, option, &value, &len));
	return value;
}

static int set_int(int sk, int level, int option, int value)
{
	return setsockopt(sk, level, option, &value, sizeof(value));
}

static int inet(int type)
{
	return NEED(socket(AF_INET, type | SOCK_CLOEXEC, 0));
}

/* Sets a table of options to values other than the default, and reads them. */
struct option {
	const char *name;
	int level, option, value;
};

static void round_trip(int sk, const struct option *options, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct option *o = &options[i];
		socklen_t len = sizeof(int);
		int was = 0, got = -99;

		if (getsockopt(sk, o->level, o->option, &was, &len) < 0) {
			if (errno != ENOPROTOOPT)
				DEVIATES("%s: getsockopt: %s", o->name, errno_name(errno));
			NOTE("no %s", o->name);
			continue;
		}
		PROMISE_NE(was, o->value);
		if (set_int(sk, o->level, o->option, o->value) < 0) {
			if (errno == EPERM)
				continue;
			DEVIATES("%s: setsockopt: %s", o->name, errno_name(errno));
		}
		len = sizeof(int);
		NEED(getsockopt(sk, o->level, o->option, &got, &len));
		if (got != o->value)
			DEVIATES("%s: set to %d, is %d", o->name, o->value, got);
	}
}

#define OPT(level, option, value)                                                                  \
	{                                                                                          \
#option, level, option, value                                                      \
	}

PROBE(generic, .what = "the options every socket has read back as they were set",
      DECLARED("2.0", "socket(7)"))
{
	static const struct option options[] = {
		OPT(SOL_SOCKET, SO_REUSEADDR, 1),
		OPT(SOL_SOCKET, SO_REUSEPORT, 1),
		OPT(SOL_SOCKET, SO_KEEPALIVE, 1),
		OPT(SOL_SOCKET, SO_OOBINLINE, 1),
		OPT(SOL_SOCKET, SO_PRIORITY, 5),
		OPT(SOL_SOCKET, SO_RCVLOWAT, 7),
		OPT(SOL_SOCKET, SO_DONTROUTE, 1),
		OPT(SOL_SOCKET, SO_BROADCAST, 1),
		OPT(SOL_SOCKET, SO_NO_CHECK, 1),
		OPT(SOL_SOCKET, SO_TIMESTAMP, 1),
		OPT(SOL_SOCKET, SO_MARK, 77),
		OPT(SOL_SOCKET, SO_BUSY_POLL, 50),
		OPT(SOL_SOCKET, SO_SELECT_ERR_QUEUE, 1),
		OPT(SOL_SOCKET, SO_RXQ_OVFL, 1),
		OPT(SOL_SOCKET, SO_MAX_PACING_RATE, 123456),
		OPT(SOL_SOCKET, SO_INCOMING_CPU, 0),
		OPT(SOL_SOCKET, SO_PREFER_BUSY_POLL, 1),
		OPT(SOL_SOCKET, SO_BUSY_POLL_BUDGET, 11),
		OPT(SOL_SOCKET, SO_RCVMARK, 1),
		OPT(SOL_SOCKET, SO_RCVPRIORITY, 1),
	};
	struct timeval time = { .tv_sec = 3 }, got;
	struct linger off = { .l_onoff = 1, .l_linger = 9 }, linger_;
	socklen_t len = sizeof(got);
	int sk;

	quiet_network();
	sk = inet(SOCK_DGRAM);
	round_trip(sk, options, ARRAY_SIZE(options));
	NEED(setsockopt(sk, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)));
	NEED(getsockopt(sk, SOL_SOCKET, SO_RCVTIMEO, &got, &len));
	PROMISE_EQ(got.tv_sec, 3);
	len = sizeof(linger_);
	NEED(setsockopt(sk, SOL_SOCKET, SO_LINGER, &off, sizeof(off)));
	NEED(getsockopt(sk, SOL_SOCKET, SO_LINGER, &linger_, &len));
	PROMISE_EQ(linger_.l_linger, 9);
}

PROBE(tcp, .what = "the options of TCP read back as they were set", DECLARED("4.2", "tcp(7)"))
{
	static const struct option options[] = {
		OPT(SOL_TCP, TCP_NODELAY, 1),
		OPT(SOL_TCP, TCP_CORK, 1),
		OPT(SOL_TCP, TCP_KEEPIDLE, 111),
		OPT(SOL_TCP, TCP_KEEPINTVL, 22),
		OPT(SOL_TCP, TCP_KEEPCNT, 3),
		OPT(SOL_TCP, TCP_SYNCNT, 4),
		OPT(SOL_TCP, TCP_LINGER2, 13),
		OPT(SOL_TCP, TCP_USER_TIMEOUT, 5000),
		OPT(SOL_TCP, TCP_NOTSENT_LOWAT, 9),
		OPT(SOL_TCP, TCP_SAVE_SYN, 1),
		OPT(SOL_TCP, TCP_DEFER_ACCEPT, 3),
		OPT(SOL_TCP, TCP_THIN_LINEAR_TIMEOUTS, 1),
		OPT(SOL_TCP, TCP_FASTOPEN_CONNECT, 1),
		OPT(SOL_TCP, TCP_FASTOPEN_NO_COOKIE, 1),
		OPT(SOL_TCP, TCP_INQ, 1),
		OPT(SOL_TCP, TCP_TX_DELAY, 1000),
		OPT(SOL_TCP, TCP_RTO_MAX_MS, 5000),
		OPT(SOL_TCP, TCP_RTO_MIN_US, 100000),
		OPT(SOL_TCP, TCP_DELACK_MAX_US, 40000),
		OPT(SOL_SOCKET, SO_TXREHASH, 0),
	};
	char cc[16] = "";
	socklen_t len = sizeof(cc);
	int sk = inet(SOCK_STREAM);

	round_trip(sk, options, ARRAY_SIZE(options));
	NEED(setsockopt(sk, SOL_TCP, TCP_CONGESTION, "reno", 4));
	NEED(getsockopt(sk, SOL_TCP, TCP_CONGESTION, cc, &len));
	PROMISE_STR(cc, "reno");
}

PROBE(ip, .what = "the options of IP and IPv6 read back as they were set",
      DECLARED("4.15", "ip(7), ipv6(7)"))
{
	static const struct option options[] = {
		OPT(SOL_IP, IP_TOS, 0x10),
		OPT(SOL_IP, IP_TTL, 33),
		OPT(SOL_IP, IP_PKTINFO, 1),
		OPT(SOL_IP, IP_RECVERR, 1),
		OPT(SOL_IP, IP_FREEBIND, 1),
		OPT(SOL_IP, IP_MULTICAST_TTL, 7),
		OPT(SOL_IP, IP_MULTICAST_LOOP, 0),
		OPT(SOL_IP, IP_RECVTTL, 1),
		OPT(SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1),
		OPT(SOL_IP, IP_TRANSPARENT, 1),
		OPT(SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE),
		OPT(SOL_IP, IP_MINTTL, 5),
		OPT(SOL_IP, IP_RECVTOS, 1),
		OPT(SOL_IP, IP_RECVOPTS, 1),
		OPT(SOL_IP, IP_RETOPTS, 1),
		OPT(SOL_IP, IP_PASSSEC, 1),
		OPT(SOL_IP, IP_RECVORIGDSTADDR, 1),
		OPT(SOL_IP, IP_CHECKSUM, 1),
		OPT(SOL_IP, IP_RECVFRAGSIZE, 1),
		OPT(SOL_IP, IP_MULTICAST_ALL, 0),
		OPT(SOL_IP, IP_UNICAST_IF, 0x01000000),
		OPT(SOL_IP, IP_LOCAL_PORT_RANGE, 60999 << 16 | 40000),
	};
	static const struct option options6[] = {
		OPT(SOL_IPV6, IPV6_V6ONLY, 1),
		OPT(SOL_IPV6, IPV6_RECVPKTINFO, 1),
		OPT(SOL_IPV6, IPV6_TCLASS, 0x20),
		OPT(SOL_IPV6, IPV6_UNICAST_HOPS, 44),
		OPT(SOL_IPV6, IPV6_FREEBIND, 1),
		OPT(SOL_IPV6, IPV6_RECVERR, 1),
		OPT(SOL_IPV6, IPV6_MULTICAST_HOPS, 9),
		OPT(SOL_IPV6, IPV6_MULTICAST_LOOP, 0),
		OPT(SOL_IPV6, IPV6_MULTICAST_ALL, 0),
		OPT(SOL_IPV6, IPV6_RECVHOPLIMIT, 1),
		OPT(SOL_IPV6, IPV6_RECVTCLASS, 1),
		OPT(SOL_IPV6, IPV6_RECVHOPOPTS, 1),
		OPT(SOL_IPV6, IPV6_RECVRTHDR, 1),
		OPT(SOL_IPV6, IPV6_RECVDSTOPTS, 1),
		OPT(SOL_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE),
		OPT(SOL_IPV6, IPV6_DONTFRAG, 1),
		OPT(SOL_IPV6, IPV6_MINHOPCOUNT, 3),
		OPT(SOL_IPV6, IPV6_RECVORIGDSTADDR, 1),
		OPT(SOL_IPV6, IPV6_RECVFRAGSIZE, 1),
	};
	int sk, six;

	quiet_network();
	sk = inet(SOCK_DGRAM);
	six = socket(AF_INET6, SOCK_DGRAM, 0);
	round_trip(sk, options, ARRAY_SIZE(options));
	if (six >= 0)
		round_trip(six, options6, ARRAY_SIZE(options6));
}

PROBE(freebind, .what = "with IP_FREEBIND a socket binds to an address nobody has, without it not",
      DECLARED("2.4", "ip(7)"))
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int sk = inet(SOCK_STREAM);

	addr.sin_addr.s_addr = inet_addr("192.0.2.77");
	PROMISE_FAILS(bind(sk, (struct sockaddr *)&addr, sizeof(addr)), EADDRNOTAVAIL);
	NEED(set_int(sk, SOL_IP, IP_FREEBIND, 1));
	NEED(bind(sk, (struct sockaddr *)&addr, sizeof(addr)));
}

PROBE(buf_lock, .what = "SO_BUF_LOCK tells which buffer sizes were set by hand, and unlocks them",
      .since = "5.15", .commit = "04190bf8944d", .kconfig = "CONFIG_NET", .source = "socket(7)")
{
	int sk = inet(SOCK_STREAM), lock = -1;
	socklen_t len = sizeof(lock);

	OFFERED(getsockopt(sk, SOL_SOCKET, SO_BUF_LOCK, &lock, &len), "SO_BUF_LOCK", ENOPROTOOPT);
	PROMISE_EQ(lock, 0);
	NEED(set_int(sk, SOL_SOCKET, SO_RCVBUF, 20000));
	PROMISE_EQ(get_int(sk, SOL_SOCKET, SO_BUF_LOCK), 2);
	NEED(set_int(sk, SOL_SOCKET, SO_SNDBUF, 20000));
	PROMISE_EQ(get_int(sk, SOL_SOCKET, SO_BUF_LOCK), 3);
	NEED(set_int(sk, SOL_SOCKET, SO_BUF_LOCK, 1));
	PROMISE_EQ(get_int(sk, SOL_SOCKET, SO_BUF_LOCK), 1);
	PROMISE_EQ(get_int(sk, SOL_SOCKET, SO_RCVBUF), 40000);
	PROMISE_FAILS(set_int(sk, SOL_SOCKET, SO_BUF_LOCK, 4), EINVAL);
}

PROBE(buf_force, .what = "SO_RCVBUFFORCE sets sizes the limit forbids, to who may",
      DECLARED("2.6.14", "socket(7)"), .capability = "CAP_NET_ADMIN in the initial user namespace")
{
	int sk, max;

	need_privilege("CAP_NET_ADMIN in the initial user namespace");
	sk = inet(SOCK_STREAM);
	/* The limit is the machine's, and not shown in every namespace. */
	NEED(set_int(sk, SOL_SOCKET, SO_RCVBUF, 1 << 30));
	max = get_int(sk, SOL_SOCKET, SO_RCVBUF);
	PROMISE_LT(max, INT32_MAX / 2);
	OFFERED(set_int(sk, SOL_SOCKET, SO_RCVBUFFORCE, max), "SO_RCVBUFFORCE", ENOPROTOOPT);
	PROMISE_EQ(get_int(sk, SOL_SOCKET, SO_RCVBUF), 2 * max);
	NEED(set_int(sk, SOL_SOCKET, SO_SNDBUFFORCE, max));
	PROMISE_GE(get_int(sk, SOL_SOCKET, SO_SNDBUF), max);
}

PROBE(buf_force_refused, .what = "SO_RCVBUFFORCE wants CAP_NET_ADMIN: EPERM",
      DECLARED("2.6.14", "socket(7)"))
{
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		PROMISE_FAILS(set_int(inet(SOCK_STREAM), SOL_SOCKET, SO_RCVBUFFORCE, 20000), EPERM);
		_exit(0);
	}
	reap_good(pid);
}

static void attach(int sk)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 4711, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
	};
	struct sock_fprog prog = { ARRAY_SIZE(insns), insns };

	NEED(setsockopt(sk, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
}

PROBE(timestamps, .what = "how a socket tells times is read back, by the option that has set it",
      DECLARED("2.6.30", "socket(7)"))
{
	static const struct option nanoseconds[] = { OPT(SOL_SOCKET, SO_TIMESTAMPNS, 1) };
	static const struct option flags[] = { OPT(SOL_SOCKET, SO_TIMESTAMPING, 0x58) };
	int sk;

	quiet_network();
	sk = inet(SOCK_DGRAM);
	round_trip(sk, nanoseconds, 1);
	PROMISE_EQ(get_int(sk, SOL_SOCKET, SO_TIMESTAMP), 0);
	round_trip(inet(SOCK_DGRAM), flags, 1);
}

PROBE(meminfo, .what = "SO_MEMINFO tells what a socket's queues take and may take", .since = "4.12",
      .commit = "a2d133b1d465", .kconfig = "CONFIG_NET", .source = "socket(7)")
{
	uint32_t words[SK_MEMINFO_VARS] = {};
	socklen_t len = sizeof(words);
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int sk;

	quiet_network();
	sk = inet(SOCK_DGRAM);
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	NEED(bind(sk, (struct sockaddr *)&addr, sizeof(addr)));
	OFFERED(getsockopt(sk, SOL_SOCKET, SO_MEMINFO, words, &len), "SO_MEMINFO", ENOPROTOOPT);
	PROMISE_EQ(words[SK_MEMINFO_RMEM_ALLOC], 0);
	PROMISE_EQ(words[SK_MEMINFO_RCVBUF], get_int(sk, SOL_SOCKET, SO_RCVBUF));
	PROMISE_EQ(words[SK_MEMINFO_SNDBUF], get_int(sk, SOL_SOCKET, SO_SNDBUF));
	len = sizeof(addr);
	NEED(getsockname(sk, (struct sockaddr *)&addr, &len));
	NEED(sendto(sk, "data", 4, 0, (struct sockaddr *)&addr, sizeof(addr)));
	for (int i = 0; i < 2000 && !poll_now(sk, POLLIN); i++)
		usleep(1000);
	len = sizeof(words);
	NEED(getsockopt(sk, SOL_SOCKET, SO_MEMINFO, words, &len));
	PROMISE_GT(words[SK_MEMINFO_RMEM_ALLOC], 0);
}

PROBE(get_filter, .what = "SO_GET_FILTER reads a socket's filter back, counted in instructions",
      .since = "3.8", .commit = "a8fc92778080", .kconfig = "CONFIG_NET", .source = "socket(7)")
{
	struct sock_filter got[8];
	int sk = inet(SOCK_DGRAM);
	socklen_t len = 0;

	OFFERED(getsockopt(sk, SOL_SOCKET, SO_GET_FILTER, NULL, &len), "SO_GET_FILTER",
		ENOPROTOOPT);
	PROMISE_EQ(len, 0);
	attach(sk);
	len = 0;
	NEED(getsockopt(sk, SOL_SOCKET, SO_GET_FILTER, NULL, &len));
	PROMISE_EQ(len, 4);
	NEED(getsockopt(sk, SOL_SOCKET, SO_GET_FILTER, got, &len));
	PROMISE_EQ(len, 4);
	PROMISE_EQ(got[1].code, BPF_JMP | BPF_JGT | BPF_K);
	PROMISE_EQ(got[1].k, 4711);
	PROMISE_EQ(got[3].k, 0xffff);
	len = 2;
	PROMISE_FAILS(getsockopt(sk, SOL_SOCKET, SO_GET_FILTER, got, &len), EINVAL);
}

PROBE(lock_filter, .what = "SO_LOCK_FILTER cannot be undone, nor the filter changed",
      .since = "3.9", .commit = "d59577b6ffd3", .kconfig = "CONFIG_NET", .source = "socket(7)")
{
	int sk = inet(SOCK_DGRAM), zero = 0;

	attach(sk);
	OFFERED(set_int(sk, SOL_SOCKET, SO_LOCK_FILTER, 1), "SO_LOCK_FILTER", ENOPROTOOPT);
	PROMISE_EQ(get_int(sk, SOL_SOCKET, SO_LOCK_FILTER), 1);
	PROMISE_FAILS(set_int(sk, SOL_SOCKET, SO_LOCK_FILTER, 0), EPERM);
	PROMISE_FAILS(setsockopt(sk, SOL_SOCKET, SO_DETACH_FILTER, &zero, sizeof(zero)), EPERM);
}

PROBE(device, .what = "SO_BINDTODEVICE and SO_BINDTOIFINDEX tell the device a socket is bound to",
      DECLARED("5.1", "socket(7)"), .commit = "f5dd3d0c9638")
{
	char name[16] = "";
	socklen_t len = sizeof(name);
	int sk = inet(SOCK_DGRAM), index = if_nametoindex("lo");

	NEED(getsockopt(sk, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
	PROMISE_EQ(len, 0);
	/* The first binding of a socket is everybody's since 5.7. */
	if (setsockopt(sk, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) < 0)
		need_privilege("CAP_NET_RAW");
	len = sizeof(name);
	NEED(getsockopt(sk, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
	PROMISE_STR(name, "lo");
	len = sizeof(index);
	PROMISE_EQ(get_int(sk, SOL_SOCKET, SO_BINDTOIFINDEX), index);
}

PROBE(identity, .what = "a socket tells family, type, protocol, and a cookie nobody else has",
      DECLARED("4.12", "socket(7)"))
{
	int sk = inet(SOCK_STREAM), copy = NEED(dup(sk)), other = inet(SOCK_STREAM);
	uint64_t cookie, same, different;
	socklen_t len = sizeof(cookie);

	PROMISE_EQ(get_int(sk, SOL_SOCKET, SO_DOMAIN), AF_INET);
	PROMISE_EQ(get_int(sk, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	PROMISE_EQ(get_int(sk, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
	PROMISE_EQ(get_int(sk, SOL_SOCKET, SO_ACCEPTCONN), 0);
	NEED(listen(sk, 1));
	PROMISE_EQ(get_int(sk, SOL_SOCKET, SO_ACCEPTCONN), 1);
	OFFERED(getsockopt(sk, SOL_SOCKET, SO_COOKIE, &cookie, &len), "SO_COOKIE", ENOPROTOOPT);
	NEED(getsockopt(copy, SOL_SOCKET, SO_COOKIE, &same, &len));
	NEED(getsockopt(other, SOL_SOCKET, SO_COOKIE, &different, &len));
	PROMISE_EQ(cookie, same);
	PROMISE_NE(cookie, different);
}

PROBE(netns_cookie, .what = "SO_NETNS_COOKIE tells network namespaces apart",
      DECLARED("5.14", "socket(7)"), .commit = "e8b9eab99232", .capability = "CAP_SYS_ADMIN")
{
	int a = inet(SOCK_STREAM), b = inet(SOCK_DGRAM), c;
	uint64_t cookie, same, other;
	socklen_t len = sizeof(cookie);

	OFFERED(getsockopt(a, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len), "SO_NETNS_COOKIE",
		ENOPROTOOPT);
	NEED(getsockopt(b, SOL_SOCKET, SO_NETNS_COOKIE, &same, &len));
	PROMISE_EQ(cookie, same);
	own_network();
	c = inet(SOCK_STREAM);
	NEED(getsockopt(c, SOL_SOCKET, SO_NETNS_COOKIE, &other, &len));
	PROMISE_NE(cookie, other);
	NEED(getsockopt(a, SOL_SOCKET, SO_NETNS_COOKIE, &same, &len));
	PROMISE_EQ(cookie, same);
}

PROBE(passcred_inet, .what = "SO_PASSCRED and its like mean nothing to an internet socket",
      DECLARED("6.16", "unix(7)"), .commit = "7d8d93fdde50", .guards = "so-passcred-inet")
{
	static const int options[] = { SO_PASSCRED, SO_PASSSEC, SO_PASSPIDFD };
	int sk = inet(SOCK_STREAM), value, kept = 0;

	/* An engine that asks for them on every socket has to expect this. */
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		socklen_t len = sizeof(value);

		errno = 0;
		if (getsockopt(sk, SOL_SOCKET, options[i], &value, &len) == 0)
			kept++;
		else
			PROMISE(errno == EOPNOTSUPP || errno == ENOPROTOOPT);
	}
	if (kept)
		ABSENT("%d of those options are still answered", kept);
}

PROBE(peek_off_udp, .what = "SO_PEEK_OFF walks a queue of UDP datagrams", .since = "4.7",
      .commit = "627d2d6b5500", .kconfig = "CONFIG_INET", .source = "socket(7)")
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	char got[16];
	int sk, tx;

	quiet_network();
	sk = inet(SOCK_DGRAM | SOCK_NONBLOCK);
	tx = inet(SOCK_DGRAM);
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	NEED(bind(sk, (struct sockaddr *)&addr, sizeof(addr)));
	NEED(getsockname(sk, (struct sockaddr *)&addr, &len));
	PROMISE_EQ(get_int(sk, SOL_SOCKET, SO_PEEK_OFF), -1);
	OFFERED(set_int(sk, SOL_SOCKET, SO_PEEK_OFF, 0), "SO_PEEK_OFF of UDP", EOPNOTSUPP,
		ENOPROTOOPT);
	NEED(sendto(tx, "first", 5, 0, (struct sockaddr *)&addr, sizeof(addr)));
	NEED(sendto(tx, "second", 6, 0, (struct sockaddr *)&addr, sizeof(addr)));
	PROMISE_EQ(NEED(recv(sk, got, 16, MSG_PEEK)), 5);
	PROMISE_MEM(got, "first", 5);
	PROMISE_EQ(NEED(recv(sk, got, 16, MSG_PEEK)), 6);
	PROMISE_MEM(got, "second", 6);
	PROMISE_FAILS(recv(sk, got, 16, MSG_PEEK), EAGAIN);
	NEED(set_int(sk, SOL_SOCKET, SO_PEEK_OFF, -1));
	PROMISE_EQ(NEED(recv(sk, got, 16, 0)), 5);
	PROMISE_EQ(NEED(recv(sk, got, 16, 0)), 6);
}

/* "4:" or "6:" and an address: a listener there, at this port; -1 and errno. */
static int listen_at(const char *where, uint16_t port)
{
	bool six = where[0] == '6';
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int sk = NEED(socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0));

	PROMISE_EQ(inet_pton(six ? AF_INET6 : AF_INET, where + 2,
			     six ? (void *)&a6.sin6_addr : (void *)&a4.sin_addr),
		   1);
	return bind(sk, six ? (struct sockaddr *)&a6 : (struct sockaddr *)&a4,
		    six ? sizeof(a6) : sizeof(a4));
}

PROBE(bind_conflicts, .what = "of two addresses that overlap, one port is bound once: EADDRINUSE",
      DECLARED("6.6", "ip(7), ipv6(7)"), .capability = "CAP_SYS_ADMIN",
      .guards = "bind-v4mapped-any")
{
	static const char *const where[] = { "4:0.0.0.0", "4:127.0.0.1", "6:::", "6:::ffff:0.0.0.0",
					     "6:::ffff:127.0.0.1" };
	uint16_t port = 2000;

	/* All five overlap, as none is an IPv6 address proper. */
	own_network();
	need_ipv6(socket(AF_INET6, SOCK_STREAM, 0));
	for (size_t i = 0; i < ARRAY_SIZE(where); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(where); j++) {
			pid_t pid = spawn();

			port++;
			if (pid > 0) {
				reap_good(pid);
				continue;
			}
			NEED(listen_at(where[i], port));
			if (listen_at(where[j], port) == 0)
				DEVIATES("%s and then %s are bound to one port", where[i],
					 where[j]);
			PROMISE_EQ(errno, EADDRINUSE);
			_exit(0);
		}
	}
}

GAP(cookie_set, .what = "nobody chooses the cookie or the inode number of a socket",
    .kconfig = "CONFIG_NET", .source = "socket(7)")
{
	uint64_t cookie = 77;
	int sk = inet(SOCK_STREAM);

	TRIED_TO("setsockopt SO_COOKIE",
		 setsockopt(sk, SOL_SOCKET, SO_COOKIE, &cookie, sizeof(cookie)));
	TRIED_TO("setsockopt SO_NETNS_COOKIE",
		 setsockopt(sk, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, sizeof(cookie)));
}
