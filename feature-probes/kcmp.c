// SPDX-License-Identifier: GPL-2.0-only
/* kcmp(2): do two tasks share a kernel object? */
#include <linux/kcmp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/socket.h>

#include "probe.h"

enum {
	SAME,
	LESS,
	GREATER,
};

static long kcmp(pid_t a, pid_t b, int type, unsigned long x, unsigned long y)
{
	return syscall(SYS_kcmp, a, b, type, x, y);
}

/* Two descriptors of this task. */
static long files(int a, int b)
{
	return OFFERED(kcmp(getpid(), getpid(), KCMP_FILE, a, b), "kcmp");
}

PROBE(file_same, .what = "dup and fork share an open file, opening it again does not",
      .since = "3.5", .commit = "d97b46a64674", .kconfig = "CONFIG_KCMP",
      .source = "kcmp(2), kernel/kcmp.c")
{
	int fd = NEED(open("/proc/self/exe", O_RDONLY)),
	    again = NEED(open("/proc/self/exe", O_RDONLY));
	int copy = NEED(dup(fd));
	pid_t child = spawn_idle();

	PROMISE_EQ(files(fd, fd), SAME);
	PROMISE_EQ(files(fd, copy), SAME);
	PROMISE_NE(files(fd, again), SAME);
	PROMISE_EQ(NEED(kcmp(getpid(), child, KCMP_FILE, copy, fd)), SAME);
	PROMISE_EQ(NEED(kcmp(getpid(), child, KCMP_FILE, again, fd)), files(again, fd));
}

PROBE(file_total_order, .what = "KCMP_FILE puts any number of open files in one total order",
      .since = "3.5", .commit = "d97b46a64674", .kconfig = "CONFIG_KCMP",
      .source = "kcmp(2), kernel/kcmp.c")
{
	int fd[48];

	/* An insertion sort by kcmp; then every pair has to agree with the order it made. */
	for (size_t i = 0; i < ARRAY_SIZE(fd); i++) {
		int one = NEED(eventfd(0, 0));
		size_t at = i;

		for (; at > 0 && files(one, fd[at - 1]) == LESS; at--)
			fd[at] = fd[at - 1];
		fd[at] = one;
	}
	for (size_t i = 0; i < ARRAY_SIZE(fd); i++) {
		for (size_t j = 0; j < i; j++) {
			PROMISE_EQ(files(fd[j], fd[i]), LESS);
			PROMISE_EQ(files(fd[i], fd[j]), GREATER);
		}
		PROMISE_EQ(files(fd[i], fd[i]), SAME);
	}
}

PROBE(file_refusals, .what = "kcmp says what it cannot compare: EBADF, EINVAL, ESRCH",
      .since = "3.5", .commit = "d97b46a64674", .kconfig = "CONFIG_KCMP",
      .source = "kcmp(2), kernel/kcmp.c")
{
	pid_t self = getpid(), gone = spawn_idle();

	end_task(gone);
	files(0, 1);
	PROMISE_FAILS(kcmp(self, self, KCMP_FILE, 0, 900), EBADF);
	PROMISE_FAILS(kcmp(self, self, KCMP_FILE, 900, 0), EBADF);
	PROMISE_FAILS(kcmp(self, self, 4096, 0, 0), EINVAL);
	PROMISE_FAILS(kcmp(self, gone, KCMP_VM, 0, 0), ESRCH);
}

PROBE(refused, .what = "without the right to trace a task, kcmp says EPERM about it",
      .since = "3.5", .commit = "d97b46a64674", .kconfig = "CONFIG_KCMP", .source = "kcmp(2)")
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
		OFFERED(kcmp(getpid(), getpid(), KCMP_VM, 0, 0), "kcmp");
		PROMISE_FAILS(kcmp(getpid(), secretive, KCMP_VM, 0, 0), EPERM);
		PROMISE_FAILS(kcmp(secretive, getpid(), KCMP_FILE, 0, 0), EPERM);
		_exit(0);
	}
	reap_good(asker);
}

static int idle(void *unused)
{
	linger();
}

static void *idle_thread(void *tid)
{
	*(_Atomic pid_t *)tid = gettid();
	linger();
}

