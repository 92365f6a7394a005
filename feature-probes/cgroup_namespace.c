// SPDX-License-Identifier: GPL-2.0-only
/* Cgroup namespaces: whose root is where their maker was. */
#include <sched.h>

#include "frame/cgroup.h"
#include "probe.h"

#define DECLARED                                                                                   \
	.since = "4.6", .commit = "a79a908fd2b0", .kconfig = "CONFIG_CGROUPS",                     \
	.capability = "CAP_SYS_ADMIN", .source = "cgroup_namespaces(7)"

PROBE(root,
      .what = "in a cgroup namespace the cgroup its maker was in is /, and others lie above it",
      DECLARED)
{
	char *cgroup = cgroup_new(), *outside = cgroup_below(cgroup, "outside");
	char *inside = cgroup_below(cgroup, "inside"), *below = cgroup_below(inside, "below");
	pid_t other = spawn_idle(), pid;

	NEED(cgroup_move(outside, other));
	pid = spawn();
	if (pid == 0) {
		NEED(cgroup_move(inside, 0));
		if (unshare(CLONE_NEWCGROUP) < 0) {
			need_privilege("CAP_SYS_ADMIN");
			OFFERED(-1, "cgroup namespaces", EINVAL);
		}
		PROMISE_STR(NEED(cgroup_of(0, "")), "/");
		PROMISE_STR(NEED(cgroup_of(other, "")), "/../outside");
		/* The root stays where it is when the task moves on. */
		NEED(cgroup_move(below, 0));
		PROMISE_STR(NEED(cgroup_of(0, "")), "/below");
		reach(1);
		linger();
	}
	await(1);
	PROMISE(str_ends_with(NEED(cgroup_of(pid, "")), "/inside/below"));
	PROMISE_NE(strcmp(link_text("/proc/self/ns/cgroup"), link_text("/proc/%d/ns/cgroup", pid)),
		   0);
}

PROBE(enter, .what = "who enters a cgroup namespace sees by its root, and stays in its own cgroup",
      DECLARED)
{
	char *cgroup = cgroup_new(), path[64];
	pid_t pid = spawn();
	int fd;

	if (pid == 0) {
		NEED(cgroup_move(cgroup, 0));
		if (unshare(CLONE_NEWCGROUP) < 0) {
			need_privilege("CAP_SYS_ADMIN");
			OFFERED(-1, "cgroup namespaces", EINVAL);
		}
		reach(1);
		linger();
	}
	await(1);
	snprintf(path, sizeof(path), "/proc/%d/ns/cgroup", pid);
	fd = NEED(open(path, O_RDONLY));
	NEED(setns(fd, CLONE_NEWCGROUP));
	PROMISE_STR(NEED(cgroup_of(pid, "")), "/");
	PROMISE_STR(NEED(cgroup_of(0, "")), "/..");
}
