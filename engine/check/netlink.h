// SPDX-License-Identifier: GPL-2.0-only
/* Netlink by libnl, with the kernel's errors. */
#ifndef CHECK_NETLINK_H
#define CHECK_NETLINK_H

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdbool.h>

/* NULL after no(). */
struct nl_sock *netlink_open(int protocol);

/* One with this header of its protocol's, to put attributes behind. NULL: there is no memory. */
struct nl_msg *netlink_message(int type, int flags, void *data, size_t n);

/*
 * Sends it, which it does not outlive; what came of it: 0 or -errno. each: for what the kernel
 * answers.
 */
int netlink_send(struct nl_sock *sk, struct nl_msg *msg, nl_recvmsg_msg_cb_t each, void *arg);

static inline void netlink_closep(struct nl_sock **sk)
{
	nl_socket_free(*sk);
}
#define _cleanup_netlink_ __attribute__((cleanup(netlink_closep)))

#endif
