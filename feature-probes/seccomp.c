// SPDX-License-Identifier: GPL-2.0-only
/* Seccomp filters: installing, reading back, and working under one. */
#include <linux/audit.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "probe.h"
#include "uapi/ptrace.h"
#include "uapi/seccomp.h"

static int install(const struct sock_filter *insns, size_t n, unsigned int flags)
{
	struct sock_fprog prog = { .len = n, .filter = (struct sock_filter *)insns };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

#define OFFERED_FILTER(...) OFFERED(install(__VA_ARGS__), "seccomp filters", EINVAL)

/* Allows all; `mark` tells one from another. */
static int install_marked(unsigned int mark, unsigned int flags)
{
	const struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_IMM, mark),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	return install(insns, ARRAY_SIZE(insns), flags);
}

/* Does `action` to getppid(), allows the rest. */
static int install_against_getppid(unsigned int action, unsigned int flags)
{
	const struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	return install(insns, ARRAY_SIZE(insns), flags);
}

PROBE(status, .what = "status shows the seccomp mode and how many filters a task has",
      .since = "5.9", .commit = "c818c03b661c", .kconfig = "CONFIG_SECCOMP_FILTER",
      .source = "proc_pid_status(5)")
{
	int base = atoi(
		OFFERED(status_field(0, "Seccomp_filters"), "Seccomp_filters in status", ENODATA));

	for (int i = 1; i <= 3; i++) {
		OFFERED_FILTER(
			(struct sock_filter[]){ BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) }, 1,
			0);
		PROMISE_EQ(atoi(NEED(status_field(0, "Seccomp"))), 2);
		PROMISE_EQ(atoi(NEED(status_field(0, "Seccomp_filters"))), base + i);
	}
	PROMISE_EQ(atoi(NEED(status_field(0, "NoNewPrivs"))), 1);
}

#define READING                                                                                    \
	.since = "4.4", .commit = "f8e529ed941b",                                                  \
	.kconfig = "CONFIG_SECCOMP_FILTER CONFIG_CHECKPOINT_RESTORE", .source = "ptrace(2)",       \
	.capability = "CAP_SYS_ADMIN in the initial user namespace"

static long get_filter(pid_t pid, long index, struct sock_filter *to)
{
	return ptrace(UAPI_PTRACE_SECCOMP_GET_FILTER, pid, index, to);
}

/* A stopped task with two marked filters, the older one first. */
static pid_t spawn_filtered(unsigned int newer_flags)
{
	pid_t pid = spawn();

	if (prctl(PR_GET_SECCOMP) > 0)
		BROKEN("a seccomp filter is on this task");
	if (pid == 0) {
		OFFERED(install_marked(0x01d, 0), "seccomp filters", EINVAL);
		NEED(install_marked(0x0e3, newer_flags));
		reach(1);
		linger();
	}
	await(1);
	seize_stopped(pid, 0);
	return pid;
}

PROBE(get_filter, .what = "PTRACE_SECCOMP_GET_FILTER reads filters back, 0 being the oldest",
      READING)
{
	struct sock_filter insns[8];
	pid_t pid = spawn_filtered(0);

	/* EIO: no such request; EINVAL: without CONFIG_CHECKPOINT_RESTORE, for instance. */
	PROMISE_EQ(OFFERED(get_filter(pid, 0, NULL), "PTRACE_SECCOMP_GET_FILTER", EIO, EINVAL), 2);
	PROMISE_EQ(NEED(get_filter(pid, 0, insns)), 2);
	PROMISE_EQ(insns[0].code, BPF_LD | BPF_IMM);
	PROMISE_EQ(insns[0].k, 0x01d);
	PROMISE_EQ(insns[1].k, SECCOMP_RET_ALLOW);
	PROMISE_EQ(NEED(get_filter(pid, 1, insns)), 2);
	PROMISE_EQ(insns[0].k, 0x0e3);
	PROMISE_FAILS(get_filter(pid, 2, insns), ENOENT);

	pid = spawn_idle();
	seize_stopped(pid, 0);
	PROMISE_FAILS(get_filter(pid, 0, insns), EINVAL);
}

