// SPDX-License-Identifier: GPL-2.0-only
/* Process descriptors: what they stand for, and what can be had through them. */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/statfs.h>

#include "probe.h"
#include "uapi/pidfd.h"

static int pidfd_open_(pid_t pid, unsigned int flags)
{
	return syscall(SYS_pidfd_open, pid, flags);
}

static int getfd(int pidfd, int fd, unsigned int flags)
{
	return syscall(SYS_pidfd_getfd, pidfd, fd, flags);
}

static int send_sig(int pidfd, int sig)
{
	return syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

/* Waits for the end of a child and leaves it a zombie. */
static void await_zombie(pid_t pid)
{
	siginfo_t info;

	NEED(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
}

PROBE(open_and_poll, .what = "a pidfd becomes readable when its process ends, not before",
      .since = "5.3", .commit = "32fcb426ec00", .source = "pidfd_open(2)")
{
	pid_t pid = spawn_idle();
	int fd = OFFERED(pidfd_open_(pid, 0), "pidfd_open");

	PROMISE_EQ(NEED(fcntl(fd, F_GETFD)), FD_CLOEXEC);
	PROMISE(!readable(fd));
	NEED(kill(pid, SIGKILL));
	await_zombie(pid);
	PROMISE(readable(fd));
	reap(pid);
	PROMISE(readable(fd));
	PROMISE_FAILS(pidfd_open_(pid, 0), ESRCH);
	PROMISE_FAILS(pidfd_open_(getpid(), 1), EINVAL);
}

static void *thread_until_1(void *tid)
{
	*(_Atomic pid_t *)tid = gettid();
	await(1);
	return NULL;
}

/* A task with a thread that ends at stage 1; the thread's tid. */
static pid_t spawn_threaded(void)
{
	_Atomic pid_t *tid = share(page_size());
	pthread_t thread;

	if (spawn() == 0) {
		NEED(-pthread_create(&thread, NULL, thread_until_1, (void *)tid));
		linger();
	}
	while (!*tid)
		usleep(100);
	return *tid;
}

PROBE(open_thread, .what = "without PIDFD_THREAD a pidfd is had for a thread group leader only",
      .since = "5.3", .commit = "32fcb426ec00", .source = "pidfd_open(2)")
{
	/* EINVAL up to 6.8; since then a task is looked for that leads a group, and not found. */
	PROMISE_FAILS(pidfd_open_(spawn_threaded(), 0), EINVAL, ENOENT);
}

PROBE(thread, .what = "PIDFD_THREAD gives a pidfd for one thread, files through it, and its end",
      .since = "6.9", .commit = "64bef697d33b", .source = "pidfd_open(2)")
{
	struct pollfd p = { .events = POLLIN };

	p.fd = OFFERED(pidfd_open_(spawn_threaded(), UAPI_PIDFD_THREAD), "PIDFD_THREAD", EINVAL);
	NEED(getfd(p.fd, 0, 0));
	PROMISE(!readable(p.fd));
	reach(1);
	PROMISE_EQ(NEED(poll(&p, 1, 5000)), 1);
}

PROBE(send_signal, .what = "pidfd_send_signal reaches its process and never another one",
      .since = "5.1", .commit = "3eb39f47934f", .source = "pidfd_send_signal(2)")
{
	pid_t pid = spawn_idle();
	int fd = NEED(pidfd_open_(pid, 0)), status;

	OFFERED(send_sig(fd, 0), "pidfd_send_signal");
	NEED(send_sig(fd, SIGTERM));
	status = reap(pid);
	PROMISE(WIFSIGNALED(status));
	PROMISE_EQ(WTERMSIG(status), SIGTERM);
	PROMISE_FAILS(send_sig(fd, 0), ESRCH);
	PROMISE_FAILS(send_sig(0, 0), EBADF);
}

PROBE(getfd_shares, .what = "pidfd_getfd gives the open file itself: both ends move one offset",
      .since = "5.6", .commit = "8649c322f75c", .source = "pidfd_getfd(2)")
{
	enum { THEIRS = 100 };
	pid_t pid = spawn();
	int pidfd, fd;

	if (pid == 0) {
		int own = NEED(memfd_create("shared", 0));

		NEED(dup2(own, THEIRS));
		NEED(lseek(THEIRS, 17, SEEK_SET));
		reach(1);
		await(2);
		PROMISE_EQ(NEED(lseek(own, 0, SEEK_CUR)), 4242);
		_exit(0);
	}
	await(1);
	pidfd = NEED(pidfd_open_(pid, 0));
	fd = OFFERED(getfd(pidfd, THEIRS, 0), "pidfd_getfd");
	PROMISE_EQ(NEED(fcntl(fd, F_GETFD)), FD_CLOEXEC);
	PROMISE_EQ(NEED(lseek(fd, 0, SEEK_CUR)), 17);
	NEED(lseek(fd, 4242, SEEK_SET));
	reach(2);
	reap_good(pid);
}

PROBE(getfd_refusals,
      .what = "pidfd_getfd says what is not there: a closed number, a flag, a task that ended",
      .since = "5.6", .commit = "8649c322f75c", .source = "pidfd_getfd(2)")
{
	pid_t pid = spawn_idle();
	int pidfd = NEED(pidfd_open_(pid, 0));

	OFFERED(getfd(pidfd, 0, 0), "pidfd_getfd");
	PROMISE_FAILS(getfd(pidfd, 900, 0), EBADF);
	PROMISE_FAILS(getfd(pidfd, -1, 0), EBADF);
	PROMISE_FAILS(getfd(pidfd, 0, 1), EINVAL);
	PROMISE_FAILS(getfd(0, 0, 0), EBADF);
	NEED(kill(pid, SIGKILL));
	await_zombie(pid);
	/* The files of a zombie are gone; how that is told has changed. */
	PROMISE_FAILS(getfd(pidfd, 0, 0), ESRCH, EBADF);
	reap(pid);
	PROMISE_FAILS(getfd(pidfd, 0, 0), ESRCH);
}

PROBE(getfd_refused, .what = "without the right to trace a task, pidfd_getfd says EPERM",
      .since = "5.6", .commit = "8649c322f75c", .source = "pidfd_getfd(2)")
{
	pid_t secretive = spawn(), asker;

	if (secretive == 0) {
		NEED(prctl(PR_SET_DUMPABLE, 0));
		reach(1);
		linger();
	}
	await(1);
	asker = spawn();
	if (asker == 0) {
		lose_privileges();
		OFFERED(getfd(NEED(pidfd_open_(getpid(), 0)), 0, 0), "pidfd_getfd");
		PROMISE_FAILS(getfd(NEED(pidfd_open_(secretive, 0)), 0, 0), EPERM);
		_exit(0);
	}
	reap_good(asker);
}

PROBE(fdinfo_pid, .what = "fdinfo of a pidfd has its Pid, of a zombie too, and -1 once reaped",
      .since = "5.2", .kconfig = "CONFIG_PROC_FS", .source = "pidfd_open(2), fs/pidfs.c")
{
	pid_t pid = spawn_idle();
	int fd = NEED(pidfd_open_(pid, 0));

	PROMISE_EQ(atoi(OFFERED(fdinfo_field(0, fd, "Pid"), "Pid line in fdinfo", ENODATA)), pid);
	PROMISE_EQ(atoi(OFFERED(fdinfo_field(0, fd, "NSpid"), "NSpid line in fdinfo", ENODATA)),
		   pid);
	NEED(kill(pid, SIGKILL));
	await_zombie(pid);
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, fd, "Pid"))), pid);
	reap(pid);
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, fd, "Pid"))), -1);
}

