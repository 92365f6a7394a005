// SPDX-License-Identifier: GPL-2.0-only
/* File locks: how they are told, and who they belong to. */
#include <sched.h>
#include <sys/file.h>
#include <sys/sysmacros.h>

#include "probe.h"

#ifndef LOCK_MAND
#define LOCK_MAND 32
#endif

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_FILE_LOCKING CONFIG_PROC_FS",                         \
	.source = "proc_pid_fdinfo(5), fs/locks.c"

struct lock {
	char kind[16], state[16], type[16], start[32], end[32];
	int pid;
	unsigned int major, minor;
	unsigned long ino;
};

/* The n-th lock of a file in fdinfo. */
static bool lock_of(pid_t pid, int fd, int n, struct lock *ret)
{
	char *text = pid ? NEED(slurp("/proc/%d/fdinfo/%d", pid, fd))
			 : NEED(slurp("/proc/self/fdinfo/%d", fd));

	for_each_line(line, text) {
		const char *lock = str_after(line, "lock:");

		if (!lock || n-- > 0)
			continue;
		if (sscanf(lock, " %*d: %15s %15s %15s %d %x:%x:%lu %31s %31s", ret->kind,
			   ret->state, ret->type, &ret->pid, &ret->major, &ret->minor, &ret->ino,
			   ret->start, ret->end) != 9)
			DEVIATES("cannot make sense of a lock in fdinfo: '%s'", line);
		return true;
	}
	return false;
}

static void set_record_lock(int fd, int op, short type, off_t start, off_t len)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	NEED(fcntl(fd, op, &l));
}

PROBE(fdinfo_kinds,
      .what = "fdinfo tells flock, POSIX, OFD and lease locks of the file they are on",
      DECLARED("4.1"), .guards = "fdinfo-lock-missing")
{
	int fd[4];
	struct lock l;
	struct stat st;

	fd[0] = workfile("flock");
	fd[1] = workfile("posix");
	fd[2] = workfile("ofd");
	close(workfile("lease"));
	fd[3] = NEED(open("lease", O_RDONLY));
	NEED(flock(fd[0], LOCK_EX));
	set_record_lock(fd[1], F_SETLK, F_RDLCK, 10, 5);
	set_record_lock(fd[2], F_OFD_SETLK, F_WRLCK, 100, 0);
	NEED(fcntl(fd[3], F_SETLEASE, F_RDLCK));

	if (!lock_of(0, fd[0], 0, &l))
		ABSENT("no lock lines in fdinfo");
	NEED(fstat(fd[0], &st));
	PROMISE_STR(l.kind, "FLOCK");
	PROMISE_STR(l.state, "ADVISORY");
	PROMISE_STR(l.type, "WRITE");
	PROMISE_EQ(l.pid, getpid());
	PROMISE_EQ(l.ino, st.st_ino);
	PROMISE_STR(l.end, "EOF");
	PROMISE(!lock_of(0, fd[0], 1, &l));

	PROMISE(lock_of(0, fd[1], 0, &l));
	PROMISE_STR(l.kind, "POSIX");
	PROMISE_STR(l.type, "READ");
	PROMISE_STR(l.start, "10");
	PROMISE_STR(l.end, "14");
	PROMISE_EQ(l.pid, getpid());

	PROMISE(lock_of(0, fd[2], 0, &l));
	PROMISE_STR(l.kind, "OFDLCK");
	PROMISE_STR(l.type, "WRITE");
	PROMISE_STR(l.start, "100");
	PROMISE_STR(l.end, "EOF");
	PROMISE_EQ(l.pid, -1);

	PROMISE(lock_of(0, fd[3], 0, &l));
	PROMISE_STR(l.kind, "LEASE");
	PROMISE_STR(l.state, "ACTIVE");
	PROMISE_STR(l.type, "READ");
}