PROBE(get_metadata, .what = "PTRACE_SECCOMP_GET_METADATA tells which filters log", .since = "4.16",
      .kconfig = "CONFIG_SECCOMP_FILTER CONFIG_CHECKPOINT_RESTORE", .source = "ptrace(2)",
      .capability = "CAP_SYS_ADMIN in the initial user namespace")
{
	struct uapi_seccomp_metadata md = { .filter_off = 0, .flags = ~0ULL };
	pid_t pid = spawn_filtered(SECCOMP_FILTER_FLAG_LOG);

	PROMISE_EQ(OFFERED(ptrace(UAPI_PTRACE_SECCOMP_GET_METADATA, pid, sizeof(md), &md),
			   "PTRACE_SECCOMP_GET_METADATA", EIO, EINVAL),
		   sizeof(md));
	PROMISE_EQ(md.flags, 0);
	md.filter_off = 1;
	NEED(ptrace(UAPI_PTRACE_SECCOMP_GET_METADATA, pid, sizeof(md), &md));
	PROMISE_EQ(md.flags, SECCOMP_FILTER_FLAG_LOG);
	md.filter_off = 2;
	PROMISE_FAILS(ptrace(UAPI_PTRACE_SECCOMP_GET_METADATA, pid, sizeof(md), &md), ENOENT);
	PROMISE_FAILS(ptrace(UAPI_PTRACE_SECCOMP_GET_METADATA, pid, 4, &md), EINVAL);
}

PROBE(get_filter_refused, .what = "without CAP_SYS_ADMIN filters cannot be read back: EACCES",
      .since = "4.4", .commit = "f8e529ed941b",
      .kconfig = "CONFIG_SECCOMP_FILTER CONFIG_CHECKPOINT_RESTORE", .source = "ptrace(2)")
{
	pid_t tracer = spawn();
	struct sock_filter insns[8];

	if (tracer == 0) {
		lose_privileges();
		PROMISE_FAILS(get_filter(spawn_filtered(0), 0, insns), EACCES);
		_exit(0);
	}
	reap_good(tracer);
}

#define SUSPEND                                                                                    \
	.since = "4.3", .commit = "13c4a90119d2",                                                  \
	.kconfig = "CONFIG_SECCOMP CONFIG_CHECKPOINT_RESTORE", .source = "ptrace(2)"

PROBE(suspend, .what = "PTRACE_O_SUSPEND_SECCOMP lets a task make forbidden calls, while it lasts",
      SUSPEND, .capability = "CAP_SYS_ADMIN in the initial user namespace")
{
	pid_t pid = spawn();
	int status;

	if (pid == 0) {
		OFFERED(install_against_getppid(SECCOMP_RET_KILL_PROCESS, 0), "seccomp filters",
			EINVAL);
		reach(1);
		await(2);
		getppid();
		reach(3);
		await(4);
		getppid();
		DEVIATES("the filter does not kill");
	}
	await(1);
	OFFERED(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_SUSPEND_SECCOMP), "PTRACE_O_SUSPEND_SECCOMP",
		EINVAL);
	reach(2);
	await(3);
	interrupt(pid);
	let_go(pid);
	reach(4);
	status = reap(pid);
	PROMISE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

PROBE(suspend_refused, .what = "PTRACE_O_SUSPEND_SECCOMP is for the privileged: EPERM", SUSPEND)
{
	pid_t tracer = spawn(), pid;

	if (tracer == 0) {
		lose_privileges();
		pid = spawn_idle();
		if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_SUSPEND_SECCOMP) < 0 && errno == EINVAL)
			ABSENT("no PTRACE_O_SUSPEND_SECCOMP (EINVAL)");
		PROMISE_FAILS(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_SUSPEND_SECCOMP), EPERM);
		_exit(0);
	}
	reap_good(tracer);
}

struct call {
	int stage; /* called then; we are there at the one before */
	int err;
};

static void *call_when_told(void *arg)
{
	struct call *call = arg;

	reach(call->stage - 1);
	await(call->stage);
	errno = 0;
	syscall(SYS_getppid);
	call->err = errno;
	return NULL;
}

