// SPDX-License-Identifier: GPL-2.0-only
/* TCP in repair mode: connections taken apart and put together, with nothing on the wire. */
#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>

#include "frame/net.h"
#include "probe.h"
#include "uapi/socket.h"

#ifndef SOL_TCP
#define SOL_TCP 6
#endif
#ifndef TCP_REPAIR_OFF_NO_WP
#define TCP_REPAIR_OFF_NO_WP -1
#endif

/* As struct tcp_info counts them. */
enum {
	ESTABLISHED = 1,
	FIN_WAIT2 = 5,
	CLOSED = 7,
	CLOSE_WAIT = 8,
	LAST_ACK = 9,
};

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_INET", .capability = "CAP_NET_ADMIN",                 \
	.source = "tcp(7), net/ipv4/tcp.c"

static int get(int sk, int option)
{
	socklen_t len = sizeof(int);
	int value = -99;

	NEED(getsockopt(sk, SOL_TCP, option, &value, &len));
	return value;
}

static int set(int sk, int option, int value)
{
	return setsockopt(sk, SOL_TCP, option, &value, sizeof(value));
}

static int stream(void)
{
	return NEED(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int state_of(int sk)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	NEED(getsockopt(sk, SOL_TCP, TCP_INFO, &info, &len));
	return info.tcpi_state;
}

static struct sockaddr_in local(int sk)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	NEED(getsockname(sk, (struct sockaddr *)&a, &len));
	return a;
}

/* A connection over loopback, in segments of so many bytes (0: as large as they get). */
static void connection_of(int sk[2], int mss)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int listener = stream();

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	NEED(bind(listener, (struct sockaddr *)&addr, sizeof(addr)));
	NEED(listen(listener, 1));
	addr = local(listener);
	sk[0] = stream();
	if (mss)
		NEED(set(sk[0], TCP_MAXSEG, mss));
	NEED(connect(sk[0], (struct sockaddr *)&addr, sizeof(addr)));
	sk[1] = NEED(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
	close(listener);
}

static void connection(int sk[2])
{
	connection_of(sk, 0);
}

static void need_repair(void)
{
	need_privilege("CAP_NET_ADMIN");
	quiet_network();
	OFFERED(set(stream(), TCP_REPAIR, 1), "TCP_REPAIR", ENOPROTOOPT);
}

static void await_readable(int sk, const char *what)
{
	struct pollfd p = { .fd = sk, .events = POLLIN };

	if (poll(&p, 1, 3000) != 1)
		DEVIATES("%s does not arrive", what);
}

static void await_tcp_state(int sk, int state)
{
	for (int i = 0; i < 3000 && state_of(sk) != state; i++)
		usleep(1000);
	PROMISE_EQ(state_of(sk), state);
}

/*
 * One end of a connection, taken down and built up again
 */

struct end {
	struct sockaddr_in self, peer;
	uint32_t seq[3]; /* by queue: 1 receive, 2 send */
	int len[3];
	int unsent; /* bytes behind the send queue's that were never sent */
	char data[3][1 << 18];
	struct tcp_repair_window window;
	int mss, timestamp;
	struct tcp_info info;
};

static void select_queue(int sk, int queue)
{
	NEED(set(sk, TCP_REPAIR_QUEUE, queue));
}

static void take_down(int sk, struct end *e)
{
	socklen_t len = sizeof(e->self);
	int inq, outq, unsent;

	NEED(set(sk, TCP_REPAIR, 1));
	e->self = local(sk);
	NEED(getpeername(sk, (struct sockaddr *)&e->peer, &len));
	NEED(ioctl(sk, SIOCINQ, &inq));
	NEED(ioctl(sk, SIOCOUTQ, &outq));
	NEED(ioctl(sk, SIOCOUTQNSD, &unsent));
	e->len[TCP_RECV_QUEUE] = inq;
	e->len[TCP_SEND_QUEUE] = outq;
	for (int q = TCP_RECV_QUEUE; q <= TCP_SEND_QUEUE; q++) {
		select_queue(sk, q);
		e->seq[q] = get(sk, TCP_QUEUE_SEQ);
		if (e->len[q])
			PROMISE_EQ(NEED(recv(sk, e->data[q], sizeof(e->data[q]),
					     MSG_PEEK | MSG_DONTWAIT)),
				   e->len[q]);
	}
	len = sizeof(e->window);
	NEED(getsockopt(sk, SOL_TCP, TCP_REPAIR_WINDOW, &e->window, &len));
	len = sizeof(e->info);
	NEED(getsockopt(sk, SOL_TCP, TCP_INFO, &e->info, &len));
	e->mss = get(sk, TCP_MAXSEG);
	e->timestamp = get(sk, TCP_TIMESTAMP);
	e->unsent = unsent;
	e->len[TCP_SEND_QUEUE] -= unsent;
	e->seq[TCP_SEND_QUEUE] -= unsent;
	/* In repair mode this sends nothing: the peer is not to know. */
	NEED(close(sk));
}

