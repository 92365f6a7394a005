// SPDX-License-Identifier: GPL-2.0-only
/* Signal descriptors. */
#include <sys/signalfd.h>

#include "probe.h"

PROBE(mask, .what = "fdinfo tells the mask of a signalfd, and follows it", .since = "3.8",
      .commit = "138d22b58696", .kconfig = "CONFIG_SIGNALFD CONFIG_PROC_FS",
      .source = "proc_pid_fdinfo(5), fs/signalfd.c")
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGRTMAX);
	fd = NEED(signalfd(-1, &set, 0));
	PROMISE_STR(OFFERED(fdinfo_field(0, fd, "sigmask"), "sigmask line in fdinfo", ENODATA),
		    "8000000000000001");
	sigaddset(&set, SIGUSR1);
	sigdelset(&set, SIGHUP);
	NEED(signalfd(fd, &set, 0));
	PROMISE_STR(NEED(fdinfo_field(0, fd, "sigmask")), "8000000000000200");
	/* Those two cannot be waited for. */
	sigaddset(&set, SIGKILL);
	sigaddset(&set, SIGSTOP);
	NEED(signalfd(fd, &set, 0));
	PROMISE_STR(NEED(fdinfo_field(0, fd, "sigmask")), "8000000000000200");
}

PROBE(read, .what = "a signalfd gives the signals of whoever reads it", .since = "2.6.22",
      .kconfig = "CONFIG_SIGNALFD", .source = "signalfd(2)")
{
	struct signalfd_siginfo info;
	sigset_t set;
	pid_t pid;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	NEED(sigprocmask(SIG_BLOCK, &set, NULL));
	fd = NEED(signalfd(-1, &set, SFD_NONBLOCK));
	NEED(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 11 }));
	pid = spawn();
	if (pid == 0) {
		PROMISE_FAILS(read(fd, &info, sizeof(info)), EAGAIN);
		NEED(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 22 }));
		PROMISE_EQ(NEED(read(fd, &info, sizeof(info))), sizeof(info));
		PROMISE_EQ(info.ssi_int, 22);
		_exit(0);
	}
	reap_good(pid);
	PROMISE_EQ(NEED(read(fd, &info, sizeof(info))), sizeof(info));
	PROMISE_EQ(info.ssi_int, 11);
}
