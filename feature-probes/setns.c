// SPDX-License-Identifier: GPL-2.0-only
/* unshare(2) and setns(2): into namespaces of one's own, and into those of others. */
#include <pthread.h>
#include <sched.h>

#include "probe.h"

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_NAMESPACES", .source = "setns(2)"

static int ns_of(pid_t pid, const char *link)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, link);
	return NEED(open(path, O_RDONLY | O_CLOEXEC));
}

static bool shared(pid_t a, pid_t b, const char *link)
{
	return streq(link_text("/proc/%d/ns/%s", a, link), link_text("/proc/%d/ns/%s", b, link));
}

PROBE(by_file, .what = "setns enters the namespace of a /proc/PID/ns file, if it is of that type",
      DECLARED("3.8"), .capability = "CAP_SYS_ADMIN")
{
	pid_t pid = spawn_in(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET);
	static const char *const links[] = { "uts", "ipc", "net" };

	if (pid == 0)
		linger();
	PROMISE_FAILS(setns(ns_of(pid, "uts"), CLONE_NEWIPC), EINVAL);
	PROMISE_FAILS(setns(STDIN_FILENO, 0), EINVAL);
	PROMISE_FAILS(setns(900, 0), EBADF);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		PROMISE(!shared(getpid(), pid, links[i]));
		/* 0 takes whatever it is. */
		OFFERED(setns(ns_of(pid, links[i]), 0), "setns");
		PROMISE(shared(getpid(), pid, links[i]));
	}
}

PROBE(by_pidfd, .what = "setns takes a pidfd and enters several namespaces of its process at once",
      .since = "5.8", .commit = "303cc571d107", .kconfig = "CONFIG_NAMESPACES",
      .capability = "CAP_SYS_ADMIN", .source = "setns(2)")
{
	pid_t pid = spawn_in(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET);
	int pidfd;

	if (pid == 0)
		linger();
	pidfd = NEED(syscall(SYS_pidfd_open, pid, 0));
	OFFERED(setns(pidfd, CLONE_NEWUTS | CLONE_NEWIPC), "setns by pidfd", EINVAL);
	PROMISE(shared(getpid(), pid, "uts"));
	PROMISE(shared(getpid(), pid, "ipc"));
	PROMISE(!shared(getpid(), pid, "net"));
	PROMISE_FAILS(setns(pidfd, 0), EINVAL);
	end_task(pid);
	PROMISE_FAILS(setns(pidfd, CLONE_NEWNET), ESRCH);
	PROMISE(!shared(getpid(), 1, "uts"));
}

PROBE(pid_for_children, .what = "a new pid namespace is for children: the task itself stays outside",
      DECLARED("3.8"), .capability = "CAP_SYS_ADMIN")
{
	char *mine = strdup(link_text("/proc/self/ns/pid"));
	pid_t first, second;

	if (unshare(CLONE_NEWPID) < 0) {
		need_privilege("CAP_SYS_ADMIN");
		OFFERED(-1, "pid namespaces", EINVAL);
	}
	PROMISE_STR(link_text("/proc/self/ns/pid"), mine);
	first = spawn();
	if (first == 0)
		linger();
	PROMISE(str_ends_with(NEED(status_field(first, "NSpid")), "\t1"));
	PROMISE(!shared(getpid(), first, "pid"));
	PROMISE_STR(link_text("/proc/self/ns/pid_for_children"),
		    link_text("/proc/%d/ns/pid", first));
	second = spawn();
	if (second == 0)
		linger();
	PROMISE(str_ends_with(NEED(status_field(second, "NSpid")), "\t2"));
	/* Its init gone, which waits for all others there, nobody can be born in it any more. */
	kill(first, SIGKILL);
	reap(second);
	reap(first);
	PROMISE_FAILS(fork(), ENOMEM);
}

PROBE(pid_up, .what = "setns goes down the tree of pid namespaces, never up: EINVAL or EPERM",
      DECLARED("3.8"), .capability = "CAP_SYS_ADMIN")
{
	int outer = ns_of(getpid(), "pid");
	pid_t pid = spawn_in(CLONE_NEWPID | CLONE_NEWNS);

	if (pid == 0) {
		/* That it belongs to a user namespace further up is noticed first. */
		PROMISE_FAILS(setns(outer, CLONE_NEWPID), in_init_userns() ? EINVAL : EPERM);
		_exit(0);
	}
	reap_good(pid);
}

static void *idle(void *unused)
{
	linger();
}

PROBE(threads, .what = "a task with threads cannot change its user, mount or time namespace",
      DECLARED("3.8"))
{
	int mine = ns_of(getpid(), "user");
	pthread_t thread;

	/* Into the one it is in already nobody goes again: that would give capabilities back. */
	PROMISE_FAILS(setns(mine, CLONE_NEWUSER), EINVAL);
	NEED(-pthread_create(&thread, NULL, idle, NULL));
	PROMISE_FAILS(unshare(CLONE_NEWUSER), EINVAL);
	/* CLONE_FS of the thread is what stands in the way here. */
	if (!have_cap(CAP_SYS_ADMIN) || !in_init_userns())
		return;
	PROMISE_FAILS(setns(ns_of(getpid(), "mnt"), CLONE_NEWNS), EINVAL);
	if (access("/proc/self/ns/time", F_OK) == 0)
		PROMISE_FAILS(setns(ns_of(getpid(), "time"), CLONE_NEWTIME), EUSERS);
}

PROBE(refused, .what = "without a capability over it nobody enters a namespace: EPERM",
      DECLARED("3.0"))
{
	int uts = ns_of(getpid(), "uts"), pid = spawn();

	if (pid == 0) {
		lose_privileges();
		PROMISE_FAILS(setns(uts, CLONE_NEWUTS), EPERM);
		PROMISE_FAILS(unshare(CLONE_NEWUTS), EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(userns_first, .what = "who enters a user namespace may enter what belongs to it",
      DECLARED("3.8"))
{
	pid_t pid = spawn(), entering;
	int pidfd;

	if (pid == 0) {
		own_root();
		NEED(unshare(CLONE_NEWUTS | CLONE_NEWIPC));
		NEED(sethostname("inside", 6));
		reach(1);
		linger();
	}
	await(1);
	pidfd = NEED(syscall(SYS_pidfd_open, pid, 0));
	entering = spawn();
	if (entering == 0) {
		char name[65];

		OFFERED(setns(pidfd, CLONE_NEWUSER | CLONE_NEWUTS), "setns by pidfd", EINVAL);
		NEED(gethostname(name, sizeof(name)));
		PROMISE_STR(name, "inside");
		PROMISE_EQ(getuid(), 0);
		PROMISE(have_cap(CAP_SYS_ADMIN));
		_exit(0);
	}
	reap_good(entering);
}

PROBE(external_net, .what = "a task in a network namespace made by others keeps exactly that one",
      DECLARED("3.0"), .capability = "CAP_SYS_ADMIN")
{
	pid_t maker = spawn_in(CLONE_NEWNET), pid;
	struct stat st, now;
	int fd;

	if (maker == 0)
		linger();
	fd = ns_of(maker, "net");
	NEED(fstat(fd, &st));
	pid = spawn();
	if (pid == 0) {
		NEED(setns(fd, CLONE_NEWNET));
		reach(1);
		linger();
	}
	await(1);
	end_task(maker);
	close(fd);
	NEED(fstat(ns_of(pid, "net"), &now));
	PROMISE_EQ(now.st_ino, st.st_ino);
}