PROBE(fdinfo_nspid, .what = "fdinfo of a pidfd has a pid for each namespace the process is in",
      .since = "5.5", .kconfig = "CONFIG_PROC_FS CONFIG_PID_NS", .capability = "CAP_SYS_ADMIN",
      .source = "pidfd_open(2), fs/pidfs.c")
{
	pid_t pid = spawn_in(CLONE_NEWPID), outer = 0, inner = 0;
	int fd;

	if (pid == 0)
		linger();
	fd = NEED(pidfd_open_(pid, 0));
	PROMISE_EQ(sscanf(NEED(fdinfo_field(0, fd, "NSpid")), "%d %d", &outer, &inner), 2);
	PROMISE_EQ(outer, pid);
	PROMISE_EQ(inner, 1);
}

PROBE(fdinfo_foreign_ns,
      .what = "fdinfo of a pidfd says 0 for a process outside the reader's pid namespace",
      .since = "5.2", .kconfig = "CONFIG_PROC_FS CONFIG_PID_NS", .capability = "CAP_SYS_ADMIN",
      .source = "fs/pidfs.c")
{
	pid_t target = spawn_idle(), pid;
	int fd = NEED(pidfd_open_(target, 0));

	pid = spawn_in(CLONE_NEWPID | CLONE_NEWNS);
	if (pid == 0) {
		PROMISE_EQ(atoi(NEED(fdinfo_field(0, fd, "Pid"))), 0);
		_exit(0);
	}
	reap_good(pid);
}

