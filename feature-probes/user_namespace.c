// SPDX-License-Identifier: GPL-2.0-only
/* User namespaces: id maps, who may write them, and what they do to ids. */
#include <grp.h>
#include <sched.h>

#include "probe.h"

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_USER_NS", .source = "user_namespaces(7)"

/* A child in a user namespace of its own, with no ids there yet. */
static pid_t spawn_without_ids(void)
{
	static int stage;
	pid_t pid = spawn();

	stage++;
	if (pid == 0) {
		own_users();
		reach(stage);
		linger();
	}
	await(stage);
	return pid;
}

PROBE(map_once, .what = "an id map is written once, whole, and reads back", DECLARED("3.5"),
      .commit = "22d917d80e84", .capability = "CAP_SETUID")
{
	pid_t pid = spawn_without_ids();
	unsigned int inside, outside, count;

	need_privilege("CAP_SETUID");
	PROMISE_STR(NEED(slurp("/proc/%d/uid_map", pid)), "");
	PROMISE_FAILS(write_text("0 0", "/proc/%d/uid_map", pid), EINVAL);
	PROMISE_FAILS(write_text("0 0 10\n5 20 10\n", "/proc/%d/uid_map", pid), EINVAL);
	PROMISE_FAILS(write_text("", "/proc/%d/uid_map", pid), EINVAL);
	NEED(write_text("7 0 1\n", "/proc/%d/uid_map", pid));
	PROMISE_EQ(
		sscanf(NEED(slurp("/proc/%d/uid_map", pid)), "%u %u %u", &inside, &outside, &count),
		3);
	PROMISE_EQ(inside, 7);
	PROMISE_EQ(outside, 0);
	PROMISE_EQ(count, 1);
	PROMISE_FAILS(write_text("7 0 1\n", "/proc/%d/uid_map", pid), EPERM);
}

PROBE(map_lines, .what = "an id map has up to 340 lines", .since = "4.15", .commit = "6397fac4915a",
      .kconfig = "CONFIG_USER_NS", .capability = "CAP_SETUID", .source = "user_namespaces(7)")
{
	char map[341 * 16] = "", *at = map;
	pid_t pid = spawn_without_ids();
	int lines = 0;

	need_privilege("CAP_SETUID");
	/* Every other id, so that no two lines can be one. */
	for (int i = 0; i < 341; i++)
		at += sprintf(at, "%d %d 1\n", 2 * i, 2 * i);
	PROMISE_FAILS(write_text(map, "/proc/%d/uid_map", pid), EINVAL);
	map[strlen(map) - strlen("680 680 1\n")] = '\0';
	OFFERED(write_text(map, "/proc/%d/uid_map", pid), "id map of 340 lines", EINVAL);
	for_each_line(line, NEED(slurp("/proc/%d/uid_map", pid))) {
		int inside, outside, count;

		PROMISE_EQ(sscanf(line, "%d %d %d", &inside, &outside, &count), 3);
		PROMISE_EQ(inside, 2 * lines);
		PROMISE_EQ(outside, 2 * lines);
		lines++;
	}
	PROMISE_EQ(lines, 340);
}

PROBE(projects, .what = "ids of projects have a map of their own, which anybody there may write",
      DECLARED("3.7"), .commit = "f76d207a66c3")
{
	unsigned int inside, outside, count;
	pid_t pid;

	if (streq(OFFERED(slurp("/proc/self/projid_map"), "projid_map", ENOENT), ""))
		ABSENT("privilege: a user namespace that has ids of projects");
	pid = spawn_without_ids();
	PROMISE_STR(NEED(slurp("/proc/%d/projid_map", pid)), "");
	NEED(write_text("5 70 3\n", "/proc/%d/projid_map", pid));
	PROMISE_EQ(sscanf(NEED(slurp("/proc/%d/projid_map", pid)), "%u %u %u", &inside, &outside,
			  &count),
		   3);
	PROMISE(inside == 5 && outside == 70 && count == 3);
	PROMISE_FAILS(write_text("5 70 3\n", "/proc/%d/projid_map", pid), EPERM);
}

PROBE(map_view,
      .what = "an id map tells the outside as its reader sees it: -1 for who has no such id",
      DECLARED("3.5"), .commit = "22d917d80e84", .capability = "CAP_SETUID")
{
	pid_t pid = spawn_without_ids(), reader;
	unsigned int inside, outside, count;

	need_privilege("CAP_SETUID");
	NEED(write_text("3 1 1\n", "/proc/%d/uid_map", pid));
	reader = spawn();
	if (reader == 0) {
		own_users();
		reach(100);
		await(101);
		PROMISE_EQ(sscanf(NEED(slurp("/proc/%d/uid_map", pid)), "%u %u %u", &inside,
				  &outside, &count),
			   3);
		PROMISE_EQ(inside, 3);
		PROMISE_EQ(outside, count == 1 ? UINT32_MAX : 0);
		_exit(0);
	}
	await(100);
	reach(101);
	reap_good(reader);
	PROMISE_EQ(sscanf(NEED(slurp("/proc/%d/uid_map", pid)), "%u %u", &inside, &outside), 2);
	PROMISE_EQ(outside, 1);
}

