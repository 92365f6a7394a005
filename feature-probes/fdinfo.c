// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/fdinfo and /proc/PID/fd: what every open file has, and the words for the rest. */
#include <dirent.h>
#include <linux/bpf.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#include "probe.h"
#include "uapi/userfaultfd.h"

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_PROC_FS", .source = "proc_pid_fdinfo(5)"

PROBE(pos_and_flags, .what = "fdinfo shows position and flags of an open file, close-on-exec too",
      DECLARED("3.1"))
{
	int fd = workfile("file");
	int other = NEED(open("file", O_WRONLY | O_APPEND | O_CLOEXEC));
	int path = NEED(open("file", O_PATH));

	NEED(lseek(fd, 0x100000001, SEEK_SET));
	PROMISE_STR(NEED(fdinfo_field(0, fd, "pos")), "4294967297");
	PROMISE_EQ(strtol(NEED(fdinfo_field(0, fd, "flags")), NULL, 8),
		   NEED(fcntl(fd, F_GETFL)) | O_CLOEXEC);
	NEED(fcntl(fd, F_SETFD, 0));
	PROMISE_EQ(strtol(NEED(fdinfo_field(0, fd, "flags")), NULL, 8), NEED(fcntl(fd, F_GETFL)));
	PROMISE_EQ(strtol(NEED(fdinfo_field(0, other, "flags")), NULL, 8) &
			   (O_ACCMODE | O_APPEND | O_CLOEXEC),
		   O_WRONLY | O_APPEND | O_CLOEXEC);
	PROMISE_EQ(strtol(NEED(fdinfo_field(0, path, "flags")), NULL, 8) & O_PATH, O_PATH);
}

/* Whether a mount id is the first field of a line of mountinfo. */
static bool in_mountinfo(int id)
{
	char *text = NEED(slurp("/proc/self/mountinfo"));

	for_each_line(line, text)
		if (atoi(line) == id)
			return true;
	return false;
}

PROBE(mnt_id, .what = "fdinfo tells the mount a file was opened on, of two of one file as well",
      .since = "3.15", .commit = "49d063cb3532", .kconfig = "CONFIG_PROC_FS",
      .capability = "CAP_SYS_ADMIN", .source = "proc_pid_fdinfo(5)")
{
	struct statx stx;
	int fd, bound, id;

	own_mounts();
	close(workfile("file"));
	NEED(mkdir("bind", 0755));
	NEED(mount(".", "bind", NULL, MS_BIND, NULL));
	fd = NEED(open("file", O_RDONLY));
	bound = NEED(open("bind/file", O_RDONLY));
	id = atoi(NEED(fdinfo_field(0, fd, "mnt_id")));
	PROMISE(in_mountinfo(id));
	PROMISE(in_mountinfo(atoi(NEED(fdinfo_field(0, bound, "mnt_id")))));
	PROMISE_NE(atoi(NEED(fdinfo_field(0, bound, "mnt_id"))), id);
	NEED(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &stx));
	if (!(stx.stx_mask & STATX_MNT_ID))
		ABSENT("no STATX_MNT_ID to compare with");
	PROMISE_EQ(stx.stx_mnt_id, id);
}

PROBE(mnt_id_after_unshare,
      .what = "a file opened before its task left the mount namespace has a mount not in mountinfo",
      .since = "3.15", .kconfig = "CONFIG_PROC_FS", .capability = "CAP_SYS_ADMIN",
      .source = "proc_pid_fdinfo(5)", .guards = "mnt-id-not-in-mountinfo")
{
	int fd = workfile("file"), id = atoi(NEED(fdinfo_field(0, fd, "mnt_id")));

	PROMISE(in_mountinfo(id));
	own_mounts();
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, fd, "mnt_id"))), id);
	PROMISE(!in_mountinfo(id));
	/* The same file by its path is on the new namespace's copy of the mount. */
	PROMISE(in_mountinfo(atoi(NEED(fdinfo_field(0, NEED(open("file", O_RDONLY)), "mnt_id")))));
}

