// SPDX-License-Identifier: GPL-2.0-only
/* What prctl(2) keeps for a task, which mostly the task alone can read. */
#include <sched.h>
#include <sys/prctl.h>

#include "probe.h"
#include "uapi/prctl.h"

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#define PR_GET_IO_FLUSHER 58
#endif

PROBE(child_subreaper, .what = "orphans go to the nearest subreaper, which children of it are not",
      .since = "3.4", .commit = "ebec18a6d3aa", .source = "PR_SET_CHILD_SUBREAPER(2const)")
{
	int is = -1;
	pid_t child, *orphan = share(page_size());

	NEED(prctl(PR_GET_CHILD_SUBREAPER, &is));
	PROMISE_EQ(is, 0);
	NEED(prctl(PR_SET_CHILD_SUBREAPER, 1));
	NEED(prctl(PR_GET_CHILD_SUBREAPER, &is));
	PROMISE_EQ(is, 1);
	child = fork();
	if (child == 0) {
		NEED(prctl(PR_GET_CHILD_SUBREAPER, &is));
		PROMISE_EQ(is, 0);
		pid_t grandchild = fork();

		if (grandchild == 0) {
			reach(1);
			linger();
		}
		await(1);
		*orphan = grandchild;
		_exit(0);
	}
	reap_good(NEED(child));
	PROMISE_EQ(atoi(NEED(stat_field(*orphan, 4))), getpid());
}

PROBE(pdeathsig, .what = "the signal at a parent's death is told, sent, and not inherited",
      .since = "2.4", .source = "PR_SET_PDEATHSIG(2const)")
{
	int ends[2], sig = -1;
	pid_t parent;
	char byte;

	NEED(pipe(ends));
	parent = fork();
	if (parent == 0) {
		pid_t child = fork();

		if (child == 0) {
			sigset_t usr;
			siginfo_t info;

			sigemptyset(&usr);
			sigaddset(&usr, SIGUSR1);
			NEED(sigprocmask(SIG_BLOCK, &usr, NULL));
			NEED(prctl(PR_GET_PDEATHSIG, &sig));
			PROMISE_EQ(sig, 0);
			NEED(prctl(PR_SET_PDEATHSIG, SIGUSR1));
			NEED(prctl(PR_GET_PDEATHSIG, &sig));
			PROMISE_EQ(sig, SIGUSR1);
			reach(1);
			NEED(sigwaitinfo(&usr, &info));
			PROMISE_EQ(info.si_signo, SIGUSR1);
			NEED(write(ends[1], "!", 1));
			_exit(0);
		}
		NEED(prctl(PR_SET_PDEATHSIG, SIGUSR2));
		await(1);
		_exit(0);
	}
	reap_good(NEED(parent));
	close(ends[1]);
	PROMISE_EQ(read(ends[0], &byte, 1), 1);
}

PROBE(pdeathsig_credentials,
      .what = "a change of credentials clears the signal at a parent's death", .since = "2.6.30",
      .capability = "CAP_SETUID", .source = "PR_SET_PDEATHSIG(2const)")
{
	pid_t pid = spawn();
	int sig = -1;

	need_privilege("CAP_SETUID");
	if (pid == 0) {
		NEED(prctl(PR_SET_PDEATHSIG, SIGKILL));
		if (setresuid(5, 5, 5) < 0 && errno == EINVAL)
			MACHINE_LACKS("this user namespace has no second user");
		NEED(prctl(PR_GET_PDEATHSIG, &sig));
		PROMISE_EQ(sig, 0);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(dumpable, .what = "a task that is not dumpable has its /proc files owned by root",
      .since = "2.3.20", .source = "PR_SET_DUMPABLE(2const)")
{
	pid_t pid = spawn();
	struct stat st;
	char path[64];

	if (pid == 0) {
		lose_privileges();
		PROMISE_EQ(NEED(prctl(PR_GET_DUMPABLE)), 1);
		close(NEED(open("/proc/self/environ", O_RDONLY)));
		NEED(prctl(PR_SET_DUMPABLE, 0));
		PROMISE_EQ(NEED(prctl(PR_GET_DUMPABLE)), 0);
		/* Not even its own. */
		PROMISE_FAILS(open("/proc/self/environ", O_RDONLY), EACCES);
		reach(1);
		await(2);
		/* 2 is the kernel's own to give. */
		PROMISE_FAILS(prctl(PR_SET_DUMPABLE, 2), EINVAL);
		PROMISE_FAILS(prctl(PR_SET_DUMPABLE, 3), EINVAL);
		_exit(0);
	}
	await(1);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	NEED(stat(path, &st));
	/* Root of the namespace the program was started in, which may be one with no number here. */
	if (in_init_userns())
		PROMISE_EQ(st.st_uid, 0);
	reach(2);
	reap_good(pid);
}

PROBE(dumpable_credentials, .what = "a change of credentials leaves fs.suid_dumpable for dumpable",
      .since = "2.6.13", .capability = "CAP_SETUID", .source = "PR_SET_DUMPABLE(2const)")
{
	int suid = atoi(NEED(slurp("/proc/sys/fs/suid_dumpable")));
	pid_t pid = spawn();

	need_privilege("CAP_SETUID");
	if (pid == 0) {
		NEED(prctl(PR_SET_DUMPABLE, 1));
		if (setresuid(-1, 5, -1) < 0 && errno == EINVAL)
			MACHINE_LACKS("this user namespace has no second user");
		PROMISE_EQ(NEED(prctl(PR_GET_DUMPABLE)), suid);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(io_flusher, .what = "PR_SET_IO_FLUSHER is told again, and inherited", .since = "5.6",
      .commit = "8d19f1c8e193", .capability = "CAP_SYS_RESOURCE in the initial user namespace",
      .source = "PR_SET_IO_FLUSHER(2const)")
{
	pid_t child;

	PROMISE_EQ(OFFERED(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), "PR_GET_IO_FLUSHER", EINVAL), 0);
	NEED(prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0));
	PROMISE_EQ(NEED(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0)), 1);
	child = spawn();
	if (child == 0) {
		PROMISE_EQ(NEED(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0)), 1);
		NEED(prctl(PR_SET_IO_FLUSHER, 0, 0, 0, 0));
		_exit(0);
	}
	reap_good(child);
}