static int build_up(const struct end *e)
{
	struct tcp_repair_opt opts[4];
	int sk = stream(), n = 0;

	NEED(set(sk, TCP_REPAIR, 1));
	/* In this mode as well a queue is held to the size of the buffer: unprivileged, doubled. */
	NEED(setsockopt(sk, SOL_SOCKET, SO_SNDBUF, &(int){ 200000 }, sizeof(int)));
	NEED(bind(sk, (const struct sockaddr *)&e->self, sizeof(e->self)));
	for (int q = TCP_RECV_QUEUE; q <= TCP_SEND_QUEUE; q++) {
		select_queue(sk, q);
		/* The number told is that behind the queue's content. */
		NEED(set(sk, TCP_QUEUE_SEQ, e->seq[q] - e->len[q]));
	}
	NEED(connect(sk, (const struct sockaddr *)&e->peer, sizeof(e->peer)));
	opts[n++] = (struct tcp_repair_opt){ 2 /* MSS */, e->mss };
	if (e->info.tcpi_options & TCPI_OPT_WSCALE)
		opts[n++] = (struct tcp_repair_opt){ 3, e->info.tcpi_snd_wscale |
								e->info.tcpi_rcv_wscale << 16 };
	if (e->info.tcpi_options & TCPI_OPT_SACK)
		opts[n++] = (struct tcp_repair_opt){ 4, 0 };
	if (e->info.tcpi_options & TCPI_OPT_TIMESTAMPS)
		opts[n++] = (struct tcp_repair_opt){ 8, 0 };
	NEED(setsockopt(sk, SOL_TCP, TCP_REPAIR_OPTIONS, opts, n * sizeof(opts[0])));
	NEED(set(sk, TCP_TIMESTAMP, e->timestamp));
	for (int q = TCP_RECV_QUEUE; q <= TCP_SEND_QUEUE; q++) {
		select_queue(sk, q);
		for (int at = 0; at < e->len[q];)
			at += NEED(send(sk, e->data[q] + at, MIN(e->len[q] - at, 16384),
					MSG_DONTWAIT));
	}
	NEED(setsockopt(sk, SOL_TCP, TCP_REPAIR_WINDOW, &e->window, sizeof(e->window)));
	return sk;
}

static void expect_bytes(int sk, const char *data, int n)
{
	uint64_t until = now_ms() + 8000;
	char got[4096];

	for (int at = 0; at < n;) {
		struct pollfd p = { .fd = sk, .events = POLLIN };
		uint64_t now = now_ms();
		int r;

		/* What was dropped for want of room comes again after 1 and 3 seconds. */
		if (now >= until || poll(&p, 1, until - now) != 1)
			DEVIATES("only %d of %d bytes arrive", at, n);
		r = NEED(recv(sk, got, MIN((int)sizeof(got), n - at), 0));
		PROMISE_GT(r, 0);
		PROMISE_MEM(got, data + at, r);
		at += r;
	}
}