PROBE(tsync, .what = "SECCOMP_FILTER_FLAG_TSYNC puts a filter on every thread", .since = "3.17",
      .kconfig = "CONFIG_SECCOMP_FILTER", .source = "seccomp(2)", .guards = "seccomp-tsync-next")
{
	pid_t pid = spawn();
	int status;

	if (pid == 0) {
		struct call first = { .stage = 2 }, second = { .stage = 4 };
		pthread_t t, u;

		NEED(-pthread_create(&t, NULL, call_when_told, &first));
		await(1);
		OFFERED(install_against_getppid(SECCOMP_RET_ERRNO | ENOTNAM,
						SECCOMP_FILTER_FLAG_TSYNC),
			"SECCOMP_FILTER_FLAG_TSYNC", EINVAL);
		reach(2);
		NEED(-pthread_join(t, NULL));
		PROMISE_EQ(first.err, ENOTNAM);
		/* And one that kills the task for what a thread does. */
		NEED(-pthread_create(&u, NULL, call_when_told, &second));
		await(3);
		NEED(install_against_getppid(SECCOMP_RET_KILL_PROCESS, SECCOMP_FILTER_FLAG_TSYNC));
		reach(4);
		NEED(-pthread_join(u, NULL));
		DEVIATES("the filter does not kill");
	}
	status = reap(pid);
	PROMISE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

static void *filter_of_its_own(void *tid)
{
	NEED(install_marked(0x7ead, 0));
	*(_Atomic pid_t *)tid = gettid();
	linger();
}

PROBE(tsync_diverged, .what = "TSYNC names a thread whose filters are not those of the caller",
      .since = "3.17", .kconfig = "CONFIG_SECCOMP_FILTER", .source = "seccomp(2)")
{
	_Atomic pid_t tid = 0;
	pthread_t t;
	int base = 0;

	OFFERED(install_marked(1, 0), "seccomp filters", EINVAL);
	NEED(-pthread_create(&t, NULL, filter_of_its_own, (void *)&tid));
	while (!tid)
		usleep(100);
	base = atoi(NEED(status_field(0, "Seccomp_filters")));
	PROMISE_EQ(OFFERED(install_marked(2, SECCOMP_FILTER_FLAG_TSYNC),
			   "SECCOMP_FILTER_FLAG_TSYNC", EINVAL),
		   tid);
	PROMISE_EQ(atoi(NEED(status_field(0, "Seccomp_filters"))), base);
}

PROBE(listener, .what = "a filter's listener is known by its name, and there is one at most",
      .since = "5.0", .commit = "6a21cc50f0c7", .kconfig = "CONFIG_SECCOMP_FILTER",
      .source = "seccomp_unotify(2)")
{
	int fd = OFFERED(install_marked(1, SECCOMP_FILTER_FLAG_NEW_LISTENER),
			 "SECCOMP_FILTER_FLAG_NEW_LISTENER", EINVAL);

	PROMISE_STR(link_text("/proc/self/fd/%d", fd), "anon_inode:seccomp notify");
	PROMISE_FAILS(install_marked(2, SECCOMP_FILTER_FLAG_NEW_LISTENER), EBUSY);
	close(fd);
}

static pid_t spawn_marked(unsigned int flags)
{
	static int stage = 10;
	pid_t pid = spawn();

	stage++;
	if (pid == 0) {
		OFFERED(install_marked(1, flags), "such a seccomp filter", EINVAL);
		reach(stage);
		linger();
	}
	await(stage);
	return pid;
}

GAP(listener_filter,
    .what = "nobody tells which filter a listener listens to, nor that a filter has one",
    .kconfig = "CONFIG_SECCOMP_FILTER", .source = "seccomp_unotify(2)")
{
	pid_t without = spawn_marked(0), with = spawn_marked(SECCOMP_FILTER_FLAG_NEW_LISTENER);

	tried_tasks(with, without);
}

GAP(notifications, .what = "nobody tells from outside what waits for an answer of a listener",
    .kconfig = "CONFIG_SECCOMP_FILTER", .source = "seccomp_unotify(2)")
{
	int ends[2][2];
	pid_t pid;

	/* Each of two tasks has a filter with a listener, which it sends here; one then runs into it. */
	for (int i = 0; i < 2; i++) {
		NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]));
		pid = spawn();
		if (pid == 0) {
			int fd = OFFERED(install_against_getppid(SECCOMP_RET_USER_NOTIF,
								 SECCOMP_FILTER_FLAG_NEW_LISTENER),
					 "SECCOMP_FILTER_FLAG_NEW_LISTENER", EINVAL);

			NEED(send_fd(ends[i][1], fd));
			if (i == 1)
				syscall(SYS_getppid);
			linger();
		}
		ends[i][0] = NEED(recv_fd(ends[i][0]));
	}
	for (int i = 0; i < 1000 && !poll_now(ends[1][0], POLLIN); i++)
		usleep(1000);
	PROMISE(poll_now(ends[1][0], POLLIN));
	tried_files(ends[1][0], ends[0][0]);
	TRIED_TO("read", read(ends[1][0], &pid, sizeof(pid)));
}

GAP(sharing,
    .what = "nobody tells whether two tasks have one filter or each its own that says the same",
    .kconfig = "CONFIG_SECCOMP_FILTER", .source = "kernel/seccomp.c, kcmp(2)")
{
	pid_t own = spawn(), shared;

	if (own == 0) {
		OFFERED(install_marked(1, 0), "seccomp filters", EINVAL);
		reach(1);
		linger();
	}
	await(1);
	OFFERED(install_marked(1, 0), "seccomp filters", EINVAL);
	shared = spawn_idle();
	tried_tasks(shared, own);
	for (int type = 8; type < 12; type++)
		TRIED_TO("a type of kcmp unknown yet",
			 syscall(SYS_kcmp, getpid(), shared, type, 0, 0));
}
