// SPDX-License-Identifier: GPL-2.0-only
/* The names of a machine, of which each uts namespace has its own. */
#include <sched.h>
#include <sys/utsname.h>

#include "probe.h"

#define DECLARED                                                                                   \
	.since = "2.6.19", .kconfig = "CONFIG_UTS_NS", .capability = "CAP_SYS_ADMIN",              \
	.source = "uts_namespaces(7)"

PROBE(names, .what = "host and domain name are set and seen in one uts namespace only", DECLARED)
{
	struct utsname was, now;
	pid_t pid;

	NEED(uname(&was));
	pid = spawn_in(CLONE_NEWUTS);
	if (pid == 0) {
		NEED(uname(&now));
		PROMISE_STR(now.nodename, was.nodename);
		NEED(sethostname("probe.host", 10));
		NEED(setdomainname("probe.domain", 12));
		NEED(uname(&now));
		PROMISE_STR(now.nodename, "probe.host");
		PROMISE_STR(now.domainname, "probe.domain");
		PROMISE_STR(now.release, was.release);
		reach(1);
		linger();
	}
	await(1);
	NEED(uname(&now));
	PROMISE_STR(now.nodename, was.nodename);
	PROMISE_STR(now.domainname, was.domainname);
}

PROBE(sysctl, .what = "the names can be read and written as sysctls of the caller's namespace",
      DECLARED)
{
	pid_t pid = spawn_in(CLONE_NEWUTS);
	struct utsname now;

	if (pid == 0) {
		NEED(sethostname("before", 6));
		PROMISE_STR(NEED(slurp("/proc/sys/kernel/hostname")), "before\n");
		if (write_text("after", "/proc/sys/kernel/hostname") < 0 &&
		    (errno == EACCES || errno == EPERM) && !in_init_userns())
			ABSENT("privilege: CAP_SYS_ADMIN in the initial user namespace");
		NEED(write_text("domain", "/proc/sys/kernel/domainname"));
		NEED(uname(&now));
		PROMISE_STR(now.nodename, "after");
		PROMISE_STR(now.domainname, "domain");
		_exit(0);
	}
	reap_good(pid);
}

PROBE(length, .what = "a name has up to 64 bytes: longer ones are EINVAL", DECLARED)
{
	char name[66] = "", now[70];
	pid_t pid = spawn_in(CLONE_NEWUTS);

	memset(name, 'n', 65);
	if (pid == 0) {
		PROMISE_FAILS(sethostname(name, 65), EINVAL);
		PROMISE_FAILS(setdomainname(name, 65), EINVAL);
		NEED(sethostname(name, 64));
		NEED(gethostname(now, sizeof(now)));
		PROMISE_EQ(strlen(now), 64);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(refused, .what = "names are set by who may: EPERM", .since = "2.6.19",
      .kconfig = "CONFIG_UTS_NS", .source = "sethostname(2)")
{
	pid_t pid = spawn();

	if (pid == 0) {
		char name[65];

		NEED(gethostname(name, sizeof(name)));
		lose_privileges();
		PROMISE_FAILS(sethostname(name, strlen(name)), EPERM);
		_exit(0);
	}
	reap_good(pid);
}