PROBE(fdinfo_owner,
      .what = "fdinfo shows a lock with the open file or the process that owns it only",
      DECLARED("4.1"))
{
	int fd = workfile("file"), other = NEED(open("file", O_RDWR)), copy = NEED(dup(fd));
	struct lock l;
	pid_t pid;

	NEED(flock(fd, LOCK_SH));
	if (!lock_of(0, fd, 0, &l))
		ABSENT("no lock lines in fdinfo");
	PROMISE(lock_of(0, copy, 0, &l));
	PROMISE(!lock_of(0, other, 0, &l));
	pid = spawn_idle();
	/* The child has the open file too, and with it the lock. */
	PROMISE(lock_of(pid, fd, 0, &l));
	NEED(flock(copy, LOCK_UN));
	PROMISE(!lock_of(0, fd, 0, &l));

	/* A record lock is a process's, on whichever open file. */
	set_record_lock(fd, F_SETLK, F_WRLCK, 0, 1);
	PROMISE(lock_of(0, fd, 0, &l));
	PROMISE(!lock_of(pid, fd, 0, &l));
	close(other);
	PROMISE(!lock_of(0, fd, 0, &l));
}

PROBE(ofd, .what = "an OFD lock lives as long as its open file, whoever closes it", .since = "3.15",
      .commit = "5d50ffd7c31d", .kconfig = "CONFIG_FILE_LOCKING", .source = "fcntl(2)")
{
	int fd = workfile("file"), other = NEED(open("file", O_RDWR)), copy = NEED(dup(fd));
	struct flock l = { .l_type = F_WRLCK, .l_len = 10 }, probe = l;

	OFFERED(fcntl(fd, F_OFD_SETLK, &l), "OFD locks", EINVAL);
	NEED(fcntl(other, F_OFD_GETLK, &probe));
	PROMISE_EQ(probe.l_type, F_WRLCK);
	PROMISE_EQ(probe.l_pid, -1);
	PROMISE_FAILS(fcntl(other, F_OFD_SETLK, &l), EAGAIN);
	close(NEED(open("file", O_RDWR)));
	close(fd);
	PROMISE_FAILS(fcntl(other, F_OFD_SETLK, &l), EAGAIN);
	close(copy);
	NEED(fcntl(other, F_OFD_SETLK, &l));
	l.l_pid = 1;
	PROMISE_FAILS(fcntl(other, F_OFD_SETLK, &l), EINVAL);
}

