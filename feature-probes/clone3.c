// SPDX-License-Identifier: GPL-2.0-only
/* clone3(2): tasks made to measure, with the pid of our choice. */
#include <linux/sched.h>
#include <sched.h>

#include "probe.h"

static pid_t clone3(const struct clone_args *args, size_t size)
{
	return syscall(SYS_clone3, args, size);
}

/* A child with these pids, innermost namespace first. */
static pid_t clone_with(uint64_t flags, const pid_t *tids, size_t n)
{
	struct clone_args args = {
		.flags = flags,
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)tids,
		.set_tid_size = n,
	};

	return clone3(&args, sizeof(args));
}

/* The same for one pid: -1 and errno, or the child's pid after its end. It knows itself by it. */
static pid_t clone_one(pid_t tid)
{
	pid_t pid = clone_with(0, &tid, 1);

	if (pid == 0) {
		PROMISE_EQ(getpid(), tid);
		_exit(0);
	}
	if (pid > 0)
		reap_good(pid);
	return pid;
}

#define SET_TID                                                                                    \
	.since = "5.5", .commit = "49cb2fc42ce4", .kconfig = "CONFIG_PID_NS",                      \
	.capability = "CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN",                                   \
	.source = "clone(2), kernel/pid.c"

/*
 * Runs a question as pid 1 of a namespace of its own, where all other pids are free: true there.
 * The task outside waits for its end.
 */
static bool in_fresh_pidns(void)
{
	pid_t pid = spawn_in(CLONE_NEWPID | CLONE_NEWNS);

	if (pid == 0)
		return true;
	reap_good(pid);
	return false;
}

/* A pid nobody had a moment ago, in a namespace that is not ours alone. */
static pid_t free_pid(void)
{
	int max = atoi(NEED(slurp("/proc/sys/kernel/pid_max")));

	for (pid_t pid = MIN(max, 1 << 22) - 1; pid > 300; pid -= 7)
		if (kill(pid, 0) < 0 && errno == ESRCH)
			return pid;
	BROKEN("all pids are taken");
}

PROBE(set_tid, .what = "clone3 gives a task the pid that was asked for, again and again", SET_TID)
{
	pid_t tid = 4321;

	/* Who may choose pids but not make a namespace asks in the one he is in. */
	if (!have_cap(CAP_SYS_ADMIN))
		tid = free_pid();
	else if (!in_fresh_pidns())
		return;
	for (int i = 0; i < 3; i++) {
		PROMISE_EQ(OFFERED(clone_one(tid), "set_tid", E2BIG), tid);
		PROMISE_EQ(NEED(clone_one(tid - 1)), tid - 1);
	}
	conforms();
}

PROBE(set_tid_taken, .what = "clone3 says EEXIST when the pid is taken, by a zombie too", SET_TID)
{
	const pid_t tid = 500, self = 1;
	pid_t pid;

	if (!in_fresh_pidns())
		return;
	pid = OFFERED(clone_with(0, &tid, 1), "set_tid", E2BIG);
	if (pid == 0)
		linger();
	PROMISE_FAILS(clone_with(0, &tid, 1), EEXIST);
	PROMISE_FAILS(clone_with(0, &self, 1), EEXIST);
	NEED(kill(pid, SIGKILL));
	until_state(pid, 'Z');
	PROMISE_FAILS(clone_with(0, &tid, 1), EEXIST);
	reap(pid);
	PROMISE_EQ(NEED(clone_one(tid)), tid);
	conforms();
}

PROBE(set_tid_group, .what = "a pid is taken as long as a process group or session has it", SET_TID)
{
	pid_t leader;
	const pid_t tid = 600;

	if (!in_fresh_pidns())
		return;
	leader = OFFERED(clone_with(0, &tid, 1), "set_tid", E2BIG);
	if (leader == 0) {
		NEED(setpgid(0, 0));
		/* Not spawned: that would die with us. */
		if (NEED(fork()) == 0)
			linger();
		reach(1);
		linger();
	}
	await(1);
	NEED(kill(leader, SIGKILL));
	reap(leader);
	PROMISE_FAILS(clone_with(0, &tid, 1), EEXIST);
	NEED(kill(-tid, SIGKILL));
	NEED(waitpid(-1, NULL, 0));
	PROMISE_EQ(NEED(clone_one(tid)), tid);
	conforms();
}

PROBE(set_tid_nested, .what = "clone3 takes pids for nested namespaces, the innermost first",
      SET_TID)
{
	const pid_t tids[] = { 77, 88 };
	int inner = 0, outer = 0;
	pid_t nested, pid;

	if (!in_fresh_pidns())
		return;
	nested = spawn_in(CLONE_NEWPID);
	if (nested == 0) {
		pid = OFFERED(clone_with(0, tids, 2), "set_tid", E2BIG);
		if (pid == 0) {
			PROMISE_EQ(getpid(), 77);
			reach(1);
			linger();
		}
		PROMISE_EQ(pid, 77);
		linger();
	}
	await(1);
	/* /proc is that of the outer one. */
	PROMISE_EQ(sscanf(NEED(status_field(88, "NSpid")), "%d %d", &outer, &inner), 2);
	PROMISE_EQ(outer, 88);
	PROMISE_EQ(inner, 77);
	conforms();
}

