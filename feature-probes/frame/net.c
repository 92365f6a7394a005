// SPDX-License-Identifier: GPL-2.0-only
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "ask.h"
#include "net.h"

static void loopback_up(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		BROKEN("cannot bring loopback up: %s", errno_name(errno));
	close(fd);
}

void own_network(void)
{
	if (unshare(CLONE_NEWNET) < 0) {
		if (errno == EINVAL)
			ABSENT("no network namespaces");
		need_privilege("CAP_SYS_ADMIN");
		BROKEN("unshare(CLONE_NEWNET): %s", errno_name(errno));
	}
	loopback_up();
}

void quiet_network(void)
{
	if (have_cap(CAP_SYS_ADMIN) && unshare(CLONE_NEWNET) == 0)
		loopback_up();
}

void need_ipv6(int sk)
{
	if (sk >= 0)
		return;
	if (booted_with("ipv6.disable=1"))
		FORBIDDEN("ipv6.disable=1");
	ABSENT("no IPv6 (%s)", errno_name(errno));
}

int netlink_open(int protocol)
{
	const struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static void *tail(struct netlink_request *r)
{
	return (char *)r + NLMSG_ALIGN(r->head.nlmsg_len);
}

void netlink_begin(struct netlink_request *r, int type, int flags, const void *body, size_t size)
{
	memset(r, 0, sizeof(*r));
	r->head.nlmsg_type = type;
	r->head.nlmsg_flags = flags | NLM_F_REQUEST;
	r->head.nlmsg_len = NLMSG_LENGTH(size);
	memcpy(NLMSG_DATA(&r->head), body, size);
}

void netlink_put(struct netlink_request *r, int type, const void *data, size_t size)
{
	struct nlattr *attr = tail(r);

	if ((char *)attr + NLA_HDRLEN + size > (char *)(r + 1))
		BROKEN("a netlink request grows too long");
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + size;
	if (size)
		memcpy((char *)attr + NLA_HDRLEN, data, size);
	r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + NLA_ALIGN(attr->nla_len);
}

struct nlattr *netlink_nest(struct netlink_request *r, int type)
{
	struct nlattr *nest = tail(r);

	netlink_put(r, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void netlink_nest_end(struct netlink_request *r, struct nlattr *nest)
{
	nest->nla_len = (char *)tail(r) - (char *)nest;
}

int netlink_ask(int fd, struct netlink_request *r,
		void (*each)(const struct nlmsghdr *msg, void *arg), void *arg)
{
	static char answer_[1 << 16] __attribute__((aligned(NLMSG_ALIGNTO)));
	bool dump = (r->head.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	static uint32_t seq;

	r->head.nlmsg_seq = ++seq;
	if (!dump)
		r->head.nlmsg_flags |= NLM_F_ACK;
	if (send(fd, r, r->head.nlmsg_len, 0) < 0)
		return -1;
	for (;;) {
		ssize_t n = recv(fd, answer_, sizeof(answer_), 0);

		if (n < 0)
			return -1;
		for (struct nlmsghdr *m = (void *)answer_; NLMSG_OK(m, n); m = NLMSG_NEXT(m, n)) {
			if (m->nlmsg_seq != seq)
				continue;
			if (m->nlmsg_type == NLMSG_ERROR) {
				errno = -((struct nlmsgerr *)NLMSG_DATA(m))->error;
				return errno ? -1 : 0;
			}
			if (m->nlmsg_type == NLMSG_DONE) {
				int err = m->nlmsg_len >= NLMSG_LENGTH(sizeof(int))
						  ? *(int *)NLMSG_DATA(m)
						  : 0;

				errno = -err;
				return err < 0 ? -1 : 0;
			}
			if (each)
				each(m, arg);
		}
	}
}

static const struct nlattr *attr_at(const struct nlmsghdr *msg, const char *at)
{
	const char *end = (const char *)msg + msg->nlmsg_len;
	const struct nlattr *attr = (const void *)at;

	if (at + NLA_HDRLEN > end || attr->nla_len < NLA_HDRLEN || at + attr->nla_len > end)
		return NULL;
	return attr;
}

const struct nlattr *netlink_first(const struct nlmsghdr *msg, size_t skip)
{
	return attr_at(msg, (const char *)NLMSG_DATA(msg) + NLMSG_ALIGN(skip));
}

const struct nlattr *netlink_next(const struct nlmsghdr *msg, const struct nlattr *attr)
{
	return attr_at(msg, (const char *)attr + NLA_ALIGN(attr->nla_len));
}

const struct nlattr *netlink_attr(const struct nlmsghdr *msg, size_t skip, int type)
{
	for_each_attr(attr, msg, skip) if ((attr->nla_type & NLA_TYPE_MASK) == type) return attr;
	return NULL;
}

const void *netlink_data(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

size_t netlink_size(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

uint32_t netlink_u32(const struct nlattr *attr)
{
	uint32_t v = 0;

	memcpy(&v, netlink_data(attr), MIN(sizeof(v), netlink_size(attr)));
	return v;
}