PROBE(restore, .what = "both ends of a connection are rebuilt with their queues, and it goes on",
      DECLARED("4.8"), .guards = "tcp-repair-window")
{
	static struct end a, b;
	int sk[2];

	need_repair();
	connection(sk);
	NEED(send(sk[0], "from a", 6, 0));
	NEED(send(sk[1], "from b", 6, 0));
	await_readable(sk[0], "data");
	await_readable(sk[1], "data");
	take_down(sk[0], &a);
	take_down(sk[1], &b);
	PROMISE_EQ(a.len[TCP_RECV_QUEUE], 6);
	PROMISE_MEM(a.data[TCP_RECV_QUEUE], "from b", 6);
	sk[0] = build_up(&a);
	sk[1] = build_up(&b);
	PROMISE_EQ(state_of(sk[0]), ESTABLISHED);
	NEED(set(sk[0], TCP_REPAIR, 0));
	NEED(set(sk[1], TCP_REPAIR, 0));
	expect_bytes(sk[0], "from b", 6);
	expect_bytes(sk[1], "from a", 6);
	NEED(send(sk[0], "more", 4, 0));
	expect_bytes(sk[1], "more", 4);
	NEED(shutdown(sk[1], SHUT_WR));
	await_readable(sk[0], "the end");
	PROMISE_EQ(NEED(recv(sk[0], &a, 1, 0)), 0);
}

/* Sends as much as goes without anybody reading: how much that was. */
static int fill(int sk, const char *data, int max)
{
	int sent = 0;

	while (sent < max) {
		int n = send(sk, data + sent, MIN(max - sent, 8192), MSG_DONTWAIT);

		if (n < 0)
			break;
		sent += n;
	}
	return sent;
}

/* Waits until nothing has moved from the first to the second for a while. */
static void settle(const int sk[2])
{
	int was[3] = { -1, -1, -1 }, quiet = 0;

	for (int i = 0; i < 300 && quiet < 6; i++) {
		int now[3];

		NEED(ioctl(sk[0], SIOCOUTQ, &now[0]));
		NEED(ioctl(sk[0], SIOCOUTQNSD, &now[1]));
		NEED(ioctl(sk[1], SIOCINQ, &now[2]));
		quiet = memcmp(now, was, sizeof(now)) == 0 ? quiet + 1 : 0;
		memcpy(was, now, sizeof(now));
		usleep(10000);
	}
}

static char pattern[1 << 20];

static void make_pattern(void)
{
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = i * 31 >> 3;
}

/*
 * Fills a connection, takes both ends down, builds them up again and drains it. Of what the
 * receiver had, the last `lost` bytes never came; its buffer is as small as `small` afterwards.
 */
static void restore_full(int mss, int lost, int small)
{
	static struct end a, b;
	int sk[2], sent, unsent;

	need_repair();
	make_pattern();
	connection_of(sk, mss);
	NEED(setsockopt(sk[0], SOL_SOCKET, SO_SNDBUF, &(int){ 65536 }, sizeof(int)));
	NEED(setsockopt(sk[1], SOL_SOCKET, SO_RCVBUF, &(int){ 65536 }, sizeof(int)));
	sent = fill(sk[0], pattern, 200000);
	PROMISE_GT(sent, 60000);
	/* What is under way has to land first: an engine has the packets stopped. */
	settle(sk);
	take_down(sk[0], &a);
	take_down(sk[1], &b);
	/* What has arrived and is not yet acknowledged is in both queues. */
	PROMISE_EQ(a.seq[TCP_SEND_QUEUE] + a.unsent -
			   (b.seq[TCP_RECV_QUEUE] - b.len[TCP_RECV_QUEUE]),
		   sent);
	PROMISE_GE(a.len[TCP_SEND_QUEUE] + a.unsent + b.len[TCP_RECV_QUEUE], sent);

	if (lost) {
		uint32_t edge = b.window.rcv_wup + b.window.rcv_wnd;

		PROMISE_GT(b.len[TCP_RECV_QUEUE], lost);
		b.len[TCP_RECV_QUEUE] -= lost;
		b.seq[TCP_RECV_QUEUE] -= lost;
		b.window.rcv_wup = b.seq[TCP_RECV_QUEUE];
		b.window.rcv_wnd = edge - b.window.rcv_wup;
		/* Nor were they acknowledged: the sender still has them. */
		a.len[TCP_SEND_QUEUE] = sent - a.unsent - b.len[TCP_RECV_QUEUE];
		memcpy(a.data[TCP_SEND_QUEUE], pattern + b.len[TCP_RECV_QUEUE],
		       a.len[TCP_SEND_QUEUE] + a.unsent);
		a.window.snd_wnd = b.window.rcv_wnd;
		a.window.max_window = MAX(a.window.max_window, a.window.snd_wnd);
	}
	unsent = a.unsent;
	sk[1] = build_up(&b);
	if (small)
		NEED(setsockopt(sk[1], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)));
	sk[0] = build_up(&a);
	NEED(set(sk[1], TCP_REPAIR, 0));
	NEED(set(sk[0], TCP_REPAIR, 0));
	/* What had never been sent is sent as anything is. */
	if (unsent)
		PROMISE_EQ(NEED(send(sk[0], a.data[TCP_SEND_QUEUE] + a.len[TCP_SEND_QUEUE], unsent,
				     MSG_DONTWAIT)),
			   unsent);
	expect_bytes(sk[1], pattern, sent);
	NEED(send(sk[0], "more", 4, 0));
	expect_bytes(sk[1], "more", 4);
}