PROBE(set_tid_first, .what = "the first task of a pid namespace can be given pid 1 only", SET_TID)
{
	const pid_t two[] = { 2 }, one[] = { 1, 999 };
	pid_t pid;

	if (!in_fresh_pidns())
		return;
	OFFERED(clone_one(10), "set_tid", E2BIG);
	PROMISE_FAILS(clone_with(CLONE_NEWPID, two, 1), EINVAL);
	pid = NEED(clone_with(CLONE_NEWPID, one, 2));
	if (pid == 0) {
		PROMISE_EQ(getpid(), 1);
		_exit(0);
	}
	PROMISE_EQ(pid, 999);
	reap_good(pid);
	conforms();
}

PROBE(set_tid_refusals, .what = "clone3 refuses pids and counts of pids that make no sense",
      SET_TID)
{
	static pid_t many[40];
	const pid_t zero = 0, negative = -7, huge = 1 << 30;

	if (!in_fresh_pidns())
		return;
	OFFERED(clone_one(10), "set_tid", E2BIG);
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = 100 + i;
	/* There are at most 32 levels of namespaces below the first. */
	PROMISE_FAILS(clone_with(0, many, 34), EINVAL);
	PROMISE_FAILS(clone_with(0, many, 0), EINVAL);
	PROMISE_FAILS(clone_with(0, NULL, 1), EINVAL);
	PROMISE_FAILS(clone_with(0, &zero, 1), EINVAL);
	PROMISE_FAILS(clone_with(0, &negative, 1), EINVAL);
	PROMISE_FAILS(clone_with(0, &huge, 1), EINVAL);
	conforms();
}

PROBE(set_tid_cap, .what = "CAP_CHECKPOINT_RESTORE alone lets a task choose pids", .since = "5.9",
      .commit = "1caef81da05a", .kconfig = "CONFIG_PID_NS", .capability = "CAP_CHECKPOINT_RESTORE",
      .source = "clone(2)")
{
	pid_t pid;

	need_privilege("CAP_CHECKPOINT_RESTORE");
	/* A capability of a user namespace counts in its own pid namespaces only. */
	if (!in_init_userns() && !in_fresh_pidns())
		return;
	pid = spawn();
	if (pid == 0) {
		pid_t tid = free_pid();

		lose_privileges_but(CAP_CHECKPOINT_RESTORE);
		PROMISE_EQ(OFFERED(clone_one(tid), "set_tid", E2BIG), tid);
		_exit(0);
	}
	reap_good(pid);
	conforms();
}

PROBE(set_tid_refused, .what = "without a capability clone3 refuses to give a pid: EPERM",
      .since = "5.5", .commit = "49cb2fc42ce4", .kconfig = "CONFIG_PID_NS", .source = "clone(2)")
{
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		PROMISE_FAILS(clone_one(299), EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(size, .what = "clone3 takes structs of any size that say nothing it does not know",
      .since = "5.3", .commit = "7f192e3cd316", .source = "clone(2)")
{
	struct {
		struct clone_args args;
		uint64_t tail[4];
	} big = { .args.exit_signal = SIGCHLD };
	pid_t pid;

	/* 64 bytes were the first version. */
	for (size_t size = 64; size <= sizeof(big); size += size < sizeof(big.args) ? 8 : 32) {
		pid = OFFERED(clone3(&big.args, size), "clone3");
		if (pid == 0)
			_exit(0);
		reap_good(pid);
	}
	big.tail[1] = 1;
	PROMISE_FAILS(clone3(&big.args, sizeof(big)), E2BIG);
	PROMISE_FAILS(clone3(&big.args, 56), EINVAL);
	PROMISE_FAILS(clone3(&big.args, 8192), E2BIG);
	big.args.flags = 1ULL << 62;
	PROMISE_FAILS(clone3(&big.args, sizeof(big.args)), EINVAL);
}

PROBE(exit_signal, .what = "a task says its end with the signal it was made with", .since = "5.3",
      .commit = "7f192e3cd316", .source = "clone(2), proc_pid_stat(5)")
{
	const int wanted[] = { SIGCHLD, SIGUSR1, 0, SIGRTMIN + 3 };
	sigset_t all, pending;

	sigfillset(&all);
	NEED(sigprocmask(SIG_BLOCK, &all, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		struct clone_args args = { .exit_signal = wanted[i] };
		pid_t pid = OFFERED(clone3(&args, sizeof(args)), "clone3");
		siginfo_t info;

		if (pid == 0)
			linger();
		PROMISE_EQ(atoi(NEED(stat_field(pid, 38))), wanted[i]);
		end_task(pid);
		if (wanted[i]) {
			NEED(sigpending(&pending));
			PROMISE(sigismember(&pending, wanted[i]));
			NEED(sigwaitinfo(&all, &info));
			PROMISE_EQ(info.si_signo, wanted[i]);
			PROMISE_EQ(info.si_pid, pid);
		}
	}
}

PROBE(parent_newpid,
      .what = "CLONE_PARENT and CLONE_NEWPID go together: pid 1 of a new namespace, and a sibling",
      .since = "3.13", .kconfig = "CONFIG_PID_NS", .capability = "CAP_SYS_ADMIN",
      .source = "clone(2)", .guards = "clone-parent-newpid")
{
	pid_t *sibling = share(page_size()), child = spawn();

	if (child == 0) {
		pid_t pid = OFFERED((pid_t)syscall(SYS_clone, CLONE_PARENT | CLONE_NEWPID | SIGCHLD,
						   0, 0, 0, 0),
				    "CLONE_PARENT with CLONE_NEWPID", EINVAL);

		if (pid == 0) {
			PROMISE_EQ(getpid(), 1);
			_exit(0);
		}
		*sibling = pid;
		_exit(0);
	}
	reap_good(child);
	PROMISE_EQ(atoi(NEED(stat_field(*sibling, 4))), getpid());
	reap_good(*sibling);
}
