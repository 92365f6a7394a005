// SPDX-License-Identifier: GPL-2.0-only
#include "engine/base/cleanup.h"
#include "feature.h"
#include "netlink.h"

struct nl_sock *netlink_open(int protocol)
{
	struct nl_sock *sk = nl_socket_alloc();

	errno = 0;
	if (sk && nl_connect(sk, protocol) == 0)
		return sk;
	no_err(errno ? -errno : -ENOMEM, "a netlink socket");
	nl_socket_free(sk);
	return NULL;
}

/*
 * What became of a request. The library has errors of its own, and none for a dump that ends with
 * one.
 */
struct outcome {
	bool known;
	int err;
};

static int failed(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	*(struct outcome *)arg = (struct outcome){ true, e->error };
	return NL_STOP;
}

static int done(struct nl_msg *msg, void *arg)
{
	*(struct outcome *)arg = (struct outcome){ true, 0 };
	return NL_STOP;
}

static int dumped(struct nl_msg *msg, void *arg)
{
	const struct nlmsghdr *h = nlmsg_hdr(msg);
	int err = nlmsg_datalen(h) >= (int)sizeof(err) ? *(const int *)nlmsg_data(h) : 0;

	*(struct outcome *)arg = (struct outcome){ true, MIN(err, 0) };
	return NL_STOP;
}

static int await(struct nl_sock *sk)
{
	struct outcome o = {};
	int r = 0;

	nl_socket_modify_err_cb(sk, NL_CB_CUSTOM, failed, &o);
	nl_socket_modify_cb(sk, NL_CB_ACK, NL_CB_CUSTOM, done, &o);
	nl_socket_modify_cb(sk, NL_CB_FINISH, NL_CB_CUSTOM, dumped, &o);
	while (!o.known && r >= 0)
		r = nl_recvmsgs_default(sk);
	return o.known ? o.err : -EIO;
}

int netlink_send(struct nl_sock *sk, struct nl_msg *msg, nl_recvmsg_msg_cb_t each, void *arg)
{
	int r;

	if (each)
		nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, each, arg);
	r = nl_send_auto(sk, msg);
	nlmsg_free(msg);
	return r < 0 ? -EIO : await(sk);
}

struct nl_msg *netlink_message(int type, int flags, void *data, size_t n)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (msg && nlmsg_append(msg, data, n, NLMSG_ALIGNTO) < 0) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}