PROBE(restore_full, .what = "a rebuilt connection with full queues is drained to the last byte",
      DECLARED("4.8"), .guards = "tcp-repair-window")
{
	restore_full(1000, 0, 0);
}

PROBE(restore_smaller,
      .what = "a receiver rebuilt with less room takes what it had promised room for",
      DECLARED("4.8"), .guards = "tcp-beyond-window", .seconds = 20)
{
	restore_full(0, 40000, 8192);
}

PROBE(fin_zero_window, .what = "an end that comes while the window is closed is seen once it opens",
      .since = "2.4", .kconfig = "CONFIG_INET", .source = "tcp(7)", .guards = "tcp-fin-zero-window")
{
	static char got[4096];
	int sk[2], sent, n, all = 0;

	quiet_network();
	/* Small segments, so that a window opens as soon as something is read. */
	connection_of(sk, 500);
	NEED(setsockopt(sk[1], SOL_SOCKET, SO_RCVBUF, &(int){ 8192 }, sizeof(int)));
	NEED(setsockopt(sk[0], SOL_SOCKET, SO_SNDBUF, &(int){ 16384 }, sizeof(int)));
	sent = fill(sk[0], pattern, sizeof(pattern));
	NEED(shutdown(sk[0], SHUT_WR));
	do {
		await_readable(sk[1], "the end");
		n = NEED(recv(sk[1], got, sizeof(got), 0));
		all += n;
	} while (n > 0);
	PROMISE_EQ(all, sent);
}

PROBE(connect_silent, .what = "in repair mode connect makes a connection without a single packet",
      DECLARED("3.5"), .commit = "ee9952831cfd")
{
	struct sockaddr_in self = { .sin_family = AF_INET }, peer = self;
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int sk;

	need_repair();
	sk = stream();
	/* Where nobody answers. */
	self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer.sin_port = htons(9);
	NEED(set(sk, TCP_REPAIR, 1));
	PROMISE_EQ(get(sk, TCP_REPAIR), 1);
	NEED(bind(sk, (struct sockaddr *)&self, sizeof(self)));
	NEED(connect(sk, (struct sockaddr *)&peer, sizeof(peer)));
	PROMISE_EQ(state_of(sk), ESTABLISHED);
	NEED(getsockopt(sk, SOL_TCP, TCP_INFO, &info, &len));
	PROMISE_EQ(info.tcpi_segs_out, 0);
	PROMISE_EQ(info.tcpi_segs_in, 0);
	NEED(set(sk, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP));
	PROMISE_EQ(get(sk, TCP_REPAIR), 0);
	NEED(getsockopt(sk, SOL_TCP, TCP_INFO, &info, &len));
	PROMISE_EQ(info.tcpi_segs_out, 0);
	NEED(set(sk, TCP_REPAIR, 1));
}

PROBE(close_silent, .what = "closing a socket in repair mode tells its peer nothing",
      DECLARED("3.5"), .commit = "ee9952831cfd")
{
	char byte;
	int sk[2];

	need_repair();
	connection(sk);
	NEED(set(sk[0], TCP_REPAIR, 1));
	close(sk[0]);
	usleep(20000);
	PROMISE_EQ(state_of(sk[1]), ESTABLISHED);
	PROMISE_FAILS(recv(sk[1], &byte, 1, MSG_DONTWAIT), EAGAIN);
	NEED(set(sk[1], TCP_REPAIR, 1));
}