/* An older kernel has the one inode of all anonymous files behind every pidfd. */
static void need_pidfs(int fd)
{
	struct statfs fs;

	NEED(fstatfs(fd, &fs));
	if (fs.f_type != UAPI_PIDFS_MAGIC)
		ABSENT("a pidfd is an anonymous inode");
}

PROBE(inode, .what = "pidfds of one process share an inode number that no other process has",
      .since = "6.9", .commit = "cb12fd8e0dab", .kconfig = "CONFIG_FS_PID", .source = "fs/pidfs.c")
{
	pid_t one = spawn_idle(), other = spawn_idle();
	int a = NEED(pidfd_open_(one, 0)), b = NEED(pidfd_open_(other, 0));
	struct stat sa, sb, again;

	need_pidfs(a);
	NEED(fstat(a, &sa));
	NEED(fstat(b, &sb));
	PROMISE_NE(sa.st_ino, sb.st_ino);
	PROMISE_EQ(sa.st_dev, sb.st_dev);
	NEED(fstat(NEED(pidfd_open_(one, 0)), &again));
	PROMISE_EQ(again.st_ino, sa.st_ino);

	/* The number outlives the process it stands for. */
	end_task(one);
	NEED(fstat(a, &again));
	PROMISE_EQ(again.st_ino, sa.st_ino);
}

static int get_info(int fd, struct uapi_pidfd_info *info, uint64_t mask)
{
	*info = (struct uapi_pidfd_info){ .mask = mask };
	return ioctl(fd, UAPI_PIDFD_GET_INFO, info);
}

/* Without the ioctl a pidfd says ENOTTY; 6.11 and 6.12 knew others and wanted no argument. */
#define OFFERED_INFO(...) OFFERED(get_info(__VA_ARGS__), "PIDFD_GET_INFO", ENOTTY, EINVAL)

PROBE(get_info, .what = "PIDFD_GET_INFO tells pids, ids and cgroup of a process", .since = "6.13",
      .commit = "cdda1f26e74b", .source = "include/uapi/linux/pidfd.h")
{
	struct uapi_pidfd_info info;
	pid_t pid = spawn_idle();
	int fd = NEED(pidfd_open_(pid, 0));

	OFFERED_INFO(fd, &info, ~0ULL);
	PROMISE_EQ(info.mask & 3, 3);
	PROMISE_EQ(info.pid, pid);
	PROMISE_EQ(info.tgid, pid);
	PROMISE_EQ(info.ppid, getpid());
	PROMISE_EQ(info.ruid, getuid());
	PROMISE_EQ(info.euid, geteuid());
	PROMISE_EQ(info.fsgid, getegid());
	PROMISE_EQ(info.mask & UAPI_PIDFD_INFO_EXIT, 0);
	if (info.mask & ~UAPI_PIDFD_INFO_KNOWN)
		NEW("PIDFD_GET_INFO mask bits %#llx",
		    (unsigned long long)(info.mask & ~UAPI_PIDFD_INFO_KNOWN));
}

