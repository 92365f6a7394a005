// SPDX-License-Identifier: GPL-2.0-only
/* Sessions and process groups, which have to be built in the order they came about. */
#include "probe.h"

#define DECLARED .since = "1.0", .source = "setsid(2), setpgid(2), credentials(7)"

PROBE(setsid, .what = "setsid makes a session and a group with the pid of its caller, once",
      DECLARED)
{
	pid_t pid = spawn();

	if (pid == 0) {
		NEED(setsid());
		PROMISE_EQ(NEED(getsid(0)), getpid());
		PROMISE_EQ(NEED(getpgid(0)), getpid());
		/* A leader of a group leads no new session: its group would be in two. */
		PROMISE_FAILS(setsid(), EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(setpgid, .what = "a group is joined within its session, by leaders of none", DECLARED)
{
	pid_t member = spawn_idle(), other = spawn_idle(), outsider = spawn();

	if (outsider == 0) {
		NEED(setsid());
		reach(1);
		linger();
	}
	await(1);
	NEED(setpgid(member, member));
	NEED(setpgid(other, member));
	PROMISE_EQ(NEED(getpgid(other)), member);
	PROMISE_FAILS(setpgid(other, 999999), EPERM, ESRCH);
	PROMISE_FAILS(setpgid(other, outsider), EPERM);
	/* Nor is a session's leader moved, or one in another session. */
	PROMISE_FAILS(setpgid(outsider, 0), EPERM);
	PROMISE_FAILS(setpgid(0, member), EPERM);
	PROMISE_FAILS(setpgid(other, -1), EINVAL);
}

PROBE(exec, .what = "who has become another program is not moved by its parent any more: EACCES",
      DECLARED)
{
	pid_t pid = spawn();

	if (pid == 0)
		exec_idle();
	until_exec(pid);
	PROMISE_FAILS(setpgid(pid, pid), EACCES);
}

PROBE(leader_gone, .what = "a session and a group go on when their leader is gone", DECLARED)
{
	pid_t *member = share(page_size()), leader = spawn();

	if (leader == 0) {
		pid_t child;

		NEED(setsid());
		child = fork();
		if (child == 0) {
			reach(1);
			linger();
		}
		await(1);
		*member = child;
		_exit(0);
	}
	reap_good(leader);
	PROMISE_EQ(NEED(getsid(*member)), leader);
	PROMISE_EQ(NEED(getpgid(*member)), leader);
	PROMISE_EQ(atoi(NEED(stat_field(*member, 5))), leader);
	PROMISE_EQ(atoi(NEED(stat_field(*member, 6))), leader);
	/* The number is taken as long as the group has it. */
	PROMISE_FAILS(kill(leader, 0), ESRCH);
	NEED(kill(-leader, 0));
}

GAP(did_exec, .what = "nobody tells, or takes back, that a task has become another program",
    .source = "setpgid(2)")
{
	pid_t with = spawn(), without;

	if (with == 0) {
		lose_privileges();
		exec_idle();
	}
	until_exec(with);
	without = spawn();
	if (without == 0) {
		lose_privileges();
		reach(1);
		linger();
	}
	await(1);
	PROMISE_FAILS(setpgid(with, with), EACCES);
	NEED(setpgid(without, without));
	tried_tasks(with, without);
	TRIED_TO("write comm", write_text("x", "/proc/%d/comm", with));
}
