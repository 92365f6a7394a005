// SPDX-License-Identifier: GPL-2.0-only
/* Users, groups and capabilities of a task: told from outside, set from inside, in an order. */
#include <grp.h>
#include <linux/securebits.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

#include "probe.h"

#define DECLARED(release, where) .since = release, .source = where

static uint64_t status_caps(const char *field)
{
	return strtoull(NEED(status_field(0, field)), NULL, 16);
}

PROBE(capget,
      .what = "capget tells the sets that status shows, and sets none that was not permitted",
      DECLARED("2.6.25", "capget(2)"))
{
	cap_value_t one = CAP_CHOWN;
	cap_t caps = NEED(cap_get_proc());
	uint64_t shown[] = { status_caps("CapEff"), status_caps("CapPrm"), status_caps("CapInh") };
	cap_flag_value_t is;
	pid_t pid;

	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		for (int set = CAP_EFFECTIVE; set <= CAP_INHERITABLE; set++) {
			if (cap_get_flag(caps, cap, set, &is) < 0)
				continue;
			PROMISE_EQ(shown[set] >> cap & 1, is == CAP_SET);
		}
	}
	pid = spawn();
	if (pid == 0) {
		lose_privileges();
		PROMISE_EQ(status_caps("CapPrm"), 0);
		caps = NEED(cap_init());
		NEED(cap_set_flag(caps, CAP_PERMITTED, 1, &one, CAP_SET));
		PROMISE_FAILS(cap_set_proc(caps), EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(last_cap, .what = "capabilities go up to cap_last_cap, CAP_CHECKPOINT_RESTORE among them",
      .since = "5.9", .commit = "124ea650d307", .kconfig = "CONFIG_SYSCTL",
      .source = "capabilities(7)")
{
	int last = atoi(NEED(slurp("/proc/sys/kernel/cap_last_cap")));

	if (last < CAP_CHECKPOINT_RESTORE)
		ABSENT("the last capability is %d", last);
	for (int cap = 0; cap <= last; cap++)
		PROMISE(prctl(PR_CAPBSET_READ, cap) >= 0);
	PROMISE_FAILS(prctl(PR_CAPBSET_READ, last + 1), EINVAL);
	/* As of 7.0. */
	if (last > CAP_CHECKPOINT_RESTORE)
		NEW("capabilities up to %d", last);
}

PROBE(bounding, .what = "a capability dropped from the bounding set stays so, as status tells",
      DECLARED("2.6.25", "PR_CAPBSET_DROP(2const)"), .capability = "CAP_SETPCAP")
{
	PROMISE_EQ(NEED(prctl(PR_CAPBSET_READ, CAP_CHOWN)), status_caps("CapBnd") & 1);
	NEED(prctl(PR_CAPBSET_DROP, CAP_CHOWN));
	PROMISE_EQ(NEED(prctl(PR_CAPBSET_READ, CAP_CHOWN)), 0);
	PROMISE_EQ(status_caps("CapBnd") & 1, 0);
	/* What is held is not lost by it. */
	PROMISE(have_cap(CAP_CHOWN));
	lose_privileges();
	PROMISE_FAILS(prctl(PR_CAPBSET_DROP, CAP_FOWNER), EPERM);
}

PROBE(ambient,
      .what = "an ambient capability wants to be permitted and inheritable, and goes with that",
      .since = "4.3", .commit = "58319057b784", .capability = "CAP_SETPCAP",
      .source = "PR_CAP_AMBIENT(2const)")
{
	cap_value_t one = CAP_CHOWN;
	cap_t caps = NEED(cap_get_proc());

	need_privilege("CAP_SETPCAP");
	OFFERED(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "PR_CAP_AMBIENT", EINVAL);
	PROMISE_FAILS(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0), EPERM);
	NEED(cap_set_flag(caps, CAP_INHERITABLE, 1, &one, CAP_SET));
	NEED(cap_set_proc(caps));
	NEED(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
	PROMISE_EQ(NEED(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0)), 1);
	PROMISE_EQ(status_caps("CapAmb"), 1 << CAP_CHOWN);
	NEED(cap_set_flag(caps, CAP_INHERITABLE, 1, &one, CAP_CLEAR));
	NEED(cap_set_proc(caps));
	PROMISE_EQ(NEED(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0)), 0);
	PROMISE_EQ(status_caps("CapAmb"), 0);
}

PROBE(securebits, .what = "securebits read back as set; what is locked stays locked",
      DECLARED("2.6.26", "PR_SET_SECUREBITS(2const)"), .capability = "CAP_SETPCAP")
{
	const int bits = SECBIT_NOROOT | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED;

	need_privilege("CAP_SETPCAP");
	PROMISE_EQ(NEED(prctl(PR_GET_SECUREBITS)), 0);
	NEED(prctl(PR_SET_SECUREBITS, bits));
	PROMISE_EQ(NEED(prctl(PR_GET_SECUREBITS)), bits);
	NEED(prctl(PR_SET_SECUREBITS, bits & ~SECBIT_NOROOT));
	PROMISE_FAILS(prctl(PR_SET_SECUREBITS, 0), EPERM);
	PROMISE_EQ(NEED(prctl(PR_GET_SECUREBITS)), bits & ~SECBIT_NOROOT);
	/* KEEP_CAPS is one of them. */
	NEED(prctl(PR_SET_KEEPCAPS, 1));
	PROMISE_EQ(NEED(prctl(PR_GET_SECUREBITS)) & SECBIT_KEEP_CAPS, SECBIT_KEEP_CAPS);
}