PROBE(io_flusher_refused,
      .what = "PR_SET_IO_FLUSHER and PR_GET_IO_FLUSHER want CAP_SYS_RESOURCE: EPERM",
      .since = "5.6", .commit = "8d19f1c8e193", .source = "PR_SET_IO_FLUSHER(2const)")
{
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		PROMISE_FAILS(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), EPERM);
		PROMISE_FAILS(prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0), EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(timerslack, .what = "the timer slack reads back; 0 takes the default again",
      .since = "2.6.28", .commit = "6976675d9404", .source = "PR_SET_TIMERSLACK(2const)")
{
	long was = NEED(prctl(PR_GET_TIMERSLACK)), child_default;
	pid_t child;

	NEED(prctl(PR_SET_TIMERSLACK, 123456));
	PROMISE_EQ(NEED(prctl(PR_GET_TIMERSLACK)), 123456);
	child = spawn();
	if (child == 0) {
		/* A child's default is what its creator had. */
		NEED(prctl(PR_SET_TIMERSLACK, 5));
		NEED(prctl(PR_SET_TIMERSLACK, 0));
		child_default = NEED(prctl(PR_GET_TIMERSLACK));
		PROMISE_EQ(child_default, 123456);
		_exit(0);
	}
	reap_good(child);
	NEED(prctl(PR_SET_TIMERSLACK, 0));
	PROMISE_EQ(NEED(prctl(PR_GET_TIMERSLACK)), was);
}

PROBE(futex_hash, .what = "the slots of a process's futex hash read back as they were set",
      .since = "6.16", .kconfig = "CONFIG_FUTEX_PRIVATE_HASH", .source = "PR_FUTEX_HASH(2const)")
{
	OFFERED(prctl(PR_FUTEX_HASH, PR_FUTEX_HASH_SET_SLOTS, 64, 0, 0), "PR_FUTEX_HASH", EINVAL);
	PROMISE_EQ(NEED(prctl(PR_FUTEX_HASH, PR_FUTEX_HASH_GET_SLOTS, 0, 0, 0)), 64);
	PROMISE_FAILS(prctl(PR_FUTEX_HASH, PR_FUTEX_HASH_SET_SLOTS, 63, 0, 0), EINVAL);
	/* 0: the one that everybody shares. */
	NEED(prctl(PR_FUTEX_HASH, PR_FUTEX_HASH_SET_SLOTS, 0, 0, 0));
	PROMISE_EQ(NEED(prctl(PR_FUTEX_HASH, PR_FUTEX_HASH_GET_SLOTS, 0, 0, 0)), 0);
}

/* A child that has done one prctl() and waits. */
static pid_t spawn_after(int option, unsigned long value)
{
	static int stage;
	pid_t pid = spawn();

	stage++;
	if (pid == 0) {
		if (option)
			OFFERED(prctl(option, value, 0, 0, 0), "option of prctl", EINVAL);
		reach(stage);
		linger();
	}
	await(stage);
	return pid;
}

#define GAP_OF(name, option, value)                                                                \
	GAP(name, .what = "nobody but the task itself reads what " #option " has set",             \
	    .source = "prctl(2)")                                                                  \
	{                                                                                          \
		pid_t with = spawn_after(option, value);                                           \
                                                                                                   \
		tried_tasks(with, spawn_after(0, 0));                                              \
	}

GAP_OF(mdwe_remote, PR_SET_MDWE, 1)
GAP_OF(child_subreaper_remote, PR_SET_CHILD_SUBREAPER, 1)
GAP_OF(pdeathsig_remote, PR_SET_PDEATHSIG, SIGUSR1)
GAP_OF(keepcaps_remote, PR_SET_KEEPCAPS, 1)
GAP_OF(tsc_remote, PR_SET_TSC, 2)

GAP(io_flusher_remote, .what = "nobody but the task itself reads what PR_SET_IO_FLUSHER has set",
    .capability = "CAP_SYS_RESOURCE in the initial user namespace",
    .source = "PR_SET_IO_FLUSHER(2const)")
{
	pid_t with = spawn_after(PR_SET_IO_FLUSHER, 1);

	tried_tasks(with, spawn_after(0, 0));
}
