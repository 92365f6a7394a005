// SPDX-License-Identifier: GPL-2.0-only
/* Network namespaces: devices, names of other namespaces. All in namespaces of its own. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/net_namespace.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "feature.h"
#include "netlink.h"

#define NEW_IFINDEX 49 /* IFLA_NEW_IFINDEX: may be set since 5.13 */

/* ---- another network namespace ---- */

static enum answer be_elsewhere(uint64_t *word)
{
	return unshare(CLONE_NEWNET) < 0 ? no_err(-errno, "a network namespace") : YES;
}

static enum answer open_elsewhere(struct companion *c, int *ns)
{
	enum answer a;

	c->be = be_elsewhere;
	a = companion_start(c);
	if (a != YES)
		return a;
	*ns = openat(c->proc, "ns/net", O_RDONLY | O_CLOEXEC);
	return *ns < 0 ? no_err(-errno, "/proc/PID/ns/net") : YES;
}

static enum answer enter_other(void)
{
	_companion_ struct companion c = {};
	_cleanup_close_ int ns = -EBADF;
	enum answer a = open_elsewhere(&c, &ns);
	struct stat there, here;

	if (a != YES)
		return a;
	if (setns(ns, CLONE_NEWNET) < 0)
		return no_err(-errno, "setns");
	return fstat(ns, &there) == 0 && stat("/proc/self/ns/net", &here) == 0 &&
			       there.st_ino == here.st_ino
		       ? YES
		       : no("setns leads elsewhere");
}

FEATURE(external_net_ns, UNUSED, "network namespaces that are given from outside",
	"CONFIG_NET_NS, CAP_SYS_ADMIN")
{
	return apart(0, enter_other);
}

/* ---- names of namespaces ---- */

static struct nl_msg *about_nsid(int type, int ns)
{
	struct rtgenmsg gen = { .rtgen_family = AF_UNSPEC };
	struct nl_msg *msg = netlink_message(type, 0, &gen, sizeof(gen));

	if (msg)
		nla_put_u32(msg, NETNSA_FD, ns);
	return msg;
}

static int set_nsid(struct nl_sock *nl, int ns, int id)
{
	struct nl_msg *msg = about_nsid(RTM_NEWNSID, ns);

	if (!msg)
		return -ENOMEM;
	nla_put_u32(msg, NETNSA_NSID, id);
	return netlink_send(nl, msg, NULL, NULL);
}

/* An attribute of the answer. */
struct wanted {
	int header, type;
	bool there;
	uint32_t value;
};

static int take(struct nl_msg *msg, void *arg)
{
	struct wanted *w = arg;
	struct nlattr *a = nlmsg_find_attr(nlmsg_hdr(msg), w->header, w->type);

	if (a && nla_len(a) == sizeof(w->value)) {
		w->there = true;
		w->value = nla_get_u32(a);
	}
	return NL_OK;
}

#define NSID 77

static enum answer name_namespace(void)
{
	struct wanted id = { sizeof(struct rtgenmsg), NETNSA_NSID, false, 0 };
	_cleanup_netlink_ struct nl_sock *nl = netlink_open(NETLINK_ROUTE);
	_companion_ struct companion c = {};
	_cleanup_close_ int ns = -EBADF;
	enum answer a = nl ? open_elsewhere(&c, &ns) : NO;
	struct nl_msg *msg;
	int r;

	if (a != YES)
		return a;
	r = set_nsid(nl, ns, NSID);
	if (r < 0)
		return no_err(r, "RTM_NEWNSID");
	msg = about_nsid(RTM_GETNSID, ns);
	r = msg ? netlink_send(nl, msg, take, &id) : -ENOMEM;
	if (r < 0)
		return no_err(r, "RTM_GETNSID");
	return id.there && id.value == NSID ? YES : no("RTM_GETNSID gives another number");
}

FEATURE(nsid, UNUSED, "names that network namespaces have for each other",
	"CONFIG_NET_NS, Linux 4.0, CAP_SYS_ADMIN")
{
	return apart(CLONE_NEWNET, name_namespace);
}

/* ---- devices ---- */

static struct nl_msg *about_link(int type, int flags, int index, const char *name)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC, .ifi_index = index };
	struct nl_msg *msg = netlink_message(type, flags, &ifi, sizeof(ifi));

	if (msg && name)
		nla_put_string(msg, IFLA_IFNAME, name);
	return msg;
}

/* Two ends of a cable; the peer's may be in another namespace. */
static int make_veth(struct nl_sock *nl, const char *name, int index, const char *peer, int ns)
{
	struct nl_msg *msg = about_link(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, index, name);
	struct ifinfomsg ifi = {};
	struct nlattr *info, *data, *other;

	if (!msg)
		return -ENOMEM;
	info = nla_nest_start(msg, IFLA_LINKINFO);
	nla_put_string(msg, IFLA_INFO_KIND, "veth");
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	other = nla_nest_start(msg, VETH_INFO_PEER);
	nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO);
	nla_put_string(msg, IFLA_IFNAME, peer);
	if (ns >= 0)
		nla_put_u32(msg, IFLA_NET_NS_FD, ns);
	nla_nest_end(msg, other);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return netlink_send(nl, msg, NULL, NULL);
}

