// SPDX-License-Identifier: GPL-2.0-only
/* process_madvise(2) and process_mrelease(2): memory of a task, by its pidfd. */
#include <sys/uio.h>

#include "probe.h"
#include "uapi/mman.h"
#include "uapi/syscalls.h"

static int pidfd_of(pid_t pid)
{
	return NEED(syscall(SYS_pidfd_open, pid, 0));
}

static ssize_t advise(int pidfd, void *p, size_t n, int advice, unsigned int flags)
{
	const struct iovec iov = { p, n };

	return syscall(SYS_process_madvise, pidfd, &iov, 1, advice, flags);
}

PROBE(remote, .what = "process_madvise advises another task and counts the bytes", .since = "5.10",
      .commit = "ecb8ac8b1f14", .kconfig = "CONFIG_ADVISE_SYSCALLS",
      .capability = "CAP_SYS_NICE in the initial user namespace", .source = "process_madvise(2)")
{
	char *p = pages(4);
	pid_t pid = spawn_idle();
	int fd = pidfd_of(pid);

	need_privilege("CAP_SYS_NICE in the initial user namespace");
	PROMISE_EQ(OFFERED(advise(fd, p, 3 * page_size(), MADV_COLD, 0), "process_madvise"),
		   3 * page_size());
	PROMISE_EQ(NEED(advise(fd, p, page_size(), MADV_PAGEOUT, 0)), page_size());
	PROMISE_FAILS(advise(fd, p, page_size(), MADV_COLD, 1), EINVAL);
	/* What would change what the task sees is not for others to say. */
	PROMISE_FAILS(advise(fd, p, page_size(), MADV_DONTNEED, 0), EINVAL);
	PROMISE_FAILS(advise(0, p, page_size(), MADV_COLD, 0), EBADF);
}

PROBE(refused, .what = "advice to another task wants CAP_SYS_NICE: EPERM", .since = "5.10",
      .commit = "ecb8ac8b1f14", .kconfig = "CONFIG_ADVISE_SYSCALLS", .source = "process_madvise(2)")
{
	char *p = pages(1);
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		PROMISE_FAILS(advise(pidfd_of(spawn_idle()), p, page_size(), MADV_COLD, 0), EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(self, .what = "process_madvise gives the calling task any advice", .since = "6.13",
      .kconfig = "CONFIG_ADVISE_SYSCALLS", .source = "process_madvise(2)")
{
	char *p = pages(2);

	p[0] = 'x';
	OFFERED(advise(pidfd_of(getpid()), p, page_size(), MADV_DONTNEED, 0),
		"process_madvise of oneself", EINVAL);
	PROMISE_EQ(p[0], 0);
}

PROBE(mrelease, .what = "process_mrelease takes the memory of a dying task, not of a living one",
      .since = "5.15", .commit = "884a7e5964e0", .kconfig = "CONFIG_MMU", .source = "mm/oom_kill.c")
{
	pid_t pid = spawn_idle();
	int fd = pidfd_of(pid);

	PROMISE_FAILS(syscall(SYS_process_mrelease, fd, 0), EINVAL);
	PROMISE_FAILS(syscall(SYS_process_mrelease, fd, 1), EINVAL);
	end_task(pid);
	PROMISE_FAILS(syscall(SYS_process_mrelease, fd, 0), ESRCH);
}