PROBE(own_id, .what = "who has no capability outside maps his own id, and no other: EPERM",
      DECLARED("3.8"))
{
	pid_t pid = spawn();

	if (pid == 0) {
		char map[64];
		uid_t uid;

		lose_privileges();
		uid = geteuid();
		own_users();
		snprintf(map, sizeof(map), "0 %u 2", uid);
		PROMISE_FAILS(write_text(map, "/proc/self/uid_map"), EPERM);
		snprintf(map, sizeof(map), "0 %u 1", uid + 1);
		PROMISE_FAILS(write_text(map, "/proc/self/uid_map"), EPERM);
		snprintf(map, sizeof(map), "0 %u 1", uid);
		NEED(write_text(map, "/proc/self/uid_map"));
		PROMISE_EQ(getuid(), 0);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(setgroups, .what = "groups are mapped by the unprivileged once setgroups is denied, for good",
      .since = "3.19", .commit = "9cc46516ddf4", .kconfig = "CONFIG_USER_NS",
      .source = "user_namespaces(7)")
{
	pid_t pid = spawn();

	if (pid == 0) {
		const gid_t none[1] = { 0 };
		char map[64], users[64];
		pid_t child;

		lose_privileges();
		snprintf(map, sizeof(map), "0 %u 1", getegid());
		snprintf(users, sizeof(users), "0 %u 1", geteuid());
		own_users();
		PROMISE_STR(OFFERED(slurp("/proc/self/setgroups"), "/proc/PID/setgroups", ENOENT),
			    "allow\n");
		PROMISE_FAILS(write_text(map, "/proc/self/gid_map"), EPERM);
		NEED(write_text("deny", "/proc/self/setgroups"));
		PROMISE_STR(NEED(slurp("/proc/self/setgroups")), "deny\n");
		PROMISE_FAILS(write_text("allow", "/proc/self/setgroups"), EPERM);
		NEED(write_text(map, "/proc/self/gid_map"));
		PROMISE_FAILS(setgroups(1, none), EPERM);
		/* What is denied here is denied further down, where only somebody with an id gets. */
		NEED(write_text(users, "/proc/self/uid_map"));
		child = spawn();
		if (child == 0) {
			own_users();
			PROMISE_STR(NEED(slurp("/proc/self/setgroups")), "deny\n");
			PROMISE_FAILS(write_text("allow", "/proc/self/setgroups"), EPERM);
			_exit(0);
		}
		reap_good(child);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(unmapped,
      .what = "ids without a map are seen as the overflow user and cannot be taken: EINVAL",
      DECLARED("3.5"))
{
	uid_t overflow = atoi(NEED(slurp("/proc/sys/kernel/overflowuid")));
	int fd = workfile("ours");
	pid_t pid = spawn();

	if (pid == 0) {
		struct stat st;

		own_users();
		PROMISE_EQ(getuid(), overflow);
		NEED(fstat(fd, &st));
		PROMISE_EQ(st.st_uid, overflow);
		PROMISE_FAILS(setresuid(5, 5, 5), EINVAL);
		/* Every capability is held, over nothing that has an id. */
		PROMISE(have_cap(CAP_CHOWN));
		PROMISE_FAILS(fchown(fd, 5, 5), EINVAL);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(limits, .what = "user.max_*_namespaces of a namespace bounds what is made in it: ENOSPC",
      .since = "4.9", .commit = "25f9c0817c53", .kconfig = "CONFIG_USER_NS CONFIG_SYSCTL",
      .source = "namespaces(7)")
{
	static const struct {
		const char *name;
		int flag;
	} kinds[] = {
		{ "uts", CLONE_NEWUTS },
		{ "ipc", CLONE_NEWIPC },
		{ "net", CLONE_NEWNET },
		{ "mnt", CLONE_NEWNS },
	};
	pid_t pid = spawn();

	if (pid == 0) {
		own_root();
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
			OFFERED(write_text("1", "/proc/sys/user/max_%s_namespaces", kinds[i].name),
				"user.max_*_namespaces", ENOENT);
			NEED(unshare(kinds[i].flag));
			PROMISE_FAILS(unshare(kinds[i].flag), ENOSPC);
		}
		_exit(0);
	}
	reap_good(pid);
}

PROBE(capabilities,
      .what = "the first task of a user namespace has every capability, over it alone",
      DECLARED("3.8"))
{
	char *name = NULL;
	pid_t pid = spawn();

	if (pid == 0) {
		char host[65];

		NEED(gethostname(host, sizeof(host)));
		own_root();
		for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
			name = cap_to_name(cap);
			if (!have_cap(cap))
				DEVIATES("no %s in a new user namespace", name);
			cap_free(name);
		}
		/* The uts namespace belongs to another. */
		PROMISE_FAILS(sethostname(host, strlen(host)), EPERM);
		NEED(unshare(CLONE_NEWUTS));
		NEED(sethostname("ours", 4));
		_exit(0);
	}
	reap_good(pid);
}