static enum answer look_at_link(void)
{
	struct wanted nsid = { sizeof(struct ifinfomsg), IFLA_LINK_NETNSID, false, 0 };
	_cleanup_netlink_ struct nl_sock *nl = netlink_open(NETLINK_ROUTE);
	_companion_ struct companion c = {};
	_cleanup_close_ int ns = -EBADF;
	enum answer a = nl ? open_elsewhere(&c, &ns) : NO;
	struct nl_msg *msg;
	int r;

	if (a != YES)
		return a;
	r = set_nsid(nl, ns, NSID);
	if (r < 0)
		return no_err(r, "RTM_NEWNSID");
	r = make_veth(nl, "here", 76, "there", ns);
	if (r == -EOPNOTSUPP)
		return nobody("devices with an end elsewhere: %s", strerror(-r));
	if (r < 0)
		return no_err(r, "a veth device");
	msg = about_link(RTM_GETLINK, 0, 76, NULL);
	r = msg ? netlink_send(nl, msg, take, &nsid) : -ENOMEM;
	if (r < 0)
		return no_err(r, "RTM_GETLINK");
	return nsid.there && nsid.value == NSID ? YES : no("IFLA_LINK_NETNSID is not told");
}

FEATURE(link_nsid, UNUSED, "network devices whose other end is in another namespace",
	"CONFIG_NET_NS, CONFIG_VETH, Linux 4.0, CAP_SYS_ADMIN")
{
	return apart(CLONE_NEWNET, look_at_link);
}

static enum answer move_link(void)
{
	_cleanup_netlink_ struct nl_sock *nl = netlink_open(NETLINK_ROUTE);
	_companion_ struct companion c = {};
	_cleanup_close_ int ns = -EBADF;
	enum answer a = nl ? open_elsewhere(&c, &ns) : NO;
	struct nl_msg *msg;
	int r;

	if (a != YES)
		return a;
	r = make_veth(nl, "here", 76, "stays", -1);
	if (r == -EOPNOTSUPP)
		return no_err(r, "a veth device to try it with");
	if (r < 0)
		return no_err(r, "a veth device");
	msg = about_link(RTM_NEWLINK, 0, 76, NULL);
	if (!msg)
		return no_err(-ENOMEM, "a message");
	nla_put_u32(msg, IFLA_NET_NS_FD, ns);
	nla_put_u32(msg, NEW_IFINDEX, 99);
	r = netlink_send(nl, msg, NULL, NULL);
	if (r < 0)
		return no_err(r, "IFLA_NEW_IFINDEX");
	if (setns(ns, CLONE_NEWNET) < 0)
		return no_err(-errno, "setns");
	/* Older kernels move it, and do not look at the attribute. */
	return if_nametoindex("here") == 99 ? YES : no("IFLA_NEW_IFINDEX has no effect");
}

FEATURE(newifindex, UNUSED, "network devices that are moved in and have the index they had",
	"CONFIG_NET_NS, Linux 5.13, CAP_SYS_ADMIN")
{
	return apart(CLONE_NEWNET, move_link);
}

/* A tun device with this index; its descriptor, or -errno. */
static int make_tun(unsigned int index)
{
	struct ifreq ifr = { .ifr_name = "check0", .ifr_flags = IFF_TUN | IFF_NO_PI };
	_cleanup_close_ int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, TUNSETIFINDEX, &index) < 0 || ioctl(fd, TUNSETIFF, &ifr) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static enum answer use_tun(void)
{
	_cleanup_close_ int fd = make_tun(NSID);
	struct ifreq ifr = {};

	if (fd < 0)
		return no_err(fd, "/dev/net/tun");
	if (ioctl(fd, TUNGETIFF, &ifr) < 0)
		return no_err(-errno, "TUNGETIFF");
	return if_nametoindex(ifr.ifr_name) == NSID ? YES : no("TUNSETIFINDEX has no effect");
}

FEATURE(tun, UNUSED, "tun and tap devices", "CONFIG_TUN, /dev/net/tun, Linux 3.12, CAP_NET_ADMIN")
{
	return apart(CLONE_NEWNET, use_tun);
}

static enum answer find_tun(void)
{
	_cleanup_close_ int fd = make_tun(NSID), ns = -EBADF;
	struct stat home, its;

	if (fd < 0)
		return no_err(fd, "/dev/net/tun");
	if (stat("/proc/self/ns/net", &home) < 0 || unshare(CLONE_NEWNET) < 0)
		return no_err(-errno, "a network namespace");
	ns = ioctl(fd, SIOCGSKNS);
	if (ns < 0)
		return no_err(-errno, "SIOCGSKNS");
	return fstat(ns, &its) == 0 && its.st_ino == home.st_ino
		       ? YES
		       : no("SIOCGSKNS gives another namespace");
}

FEATURE(tun_ns, UNUSED, "tun and tap devices of other network namespaces than their task's",
	"CONFIG_TUN, /dev/net/tun, Linux 5.2, CAP_NET_ADMIN")
{
	return apart(CLONE_NEWNET, find_tun);
}