PROBE(refused, .what = "repair mode wants CAP_NET_ADMIN: EPERM", .since = "3.5",
      .commit = "ee9952831cfd", .kconfig = "CONFIG_INET", .source = "tcp(7)")
{
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		PROMISE_FAILS(set(stream(), TCP_REPAIR, 1), EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(listen_refused, .what = "a listening socket cannot be put into repair mode: EPERM",
      DECLARED("3.5"), .commit = "ee9952831cfd")
{
	int sk;

	need_repair();
	sk = stream();
	NEED(listen(sk, 1));
	PROMISE_FAILS(set(sk, TCP_REPAIR, 1), EPERM);
}

PROBE(sequence, .what = "sequence numbers are set before a connection is there and not after",
      DECLARED("3.5"), .commit = "ee9952831cfd")
{
	struct sockaddr_in self = { .sin_family = AF_INET }, peer = self;
	int sk;

	need_repair();
	sk = stream();
	self.sin_addr.s_addr = peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer.sin_port = htons(9);
	PROMISE_FAILS(set(sk, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE), EPERM);
	NEED(set(sk, TCP_REPAIR, 1));
	NEED(bind(sk, (struct sockaddr *)&self, sizeof(self)));
	select_queue(sk, TCP_SEND_QUEUE);
	PROMISE_EQ(get(sk, TCP_REPAIR_QUEUE), TCP_SEND_QUEUE);
	NEED(set(sk, TCP_QUEUE_SEQ, 0x12345678));
	select_queue(sk, TCP_RECV_QUEUE);
	NEED(set(sk, TCP_QUEUE_SEQ, 0x7abcdef0));
	select_queue(sk, TCP_NO_QUEUE);
	PROMISE_FAILS(set(sk, TCP_QUEUE_SEQ, 1), EINVAL);
	PROMISE_FAILS(set(sk, TCP_REPAIR_QUEUE, 3), EINVAL);
	NEED(connect(sk, (struct sockaddr *)&peer, sizeof(peer)));
	select_queue(sk, TCP_SEND_QUEUE);
	PROMISE_EQ(get(sk, TCP_QUEUE_SEQ), 0x12345678);
	PROMISE_FAILS(set(sk, TCP_QUEUE_SEQ, 5), EPERM);
	select_queue(sk, TCP_RECV_QUEUE);
	PROMISE_EQ(get(sk, TCP_QUEUE_SEQ), 0x7abcdef0);
}

PROBE(options,
      .what = "MSS, window scale, SACK and timestamps of a rebuilt connection are set once",
      DECLARED("3.5"), .commit = "b139ba4e90dc")
{
	struct tcp_repair_opt good[] = { { 2, 1300 }, { 3, 5 | 7 << 16 }, { 4, 0 }, { 8, 0 } };
	struct tcp_repair_opt bad = { 3, 15 | 7 << 16 };
	struct sockaddr_in self = { .sin_family = AF_INET }, peer = self;
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int sk;

	need_repair();
	sk = stream();
	self.sin_addr.s_addr = peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer.sin_port = htons(9);
	PROMISE_FAILS(setsockopt(sk, SOL_TCP, TCP_REPAIR_OPTIONS, good, sizeof(good)), EINVAL,
		      EPERM);
	NEED(set(sk, TCP_REPAIR, 1));
	NEED(bind(sk, (struct sockaddr *)&self, sizeof(self)));
	NEED(connect(sk, (struct sockaddr *)&peer, sizeof(peer)));
	PROMISE_FAILS(setsockopt(sk, SOL_TCP, TCP_REPAIR_OPTIONS, &bad, sizeof(bad)), EFBIG);
	NEED(setsockopt(sk, SOL_TCP, TCP_REPAIR_OPTIONS, good, sizeof(good)));
	NEED(getsockopt(sk, SOL_TCP, TCP_INFO, &info, &len));
	PROMISE_EQ(info.tcpi_snd_wscale, 5);
	PROMISE_EQ(info.tcpi_rcv_wscale, 7);
	PROMISE_EQ(info.tcpi_options & (TCPI_OPT_SACK | TCPI_OPT_WSCALE | TCPI_OPT_TIMESTAMPS),
		   TCPI_OPT_SACK | TCPI_OPT_WSCALE | TCPI_OPT_TIMESTAMPS);
}

PROBE(window, .what = "TCP_REPAIR_WINDOW reads and writes the windows, and checks what it is given",
      DECLARED("4.8"), .commit = "b1ed4c4fa9a5")
{
	struct tcp_repair_window w = {}, now, wrong;
	socklen_t len = sizeof(w);
	int sk[2];

	need_repair();
	connection(sk);
	PROMISE_FAILS(getsockopt(sk[0], SOL_TCP, TCP_REPAIR_WINDOW, &w, &len), EPERM);
	NEED(set(sk[0], TCP_REPAIR, 1));
	OFFERED(getsockopt(sk[0], SOL_TCP, TCP_REPAIR_WINDOW, &w, &len), "TCP_REPAIR_WINDOW",
		ENOPROTOOPT);
	PROMISE_EQ(len, sizeof(w));
	PROMISE_GT(w.snd_wnd, 0);
	PROMISE_GE(w.max_window, w.snd_wnd);
	w.snd_wnd /= 2;
	NEED(setsockopt(sk[0], SOL_TCP, TCP_REPAIR_WINDOW, &w, sizeof(w)));
	NEED(getsockopt(sk[0], SOL_TCP, TCP_REPAIR_WINDOW, &now, &len));
	PROMISE_MEM(&now, &w, sizeof(w));
	wrong = w;
	wrong.max_window = w.snd_wnd - 1;
	PROMISE_FAILS(setsockopt(sk[0], SOL_TCP, TCP_REPAIR_WINDOW, &wrong, sizeof(wrong)), EINVAL);
	wrong = w;
	wrong.rcv_wup -= 1 << 30;
	wrong.rcv_wup += 1U << 31;
	PROMISE_FAILS(setsockopt(sk[0], SOL_TCP, TCP_REPAIR_WINDOW, &wrong, sizeof(wrong)), EINVAL);
	PROMISE_FAILS(setsockopt(sk[0], SOL_TCP, TCP_REPAIR_WINDOW, &w, sizeof(w) - 4), EINVAL);
	NEED(set(sk[0], TCP_REPAIR, TCP_REPAIR_OFF_NO_WP));
}

PROBE(half_closed, .what = "half-closed connections can be put into repair mode and read",
      DECLARED("4.10"), .commit = "319b0534b9", .guards = "tcp-half-closed-repair")
{
	char got[16] = "";
	int sk[2], n;

	need_repair();
	connection(sk);
	NEED(send(sk[0], "last words", 10, 0));
	NEED(shutdown(sk[0], SHUT_WR));
	await_tcp_state(sk[0], FIN_WAIT2);
	await_tcp_state(sk[1], CLOSE_WAIT);
	for (int i = 0; i < 2; i++)
		OFFERED(set(sk[i], TCP_REPAIR, 1), "TCP_REPAIR of a half-closed connection", EPERM);
	PROMISE_EQ(state_of(sk[0]), FIN_WAIT2);
	PROMISE_EQ(state_of(sk[1]), CLOSE_WAIT);
	select_queue(sk[1], TCP_RECV_QUEUE);
	NEED(ioctl(sk[1], SIOCINQ, &n));
	/* The end counts one in the sequence, and not as data. */
	PROMISE_EQ(n, 10);
	PROMISE_EQ(NEED(recv(sk[1], got, sizeof(got), MSG_PEEK | MSG_DONTWAIT)), 10);
	PROMISE_STR(got, "last words");
	NEED(set(sk[1], TCP_REPAIR, 0));
	NEED(set(sk[0], TCP_REPAIR, 0));
}

PROBE(queue_sizes,
      .what = "in repair mode SIOCINQ counts exactly what MSG_PEEK gives, under load too",
      DECLARED("3.5"), .guards = "tcp-recvq-vs-inq")
{
	static char got[1 << 20];
	int sk[2];
	pid_t pid;

	need_repair();
	connection(sk);
	pid = spawn();
	if (pid == 0)
		for (;;) {
			send(sk[0], pattern, 1000, MSG_DONTWAIT);
			usleep(50);
		}
	for (int i = 0; i < 30; i++) {
		int inq = 0, peeked;

		usleep(500);
		NEED(set(sk[1], TCP_REPAIR, 1));
		/* Packets still come in: an engine stops them. The peer stops here. */
		NEED(kill(pid, SIGSTOP));
		until_state(pid, 'T');
		usleep(500);
		select_queue(sk[1], TCP_RECV_QUEUE);
		NEED(ioctl(sk[1], SIOCINQ, &inq));
		peeked = recv(sk[1], got, sizeof(got), MSG_PEEK | MSG_DONTWAIT);
		PROMISE_EQ(inq, peeked < 0 ? 0 : peeked);
		NEED(set(sk[1], TCP_REPAIR, TCP_REPAIR_OFF_NO_WP));
		if (inq > 100000)
			recv(sk[1], got, sizeof(got), MSG_DONTWAIT);
		NEED(kill(pid, SIGCONT));
	}
}

PROBE(timestamp, .what = "TCP_TIMESTAMP sets the clock a connection's timestamps are taken from",
      DECLARED("3.9"), .commit = "93be6ce0e91b")
{
	int sk, now;

	need_repair();
	sk = stream();
	PROMISE_FAILS(set(sk, TCP_TIMESTAMP, 5), EPERM);
	NEED(set(sk, TCP_REPAIR, 1));
	NEED(set(sk, TCP_TIMESTAMP, 1000000));
	now = get(sk, TCP_TIMESTAMP);
	PROMISE_GE(now, 1000000);
	PROMISE_LT(now, 1000000 + 5000);
	usleep(20000);
	PROMISE_GT(get(sk, TCP_TIMESTAMP), now);
}

PROBE(peek_off, .what = "SO_PEEK_OFF walks a TCP queue, of IPv6 as well", .since = "6.9",
      .commit = "05ea491641d3", .kconfig = "CONFIG_INET", .source = "socket(7)")
{
	char got[16];
	int sk[2], zero = 0, six;

	quiet_network();
	connection(sk);
	OFFERED(setsockopt(sk[1], SOL_SOCKET, SO_PEEK_OFF, &zero, sizeof(zero)),
		"SO_PEEK_OFF of TCP", EOPNOTSUPP);
	NEED(send(sk[0], "abcdefgh", 8, 0));
	await_readable(sk[1], "data");
	PROMISE_EQ(NEED(recv(sk[1], got, 5, MSG_PEEK)), 5);
	PROMISE_MEM(got, "abcde", 5);
	PROMISE_EQ(NEED(recv(sk[1], got, 16, MSG_PEEK)), 3);
	PROMISE_MEM(got, "fgh", 3);
	PROMISE_FAILS(recv(sk[1], got, 16, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
	PROMISE_EQ(NEED(recv(sk[1], got, 2, 0)), 2);
	PROMISE_FAILS(recv(sk[1], got, 16, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
	PROMISE_EQ(NEED(recv(sk[1], got, 16, 0)), 6);
	six = socket(AF_INET6, SOCK_STREAM, 0);
	if (six >= 0)
		OFFERED(setsockopt(six, SOL_SOCKET, SO_PEEK_OFF, &zero, sizeof(zero)),
			"SO_PEEK_OFF of TCP over IPv6", EOPNOTSUPP);
}

PROBE(mptcp, .what = "an MPTCP socket says so, and that it cannot be repaired", .since = "5.16",
      .kconfig = "CONFIG_MPTCP", .source = "net/mptcp",
      .guards = "el8-mptcp-proto-leak go-mptcp-default")
{
	socklen_t len = sizeof(int);
	int sk, protocol = 0;

	quiet_network();
	sk = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	if (sk < 0)
		ABSENT("no MPTCP (%s)", errno_name(errno));
	NEED(getsockopt(sk, SOL_SOCKET, SO_PROTOCOL, &protocol, &len));
	PROMISE_EQ(protocol, IPPROTO_MPTCP);
	PROMISE_FAILS(set(sk, TCP_REPAIR, 1), EOPNOTSUPP, ENOPROTOOPT, EPERM);
}
