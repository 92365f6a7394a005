// SPDX-License-Identifier: GPL-2.0-only
/* The sysctls that each network namespace has for itself. */
#include <sched.h>

#include "frame/net.h"
#include "probe.h"

#define DECLARED                                                                                   \
	.since = "2.6.24", .kconfig = "CONFIG_NET_NS CONFIG_SYSCTL",                               \
	.capability = "CAP_NET_ADMIN", .source = "network_namespaces(7)"

static const char *const keys[] = {
	"ipv4/ip_forward",     "ipv4/conf/lo/rp_filter", "ipv4/conf/default/forwarding",
	"ipv4/ip_default_ttl", "core/somaxconn",         "unix/max_dgram_qlen"
};

PROBE(own, .what = "a sysctl written in one network namespace is that one's alone", DECLARED)
{
	long outside[ARRAY_SIZE(keys)];
	pid_t pid;

	own_network();
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		outside[i] = atol(NEED(slurp("/proc/sys/net/%s", keys[i])));
	pid = spawn();
	if (pid == 0) {
		own_network();
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			char text[32];

			snprintf(text, sizeof(text), "%ld",
				 outside[i] > 1 ? outside[i] - 1 : !outside[i]);
			NEED(write_text(text, "/proc/sys/net/%s", keys[i]));
			PROMISE_EQ(atol(NEED(slurp("/proc/sys/net/%s", keys[i]))), atol(text));
		}
		_exit(0);
	}
	reap_good(pid);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		PROMISE_EQ(atol(NEED(slurp("/proc/sys/net/%s", keys[i]))), outside[i]);
}

PROBE(all_first,
      .what = "writing conf/all changes devices that are there: it has to come before theirs",
      DECLARED)
{
	own_network();
	NEED(write_text("0", "/proc/sys/net/ipv4/conf/lo/forwarding"));
	NEED(write_text("1", "/proc/sys/net/ipv4/conf/all/forwarding"));
	PROMISE_EQ(atoi(NEED(slurp("/proc/sys/net/ipv4/conf/lo/forwarding"))), 1);
	NEED(write_text("0", "/proc/sys/net/ipv4/conf/lo/forwarding"));
	PROMISE_EQ(atoi(NEED(slurp("/proc/sys/net/ipv4/conf/lo/forwarding"))), 0);
	PROMISE_EQ(atoi(NEED(slurp("/proc/sys/net/ipv4/conf/all/forwarding"))), 1);
}

PROBE(refused,
      .what = "who has no right over a network namespace writes none of them: EACCES or EPERM",
      .since = "2.6.24", .kconfig = "CONFIG_SYSCTL", .source = "network_namespaces(7)")
{
	pid_t pid = spawn();

	if (pid == 0) {
		char *was = NEED(slurp("/proc/sys/net/ipv4/ip_default_ttl"));

		lose_privileges();
		PROMISE_FAILS(write_text(was, "/proc/sys/net/ipv4/ip_default_ttl"), EACCES, EPERM);
		_exit(0);
	}
	reap_good(pid);
}