PROBE(foreign_pidns, .what = "a lock of a task nobody there can see is told whole, with pid 0",
      .since = "4.19", .commit = "1cf8e5de4055",
      .kconfig = "CONFIG_FILE_LOCKING CONFIG_PROC_FS CONFIG_PID_NS", .capability = "CAP_SYS_ADMIN",
      .source = "fs/locks.c", .guards = "fdinfo-lock-foreign-pidns")
{
	int fd = workfile("file");
	pid_t pid;

	NEED(flock(fd, LOCK_EX));
	pid = spawn_in(CLONE_NEWPID | CLONE_NEWNS);
	if (pid == 0) {
		struct lock l;

		/* Not there at all would be as good; a line that cannot be read deviates. */
		if (lock_of(0, fd, 0, &l))
			PROMISE_EQ(l.pid, 0);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(waiters, .what = "/proc/locks lists who waits for a lock below the one that has it",
      .since = "2.0", .kconfig = "CONFIG_FILE_LOCKING CONFIG_PROC_FS", .source = "proc_locks(5)")
{
	int fd = workfile("file");
	char *text, owner[64], waiter[64];
	bool owned = false, waits = false;
	struct stat st;
	pid_t pid;

	NEED(fstat(fd, &st));
	set_record_lock(fd, F_SETLK, F_WRLCK, 0, 1);
	pid = spawn();
	if (pid == 0) {
		struct flock l = { .l_type = F_RDLCK, .l_len = 1 };

		reach(1);
		fcntl(fd, F_SETLKW, &l);
		linger();
	}
	await(1);
	until_state(pid, 'S');
	snprintf(owner, sizeof(owner), " WRITE %d ", getpid());
	snprintf(waiter, sizeof(waiter), " READ %d ", pid);
	/* The waiter may be counted asleep a moment before it is listed. */
	for (int i = 0; i < 1000 && !waits; i++) {
		text = NEED(slurp("/proc/locks"));
		for_each_line(line, text) {
			if (!strstr(line, "->") && strstr(line, owner))
				owned = true;
			if (strstr(line, "->") && strstr(line, waiter))
				waits = owned;
		}
		usleep(1000);
	}
	PROMISE(owned);
	PROMISE(waits);
}

PROBE(lease, .what = "a lease is told by F_GETLEASE and breaks with the signal that was set",
      .since = "2.4", .kconfig = "CONFIG_FILE_LOCKING", .source = "fcntl(2)")
{
	siginfo_t info;
	sigset_t set;
	pid_t pid;
	int fd;

	close(workfile("file"));
	fd = NEED(open("file", O_RDONLY));
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	NEED(sigprocmask(SIG_BLOCK, &set, NULL));
	NEED(fcntl(fd, F_SETSIG, SIGRTMIN));
	NEED(fcntl(fd, F_SETLEASE, F_RDLCK));
	PROMISE_EQ(NEED(fcntl(fd, F_GETLEASE)), F_RDLCK);
	pid = spawn();
	if (pid == 0) {
		open("file", O_WRONLY);
		_exit(0);
	}
	NEED(sigwaitinfo(&set, &info));
	PROMISE_EQ(info.si_fd, fd);
	PROMISE_EQ(NEED(fcntl(fd, F_GETLEASE)), F_UNLCK);
	NEED(fcntl(fd, F_SETLEASE, F_UNLCK));
	reap_good(pid);
}

PROBE(lock_mand, .what = "LOCK_MAND takes no lock: nothing a restorer would have to bring back",
      .since = "5.16", .commit = "90f7d7a0d0d6", .kconfig = "CONFIG_FILE_LOCKING",
      .source = "flock(2)", .guards = "flock-lock-mand")
{
	int fd = workfile("file");
	struct lock l;

	/* 5.16 says yes and does nothing; later ones may say no. */
	if (flock(fd, LOCK_MAND | LOCK_READ) < 0)
		PROMISE_FAILS(flock(fd, LOCK_MAND | LOCK_READ), EOPNOTSUPP, EINVAL);
	if (lock_of(0, fd, 0, &l))
		ABSENT("LOCK_MAND still takes a lock: %s %s", l.kind, l.type);
}

/* What fdinfo says of a lease, but for the file. */
static char *lease_line(int fd)
{
	struct lock l;
	char *text;

	PROMISE(lock_of(0, fd, 0, &l));
	if (asprintf(&text, "%s %s %s %s %s", l.kind, l.state, l.type, l.start, l.end) < 0)
		BROKEN("no memory");
	return text;
}

GAP(lease_time, .what = "nobody tells how long a lease that breaks has left",
    .kconfig = "CONFIG_FILE_LOCKING", .source = "fcntl(2)")
{
	int fd[2], told[2];

	/* The first has been breaking for a while when the second begins to. */
	for (int i = 0; i < 2; i++) {
		fd[i] = workfile(i ? "late" : "early");
		signal(SIGIO, SIG_IGN);
		NEED(fcntl(fd[i], F_SETLEASE, F_WRLCK));
		PROMISE_FAILS(open(i ? "late" : "early", O_RDONLY | O_NONBLOCK), EWOULDBLOCK);
		told[i] = NEED(fcntl(fd[i], F_GETLEASE));
		usleep(20000);
	}
	if (told[0] != told[1])
		NEW("F_GETLEASE tells %d and %d", told[0], told[1]);
	TRIED("F_GETLEASE");
	tried_texts("fdinfo", lease_line(fd[0]), lease_line(fd[1]), NULL);
}

/* A child that waits for a lock on the first byte. */
static pid_t spawn_waiting(int fd)
{
	pid_t pid = spawn();

	if (pid == 0) {
		struct flock l = { .l_type = F_WRLCK, .l_len = 1 };

		fcntl(fd, F_SETLKW, &l);
		linger();
	}
	until_state(pid, 'S');
	return pid;
}

GAP(waiters_back, .what = "nobody puts a waiter for a lock back into the place it had",
    .kconfig = "CONFIG_FILE_LOCKING", .source = "fcntl(2), fs/locks.c")
{
	int fd = workfile("file");
	pid_t first;

	set_record_lock(fd, F_SETLK, F_WRLCK, 0, 1);
	first = spawn_waiting(fd);
	tried_tasks(first, spawn_waiting(fd));
	TRIED_TO("write /proc/locks", write_text("1: -> POSIX", "/proc/locks"));
}
