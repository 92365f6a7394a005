// SPDX-License-Identifier: GPL-2.0-only
/* Networks of a probe's own, and talking netlink. Calls fail as system calls do. */
#ifndef FEATURE_PROBES_FRAME_NET_H
#define FEATURE_PROBES_FRAME_NET_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Enters a new network namespace whose loopback is up. Absent for who may not. quiet_network()
 * stays where it is instead, where loopback is up for everybody, but with neighbours.
 */
void own_network(void);
void quiet_network(void);

/* Absent unless an AF_INET6 socket was had. */
void need_ipv6(int sk);

int netlink_open(int protocol);

/* A request under construction: a header, a body, attributes behind them. */
struct netlink_request {
	struct nlmsghdr head;
	char body[1024];
};

void netlink_begin(struct netlink_request *r, int type, int flags, const void *body, size_t size);
void netlink_put(struct netlink_request *r, int type, const void *data, size_t size);
struct nlattr *netlink_nest(struct netlink_request *r, int type);
void netlink_nest_end(struct netlink_request *r, struct nlattr *nest);

/*
 * Sends it and gives `each` every message that comes in answer, until there are no more: 0, or -1
 * and the errno the kernel has answered with. A request without NLM_F_DUMP gets NLM_F_ACK.
 */
int netlink_ask(int fd, struct netlink_request *r,
		void (*each)(const struct nlmsghdr *msg, void *arg), void *arg);

/* An attribute of a message whose attributes begin `skip` bytes into its body, or NULL. */
const struct nlattr *netlink_attr(const struct nlmsghdr *msg, size_t skip, int type);
const void *netlink_data(const struct nlattr *attr);
size_t netlink_size(const struct nlattr *attr);
uint32_t netlink_u32(const struct nlattr *attr);

#define for_each_attr(attr, msg, skip)                                                             \
	for (const struct nlattr *attr = netlink_first(msg, skip); attr;                           \
	     attr = netlink_next(msg, attr))
const struct nlattr *netlink_first(const struct nlmsghdr *msg, size_t skip);
const struct nlattr *netlink_next(const struct nlmsghdr *msg, const struct nlattr *attr);

#endif