PROBE(info_exit, .what = "PIDFD_GET_INFO tells how a process ended, once it is reaped",
      .since = "6.15", .commit = "7477d7dce48a", .source = "include/uapi/linux/pidfd.h")
{
	struct uapi_pidfd_info info;
	pid_t pid = spawn();
	int fd;

	if (pid == 0) {
		await(1);
		_exit(7);
	}
	fd = NEED(pidfd_open_(pid, 0));
	reach(1);
	await_zombie(pid);
	OFFERED_INFO(fd, &info, UAPI_PIDFD_INFO_EXIT);
	PROMISE_EQ(info.mask & UAPI_PIDFD_INFO_EXIT, 0);
	reap(pid);
	/* Before 6.15 there was nothing to tell of a reaped process. */
	OFFERED(get_info(fd, &info, UAPI_PIDFD_INFO_EXIT), "PIDFD_INFO_EXIT", ESRCH);
	PROMISE_EQ(info.mask & UAPI_PIDFD_INFO_EXIT, UAPI_PIDFD_INFO_EXIT);
	PROMISE_EQ(info.exit_code, 7 << 8);
}

PROBE(info_coredump, .what = "PIDFD_GET_INFO tells whether a process would leave a core dump",
      .since = "6.16", .source = "include/uapi/linux/pidfd.h")
{
	static const __u32 expected[] = { UAPI_PIDFD_COREDUMP_SKIP, UAPI_PIDFD_COREDUMP_USER };

	for (int dumpable = 0; dumpable < 2; dumpable++) {
		struct uapi_pidfd_info_2 got = { .info.mask = UAPI_PIDFD_INFO_COREDUMP };
		pid_t pid = spawn();
		int fd;

		if (pid == 0) {
			NEED(prctl(PR_SET_DUMPABLE, dumpable));
			reach(dumpable + 1);
			pause();
		}
		await(dumpable + 1);
		fd = NEED(pidfd_open_(pid, 0));
		OFFERED(ioctl(fd, UAPI_PIDFD_GET_INFO_2, &got), "PIDFD_GET_INFO", ENOTTY, EINVAL);
		if (!(got.info.mask & UAPI_PIDFD_INFO_COREDUMP))
			ABSENT("no PIDFD_INFO_COREDUMP");
		PROMISE_EQ(got.coredump_mask, expected[dumpable]);
		end_task(pid);
	}
}

static ino_t inode_of(int fd)
{
	struct stat st;

	NEED(fstat(fd, &st));
	return st.st_ino;
}

PROBE(namespaces, .what = "a pidfd opens each namespace of its process, the one /proc links to",
      .since = "6.11", .commit = "5b08bd408534", .source = "include/uapi/linux/pidfd.h")
{
	static const struct {
		unsigned long request;
		const char *link;
	} kinds[] = {
		{ UAPI_PIDFD_GET_CGROUP_NAMESPACE, "cgroup" },
		{ UAPI_PIDFD_GET_IPC_NAMESPACE, "ipc" },
		{ UAPI_PIDFD_GET_MNT_NAMESPACE, "mnt" },
		{ UAPI_PIDFD_GET_NET_NAMESPACE, "net" },
		{ UAPI_PIDFD_GET_PID_NAMESPACE, "pid" },
		{ UAPI_PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE, "pid_for_children" },
		{ UAPI_PIDFD_GET_TIME_NAMESPACE, "time" },
		{ UAPI_PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE, "time_for_children" },
		{ UAPI_PIDFD_GET_USER_NAMESPACE, "user" },
		{ UAPI_PIDFD_GET_UTS_NAMESPACE, "uts" },
	};
	pid_t pid = spawn_idle();
	int fd = NEED(pidfd_open_(pid, 0));

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct stat st;
		char path[64];
		int ns;

		ns = ioctl(fd, kinds[i].request, 0);
		if (ns < 0 && errno == EOPNOTSUPP) /* that kind is compiled out */
			continue;
		if (ns < 0 && errno == ENOTTY)
			ABSENT("no PIDFD_GET_*_NAMESPACE (ENOTTY)");
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kinds[i].link);
		NEED(stat(path, &st));
		if (ns < 0 || inode_of(ns) != st.st_ino)
			DEVIATES("%s namespace: %s", kinds[i].link,
				 ns < 0 ? errno_name(errno) : "another inode than /proc has");
	}
	PROMISE_FAILS(ioctl(fd, UAPI_PIDFD_GET_NET_NAMESPACE, 1), EINVAL);
	end_task(pid);
	PROMISE_FAILS(ioctl(fd, UAPI_PIDFD_GET_NET_NAMESPACE, 0), ESRCH);
}