PROBE(per_thread, .what = "the system calls that set ids set those of one thread",
      DECLARED("2.2", "setresuid(2)"), .capability = "CAP_SETUID")
{
	pid_t pid = spawn();

	need_privilege("CAP_SETUID");
	if (pid == 0) {
		unsigned int r, e, s, f;

		if (syscall(SYS_setresuid, 11, 12, 13) < 0 && errno == EINVAL)
			MACHINE_LACKS("this user namespace has no second user");
		/* fsuid follows the effective one, until it is set by itself. */
		setfsuid(11);
		PROMISE_EQ(sscanf(NEED(status_field(0, "Uid")), "%u %u %u %u", &r, &e, &s, &f), 4);
		PROMISE_EQ(r, 11);
		PROMISE_EQ(e, 12);
		PROMISE_EQ(s, 13);
		PROMISE_EQ(f, 11);
		/* Only to ids one has already. */
		PROMISE_FAILS(setresuid(-1, 14, -1), EPERM);
		NEED(setresuid(-1, 13, -1));
		_exit(0);
	}
	reap_good(pid);
}

PROBE(groups, .what = "any number of groups up to 65536 is set in any order and told sorted or not",
      DECLARED("2.6.4", "setgroups(2)"), .capability = "CAP_SETGID")
{
	gid_t in[200], out[200];
	char *shown;
	pid_t pid;

	need_privilege("CAP_SETGID");
	for (int i = 0; i < 200; i++)
		in[i] = 1000 + (i * 37) % 200;
	pid = spawn();
	if (pid == 0) {
		bool found[200] = {};

		if (setgroups(200, in) < 0 && errno == EPERM)
			FORBIDDEN("setgroups is denied in this user namespace");
		PROMISE_EQ(NEED(getgroups(200, out)), 200);
		for (int i = 0; i < 200; i++)
			found[out[i] - 1000] = true;
		for (int i = 0; i < 200; i++)
			PROMISE(found[i]);
		shown = NEED(status_field(0, "Groups"));
		for (int i = 0; i < 200; i++)
			PROMISE_EQ(strtoul(shown, &shown, 10), out[i]);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(no_new_privs, .what = "no_new_privs is told by status, inherited, and never taken back",
      .since = "4.10", .commit = "af884cd4a5ae", .source = "PR_SET_NO_NEW_PRIVS(2const)")
{
	pid_t child;

	PROMISE_EQ(NEED(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)), 0);
	PROMISE_STR(OFFERED(status_field(0, "NoNewPrivs"), "NoNewPrivs in status", ENODATA), "0");
	NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	PROMISE_STR(NEED(status_field(0, "NoNewPrivs")), "1");
	child = spawn_idle();
	PROMISE_STR(NEED(status_field(child, "NoNewPrivs")), "1");
	PROMISE_FAILS(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
}

PROBE(loginuid, .what = "loginuid is set once, unset by -1, and of another task never",
      .since = "3.13", .kconfig = "CONFIG_AUDIT", .source = "proc_pid_loginuid(5)")
{
	char *was = OFFERED(slurp("/proc/self/loginuid"), "loginuid", ENOENT);
	pid_t pid = spawn_idle();

	PROMISE_FAILS(write_text("7", "/proc/%d/loginuid", pid), EPERM, EACCES);
	/* Who has one already needs a capability to change it; who is root of a container never may. */
	if (!streq(was, "4294967295"))
		need_privilege("CAP_AUDIT_CONTROL in the initial user namespace");
	if (write_text("0", "/proc/self/loginuid") < 0) {
		need_privilege("CAP_AUDIT_CONTROL in the initial user namespace");
		NEED(-1);
	}
	PROMISE_STR(NEED(slurp("/proc/self/loginuid")), "0");
	need_privilege("CAP_AUDIT_CONTROL in the initial user namespace");
	NEED(write_text("4294967295", "/proc/self/loginuid"));
	PROMISE_STR(NEED(slurp("/proc/self/loginuid")), "4294967295");
}

PROBE(sessionid, .what = "each login has an audit session id of its own, -1 before the first",
      .since = "2.6.25", .kconfig = "CONFIG_AUDIT",
      .capability = "CAP_AUDIT_CONTROL in the initial user namespace", .source = "kernel/auditsc.c")
{
	char *one, *two;

	need_privilege("CAP_AUDIT_CONTROL in the initial user namespace");
	OFFERED(slurp("/proc/self/sessionid"), "sessionid", ENOENT);
	NEED(write_text("4294967295", "/proc/self/loginuid"));
	PROMISE_STR(NEED(slurp("/proc/self/sessionid")), "4294967295");
	NEED(write_text("0", "/proc/self/loginuid"));
	one = NEED(slurp("/proc/self/sessionid"));
	NEED(write_text("0", "/proc/self/loginuid"));
	two = NEED(slurp("/proc/self/sessionid"));
	PROMISE_NE(strcmp(one, "4294967295"), 0);
	PROMISE_NE(strcmp(one, two), 0);
}

GAP(sessionid_set, .what = "nobody chooses an audit session id", .kconfig = "CONFIG_AUDIT",
    .source = "kernel/auditsc.c")
{
	OFFERED(slurp("/proc/self/sessionid"), "sessionid", ENOENT);
	TRIED_TO("write sessionid", write_text("77", "/proc/self/sessionid"));
}
