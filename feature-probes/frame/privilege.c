// SPDX-License-Identifier: GPL-2.0-only
#include <grp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>

#include "ask.h"

bool have_cap(int cap)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	if (caps) {
		cap_get_flag(caps, cap, CAP_EFFECTIVE, &value);
		cap_free(caps);
	}
	return value == CAP_SET;
}

bool in_init_userns(void)
{
	unsigned long inside, outside, count;
	char *map = slurp("/proc/self/uid_map");
	bool initial;

	/* No file, no user namespaces: we are in the only one. */
	if (!map)
		return true;
	initial = sscanf(map, "%lu %lu %lu", &inside, &outside, &count) == 3 && inside == 0 &&
		  outside == 0 && count == UINT32_MAX;
	free(map);
	return initial;
}

static bool privilege_held(const char *declared)
{
	char name[64];
	int cap;

	if (strstr(declared, "initial user namespace") && !in_init_userns())
		return false;
	for (const char *at = strstr(declared, "CAP_"); at; at = strstr(at + 4, "CAP_")) {
		size_t n = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

		snprintf(name, sizeof(name), "%.*s", (int)n, at);
		if (cap_from_name(name, &cap) == 0 && have_cap(cap))
			return true;
	}
	return false;
}

/* Keeps errno, which the caller has in mind. */
const char *privilege_missing(const char *declared)
{
	int saved = errno;
	bool held = !declared || privilege_held(declared);

	errno = saved;
	return held ? NULL : declared;
}

void need_privilege(const char *declared)
{
	const char *missing = privilege_missing(declared);

	if (missing)
		ABSENT("privilege: %s", missing);
}

/* Gives up every capability but one (none: -1) and, where that can be done, the user. */
static int drop_to(uid_t uid, gid_t gid, int cap)
{
	cap_value_t keep = cap;
	cap_t caps;
	int r;

	if (have_cap(CAP_SETUID) && have_cap(CAP_SETGID)) {
		prctl(PR_SET_KEEPCAPS, 1);
		/* EPERM where a user namespace has setgroups denied: then there are none to lose. */
		if (setgroups(0, NULL) < 0 && errno != EPERM)
			return -1;
		if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
			return -1;
		prctl(PR_SET_KEEPCAPS, 0);
	}

	caps = cap_init();
	if (!caps)
		return -1;
	if (cap >= 0) {
		cap_set_flag(caps, CAP_EFFECTIVE, 1, &keep, CAP_SET);
		cap_set_flag(caps, CAP_PERMITTED, 1, &keep, CAP_SET);
	}
	r = cap_set_proc(caps);
	cap_free(caps);
	if (r < 0)
		return -1;

	/*
	 * New credentials make a task undumpable, which hands its /proc files to root and forbids
	 * tracing it. A task that had started out as this user would not be in that state.
	 */
	return prctl(PR_SET_DUMPABLE, 1);
}

void lose_privileges(void)
{
	if (drop_to(NOBODY, NOBODY, -1) < 0)
		BROKEN("cannot drop privileges: %s", errno_name(errno));
}

void lose_privileges_but(int cap)
{
	char *name = cap_to_name(cap);

	for (char *c = name; c && *c; c++)
		*c -= *c >= 'a' && *c <= 'z' ? 'a' - 'A' : 0;
	if (!have_cap(cap))
		ABSENT("privilege: %s", name);
	cap_free(name);
	if (drop_to(NOBODY, NOBODY, cap) < 0)
		BROKEN("cannot drop privileges: %s", errno_name(errno));
}

enum asker asker_by_name(const char *name)
{
	static const char *const names[] = {
		[AS_ROOT] = "root",
		[AS_CAP_CR] = "cap_checkpoint_restore",
		[AS_USERNS] = "userns-root",
		[AS_NOBODY] = "nobody",
	};

	for (enum asker as = AS_ROOT; as < AS_NOT_KNOWN; as++)
		if (streq(name, names[as]))
			return as;
	return AS_NOT_KNOWN;
}

int asker_become(enum asker as)
{
	switch (as) {
	case AS_ROOT:
		if (geteuid() == 0)
			return 0;
		errno = EPERM;
		return -1;
	case AS_CAP_CR:
		if (have_cap(CAP_CHECKPOINT_RESTORE))
			return drop_to(NOBODY, NOBODY, CAP_CHECKPOINT_RESTORE);
		errno = EPERM;
		return -1;
	case AS_USERNS:
		if (drop_to(NOBODY, NOBODY, -1) < 0)
			return -1;
		return unshare(CLONE_NEWUSER);
	case AS_NOBODY:
		return drop_to(NOBODY, NOBODY, -1);
	default:
		return 0;
	}
}

/*
 * As the id maps of a rootless container: root inside is the ordinary user outside, and the other
 * ids are ones nobody has. Who may not give those away maps root alone.
 */
int asker_map_ids(pid_t pid, uid_t uid, gid_t gid)
{
	char many[64], one[64];

	snprintf(many, sizeof(many), "0 %u 1\n1 100000 65535\n", gid);
	snprintf(one, sizeof(one), "0 %u 1\n", gid);
	if (write_text(many, "/proc/%d/gid_map", pid) < 0 &&
	    (write_text("deny", "/proc/%d/setgroups", pid) < 0 ||
	     write_text(one, "/proc/%d/gid_map", pid) < 0))
		return -1;

	snprintf(many, sizeof(many), "0 %u 1\n1 100000 65535\n", uid);
	snprintf(one, sizeof(one), "0 %u 1\n", uid);
	if (write_text(many, "/proc/%d/uid_map", pid) < 0 &&
	    write_text(one, "/proc/%d/uid_map", pid) < 0)
		return -1;
	return 0;
}