PROBE(file_handle, .what = "a pidfd has a file handle that opens the same process again",
      .since = "6.14", .commit = "b3caba8f7a34", .kconfig = "CONFIG_FS_PID CONFIG_FHANDLE",
      .source = "fs/pidfs.c")
{
	struct {
		struct file_handle head;
		unsigned char bytes[128];
	} handle = { .head.handle_bytes = sizeof(handle.bytes) };
	pid_t pid = spawn_idle();
	int fd = NEED(pidfd_open_(pid, 0)), again, mnt;

	need_pidfs(fd);
	OFFERED(name_to_handle_at(fd, "", &handle.head, &mnt, AT_EMPTY_PATH),
		"file handles of pidfds", EOPNOTSUPP);
	again = NEED(open_by_handle_at(fd, &handle.head, 0));
	PROMISE_EQ(inode_of(again), inode_of(fd));
	NEED(send_sig(again, SIGKILL));
	reap(pid);
	close(again);
	PROMISE_FAILS(open_by_handle_at(fd, &handle.head, 0), ESTALE, ESRCH);
}

PROBE(self, .what = "PIDFD_SELF stands for a pidfd of the caller", .since = "6.15",
      .commit = "f08d0c3a7111", .source = "linux/pidfd.h")
{
	/* The second was -20000 before 6.17. */
	const int self_thread = -10000, self_process = -10001;

	if (syscall(SYS_pidfd_send_signal, self_thread, 0, NULL, 0) < 0 && errno == EBADF)
		ABSENT("no PIDFD_SELF (EBADF)");
	NEED(syscall(SYS_pidfd_send_signal, self_thread, 0, NULL, 0));
	if (syscall(SYS_pidfd_send_signal, self_process, 0, NULL, 0) < 0)
		NEED(syscall(SYS_pidfd_send_signal, -20000, 0, NULL, 0));
	PROMISE_FAILS(syscall(SYS_pidfd_send_signal, -30000, 0, NULL, 0), EBADF);
}

PROBE(dead,
      .what = "pidfds of one dead process are one process still, readable, and take no signal",
      .since = "6.9", .commit = "cb12fd8e0dab", .source = "fs/pidfs.c")
{
	pid_t pid = spawn_idle(), other = spawn_idle();
	int a = NEED(syscall(SYS_pidfd_open, pid, 0)), b = NEED(syscall(SYS_pidfd_open, pid, 0)),
	    c = NEED(syscall(SYS_pidfd_open, other, 0));
	struct stat st[3];

	end_task(pid);
	end_task(other);
	NEED(fstat(a, &st[0]));
	NEED(fstat(b, &st[1]));
	NEED(fstat(c, &st[2]));
	PROMISE(poll_now(a, POLLIN));
	PROMISE_FAILS(syscall(SYS_pidfd_send_signal, a, 0, NULL, 0), ESRCH);
	PROMISE_EQ(st[1].st_ino, st[0].st_ino);
	if (st[2].st_ino == st[0].st_ino)
		ABSENT("a pidfd is an anonymous inode");
	PROMISE_EQ(syscall(SYS_kcmp, getpid(), getpid(), 0, a, b) == 0, false);
}

GAP(dead_again,
    .what = "nobody makes a pidfd of a process that is no more, with its identity and its end",
    .source = "fs/pidfs.c")
{
	struct {
		struct file_handle head;
		uint64_t ino;
	} h = { .head.handle_bytes = 8 };
	pid_t pid = spawn_idle();
	int fd = NEED(syscall(SYS_pidfd_open, pid, 0)), id;

	OFFERED(name_to_handle_at(fd, "", &h.head, &id, AT_EMPTY_PATH), "file handle of a pidfd",
		EOPNOTSUPP);
	close(fd);
	end_task(pid);
	TRIED_TO("pidfd_open", syscall(SYS_pidfd_open, pid, 0));
	TRIED_TO("open_by_handle_at",
		 open_by_handle_at(NEED(syscall(SYS_pidfd_open, getpid(), 0)), &h.head, 0));
}