PROBE(task_parts, .what = "kcmp tells which of mm, files, fs and handlers two tasks share",
      .since = "3.5", .commit = "d97b46a64674", .kconfig = "CONFIG_KCMP",
      .source = "kcmp(2), kernel/kcmp.c")
{
	static const int types[] = { KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND };
	static const int flags[] = { CLONE_VM, CLONE_FILES, CLONE_FS, CLONE_SIGHAND | CLONE_VM };
	char *stacks = pages(5 * 4);
	_Atomic pid_t tid = 0;
	pthread_t thread;

	/* One clone flag at a time. Handlers cannot be shared without the memory they are in. */
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		pid_t pid = NEED(
			clone(idle, stacks + (i + 1) * 4 * page_size(), flags[i] | SIGCHLD, NULL));

		for (size_t j = 0; j < ARRAY_SIZE(types); j++) {
			long order = OFFERED(kcmp(getpid(), pid, types[j], 0, 0), "kcmp");
			int needed = j == 3 ? CLONE_SIGHAND : flags[j];
			bool shared = flags[i] & needed;

			if (shared != (order == SAME))
				DEVIATES("kcmp type %d says %ld for a task cloned with %#x",
					 types[j], order, flags[i]);
		}
	}

	NEED(-pthread_create(&thread, NULL, idle_thread, &tid));
	while (!tid)
		usleep(100);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		PROMISE_EQ(NEED(kcmp(getpid(), tid, types[i], 0, 0)), SAME);
}

PROBE(io_context, .what = "KCMP_IO tells whether two tasks share an I/O context", .since = "3.5",
      .commit = "d97b46a64674", .kconfig = "CONFIG_KCMP CONFIG_BLOCK",
      .source = "kernel/kcmp.c, block/blk-ioc.c")
{
	/* Class best effort, level 5: asking for it makes a context, without one all are alike. */
	const int prio = 2 << 13 | 5, who_process = 1;
	pid_t shares, copies;

	NEED(syscall(SYS_ioprio_set, who_process, 0, prio));
	shares = NEED(syscall(SYS_clone, CLONE_IO | SIGCHLD, 0, 0, 0, 0));
	if (shares == 0)
		linger();
	copies = spawn_idle();
	PROMISE_EQ(OFFERED(kcmp(getpid(), shares, KCMP_IO, 0, 0), "KCMP_IO", EOPNOTSUPP), SAME);
	PROMISE_NE(NEED(kcmp(getpid(), copies, KCMP_IO, 0, 0)), SAME);
}

PROBE(sem_undo, .what = "KCMP_SYSVSEM tells whether two tasks share their semaphore undo list",
      .since = "3.5", .commit = "d97b46a64674", .kconfig = "CONFIG_KCMP CONFIG_SYSVIPC",
      .source = "kernel/kcmp.c, ipc/sem.c")
{
	struct sembuf up = { .sem_op = 1, .sem_flg = SEM_UNDO };
	pid_t shares, copies;
	int sem, r;

	/* The set can go at once: the list, once made, stays with the task. */
	sem = NEED(semget(IPC_PRIVATE, 1, 0600));
	r = semop(sem, &up, 1);
	NEED(semctl(sem, 0, IPC_RMID));
	NEED(r);

	shares = NEED(syscall(SYS_clone, CLONE_SYSVSEM | SIGCHLD, 0, 0, 0, 0));
	if (shares == 0)
		linger();
	copies = spawn_idle();
	PROMISE_EQ(OFFERED(kcmp(getpid(), shares, KCMP_SYSVSEM, 0, 0), "KCMP_SYSVSEM", EOPNOTSUPP),
		   SAME);
	PROMISE_NE(NEED(kcmp(getpid(), copies, KCMP_SYSVSEM, 0, 0)), SAME);
}

static void watch(int ep, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN };

	NEED(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
}

/* How `fd` of `pid` compares to the toff-th target that was number tfd of our epoll. */
static long target(pid_t pid, int fd, int ep, int tfd, int toff)
{
	struct kcmp_epoll_slot slot = { .efd = ep, .tfd = tfd, .toff = toff };

	return kcmp(pid, getpid(), KCMP_EPOLL_TFD, fd, (unsigned long)&slot);
}

#define OFFERED_TARGET(...) OFFERED(target(__VA_ARGS__), "KCMP_EPOLL_TFD", EINVAL, EOPNOTSUPP)

#define EPOLL_TFD                                                                                  \
	.since = "4.13", .commit = "0791e3644e5e", .kconfig = "CONFIG_KCMP CONFIG_EPOLL",          \
	.source = "kernel/kcmp.c, fs/eventpoll.c"