PROBE(ino, .what = "fdinfo tells the inode of files, pipes and sockets", .since = "5.14",
      .commit = "3845f256a8b5", .kconfig = "CONFIG_PROC_FS", .source = "proc_pid_fdinfo(5)")
{
	int fds[4];
	struct stat st;

	fds[0] = workfile("file");
	NEED(pipe(fds + 1));
	fds[3] = NEED(socket(AF_UNIX, SOCK_STREAM, 0));
	for (int i = 0; i < 4; i++) {
		char *ino = OFFERED(fdinfo_field(0, fds[i], "ino"), "ino line in fdinfo", ENODATA);

		NEED(fstat(fds[i], &st));
		PROMISE_EQ(strtoul(ino, NULL, 10), st.st_ino);
	}
}

PROBE(links, .what = "the links in /proc/PID/fd say what sort of file each is", .since = "2.6",
      .kconfig = "CONFIG_PROC_FS", .source = "proc_pid_fd(5)")
{
	int fd = workfile("file"), pipes[2], sk = NEED(socket(AF_UNIX, SOCK_STREAM, 0)), again;
	char want[64];
	struct stat st, now;

	PROMISE(str_ends_with(link_text("/proc/self/fd/%d", fd), "/file"));
	NEED(unlink("file"));
	PROMISE(str_ends_with(link_text("/proc/self/fd/%d", fd), "/file (deleted)"));
	NEED(pipe(pipes));
	NEED(fstat(pipes[0], &st));
	snprintf(want, sizeof(want), "pipe:[%lu]", st.st_ino);
	PROMISE_STR(link_text("/proc/self/fd/%d", pipes[0]), want);
	NEED(fstat(sk, &st));
	snprintf(want, sizeof(want), "socket:[%lu]", st.st_ino);
	PROMISE_STR(link_text("/proc/self/fd/%d", sk), want);
	PROMISE_STR(link_text("/proc/self/fd/%d", NEED(eventfd(0, 0))), "anon_inode:[eventfd]");
	PROMISE_STR(link_text("/proc/self/fd/%d", NEED(epoll_create1(0))),
		    "anon_inode:[eventpoll]");
	PROMISE_STR(link_text("/proc/self/fd/%d", NEED(inotify_init1(0))), "anon_inode:inotify");
	PROMISE_STR(link_text("/proc/self/fd/%d", NEED(timerfd_create(CLOCK_MONOTONIC, 0))),
		    "anon_inode:[timerfd]");

	/* Opening one gives another open file of the same inode; of a socket there is no other. */
	snprintf(want, sizeof(want), "/proc/self/fd/%d", fd);
	NEED(lseek(fd, 5, SEEK_SET));
	again = NEED(open(want, O_RDONLY));
	NEED(fstat(fd, &st));
	NEED(fstat(again, &now));
	PROMISE_EQ(now.st_ino, st.st_ino);
	PROMISE_EQ(NEED(lseek(again, 0, SEEK_CUR)), 0);
	snprintf(want, sizeof(want), "/proc/self/fd/%d", sk);
	PROMISE_FAILS(open(want, O_RDONLY), ENXIO);
}

PROBE(fd_count, .what = "the size of /proc/PID/fd is the number of open files", .since = "6.2",
      .commit = "f1f1f2569901", .kconfig = "CONFIG_PROC_FS", .source = "proc_pid_fd(5)")
{
	struct stat st;

	NEED(dup2(0, 300));
	NEED(stat("/proc/self/fd", &st));
	if (st.st_size == 0)
		ABSENT("/proc/PID/fd has no size");
	PROMISE_EQ(st.st_size, 4);
	close(300);
	NEED(stat("/proc/self/fd", &st));
	PROMISE_EQ(st.st_size, 3);
}

PROBE(refused, .what = "fd and fdinfo of a task that may not be traced cannot be read",
      .since = "5.14", .commit = "7bc3fa0172a4", .kconfig = "CONFIG_PROC_FS",
      .source = "proc_pid_fdinfo(5)")
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
		char path[64];

		lose_privileges();
		NEED(fdinfo_field(0, 0, "pos"));
		PROMISE_FAILS(fdinfo_field(secretive, 0, "pos"), EACCES, EPERM);
		snprintf(path, sizeof(path), "/proc/%d/fd", secretive);
		PROMISE_FAILS(opendir(path), EACCES, EPERM);
		_exit(0);
	}
	reap_good(asker);
}

/*
 * The unknown
 */

#define COMMON "pos", "flags", "mnt_id", "ino", "lock"

static void check_keys(const char *kind, int fd, const char *const *known)
{
	char *key;

	/* Not on this kernel, or not for this user. */
	if (fd < 0)
		return;
	key = fdinfo_unknown(0, fd, known);
	if (key)
		NEW("fdinfo of %s has a line '%s'", kind, key);
	close(fd);
}

static int bpf_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_HASH,
		.key_size = 4,
		.value_size = 8,
		.max_entries = 16,
	};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int watched_epoll(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd = NEED(epoll_create1(0));

	NEED(epoll_ctl(fd, EPOLL_CTL_ADD, NEED(eventfd(0, 0)), &ev));
	return fd;
}

static int watching_inotify(void)
{
	int fd = NEED(inotify_init1(0));

	NEED(inotify_add_watch(fd, "/proc/self/exe", IN_ALL_EVENTS));
	return fd;
}

static int bound_socket(void)
{
	const struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "socket" };
	int fd = NEED(socket(AF_UNIX, SOCK_STREAM, 0));

	NEED(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)));
	NEED(listen(fd, 1));
	return fd;
}

PROBE(keys_known,
      .what = "every line of fdinfo, of whatever sort of file, is one we have a word for",
      DECLARED("2.6.22"), .guards = "fdinfo-bpfmap-extra")
{
	sigset_t none;
	int pipes[2];

	sigemptyset(&none);
	workdir();
	NEED(pipe(pipes));
	check_keys("a file", workfile("file"), LIST(COMMON));
	check_keys("a directory", NEED(open(".", O_RDONLY | O_DIRECTORY)), LIST(COMMON));
	check_keys("an O_PATH file", NEED(open(".", O_PATH)), LIST(COMMON));
	check_keys("a memfd", NEED(memfd_create("x", 0)), LIST(COMMON));
	check_keys("a pipe", pipes[0], LIST(COMMON));
	check_keys("/dev/null", NEED(open("/dev/null", O_RDWR)), LIST(COMMON));
	check_keys("an eventfd", NEED(eventfd(0, 0)),
		   LIST(COMMON, "eventfd-count", "eventfd-id", "eventfd-semaphore"));
	check_keys("a timerfd", NEED(timerfd_create(CLOCK_MONOTONIC, 0)),
		   LIST(COMMON, "clockid", "ticks", "settime", "it_value", "it_interval"));
	check_keys("a signalfd", NEED(signalfd(-1, &none, 0)), LIST(COMMON, "sigmask"));
	check_keys("an epoll", watched_epoll(), LIST(COMMON, "tfd"));
	check_keys("an inotify", watching_inotify(), LIST(COMMON, "inotify"));
	check_keys("a fanotify", fanotify_init(FAN_CLASS_NOTIF, O_RDONLY),
		   LIST(COMMON, "fanotify"));
	check_keys("a pidfd", NEED(syscall(SYS_pidfd_open, getpid(), 0)),
		   LIST(COMMON, "Pid", "NSpid"));
	check_keys("a userfaultfd", syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY),
		   LIST(COMMON, "pending", "total", "API"));
	check_keys("a unix socket", bound_socket(), LIST(COMMON, "scm_fds"));
	check_keys("an inet socket", NEED(socket(AF_INET, SOCK_STREAM, 0)), LIST(COMMON));
	check_keys("a netlink socket", NEED(socket(AF_NETLINK, SOCK_RAW, 0)), LIST(COMMON));
	check_keys("a pty master", open("/dev/ptmx", O_RDWR | O_NOCTTY), LIST(COMMON, "tty-index"));
	check_keys("a BPF map", bpf_map(),
		   LIST(COMMON, "map_type", "key_size", "value_size", "max_entries", "map_flags",
			"map_extra", "memlock", "map_id", "frozen", "owner_prog_type",
			"owner_jited"));
	check_keys("a namespace", NEED(open("/proc/self/ns/uts", O_RDONLY)), LIST(COMMON));
	check_keys("a /proc file", NEED(open("/proc/self/maps", O_RDONLY)), LIST(COMMON));
}