PROBE(epoll_tfd, .what = "KCMP_EPOLL_TFD knows the open file an epoll watches", EPOLL_TFD)
{
	int ep = NEED(epoll_create1(0)), fd = NEED(eventfd(0, 0)), other = NEED(eventfd(0, 0));

	watch(ep, fd);
	PROMISE_EQ(OFFERED_TARGET(getpid(), fd, ep, fd, 0), SAME);
	PROMISE_NE(OFFERED_TARGET(getpid(), other, ep, fd, 0), SAME);
	PROMISE_NE(OFFERED_TARGET(getpid(), ep, ep, fd, 0), SAME);
}

PROBE(epoll_tfd_dup_closed,
      .what = "KCMP_EPOLL_TFD finds a target by its dup and is not fooled by a reused number",
      EPOLL_TFD)
{
	int ep = NEED(epoll_create1(0)), fd = NEED(eventfd(0, 0)), copy;

	watch(ep, fd);
	copy = NEED(dup(fd));
	NEED(dup2(NEED(eventfd(0, 0)), fd));
	PROMISE_EQ(OFFERED_TARGET(getpid(), copy, ep, fd, 0), SAME);
	PROMISE_NE(OFFERED_TARGET(getpid(), fd, ep, fd, 0), SAME);
	close(fd);
	PROMISE_EQ(OFFERED_TARGET(getpid(), copy, ep, fd, 0), SAME);
}

PROBE(epoll_tfd_sent, .what = "KCMP_EPOLL_TFD finds a target that only another task still holds",
      EPOLL_TFD)
{
	int ep = NEED(epoll_create1(0)), fd = NEED(eventfd(0, 0)), sk[2];
	int *theirs = share(page_size());
	pid_t pid;

	NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, sk));
	pid = spawn();
	if (pid == 0) {
		close(fd);
		theirs[0] = NEED(dup2(NEED(recv_fd(sk[1])), 77));
		theirs[1] = NEED(eventfd(0, 0));
		reach(1);
		linger();
	}
	watch(ep, fd);
	NEED(send_fd(sk[0], fd));
	close(fd);
	await(1);
	PROMISE_EQ(OFFERED_TARGET(pid, theirs[0], ep, fd, 0), SAME);
	PROMISE_NE(OFFERED_TARGET(pid, theirs[1], ep, fd, 0), SAME);
}

PROBE(epoll_tfd_offset,
      .what = "KCMP_EPOLL_TFD tells several targets of one number apart by their offset", EPOLL_TFD)
{
	enum { N = 4, NUMBER = 200 };
	int ep = NEED(epoll_create1(0)), fd[N];
	unsigned int found = 0;

	for (int i = 0; i < N; i++) {
		fd[i] = NEED(eventfd(0, 0));
		NEED(dup2(fd[i], NUMBER));
		watch(ep, NUMBER);
	}
	for (int i = 0; i < N; i++) {
		int hits = 0;

		for (int off = 0; off < N; off++) {
			if (OFFERED_TARGET(getpid(), fd[i], ep, NUMBER, off) != SAME)
				continue;
			hits++;
			found |= 1 << off;
		}
		PROMISE_EQ(hits, 1);
	}
	PROMISE_EQ(found, (1 << N) - 1);
	PROMISE_FAILS(target(getpid(), fd[0], ep, NUMBER, N), ENOENT);
}

PROBE(epoll_tfd_refusals,
      .what = "KCMP_EPOLL_TFD says what is not there: ENOENT, EINVAL, EBADF, EFAULT", EPOLL_TFD)
{
	int ep = NEED(epoll_create1(0)), fd = NEED(eventfd(0, 0)), other = NEED(eventfd(0, 0));

	watch(ep, fd);
	OFFERED_TARGET(getpid(), fd, ep, fd, 0);
	PROMISE_FAILS(target(getpid(), other, ep, other, 0), ENOENT);
	PROMISE_FAILS(target(getpid(), fd, ep, 900, 0), ENOENT);
	PROMISE_FAILS(target(getpid(), fd, other, fd, 0), EINVAL);
	PROMISE_FAILS(target(getpid(), fd, 900, fd, 0), EBADF);
	PROMISE_FAILS(target(getpid(), 900, ep, fd, 0), EBADF);
	PROMISE_FAILS(kcmp(getpid(), getpid(), KCMP_EPOLL_TFD, fd, 8), EFAULT);
	NEED(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL));
	PROMISE_FAILS(target(getpid(), fd, ep, fd, 0), ENOENT);
}
