// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arena.h"
#include "engine/base/cleanup.h"

/* A new net namespace has only lo, and that is down. */
static int raise_lo(void)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	/* A kernel without IPv4 is still good for everything else. */
	if (fd < 0)
		return errno == EAFNOSUPPORT ? 0 : -1;
	return ioctl(fd, SIOCSIFFLAGS, &lo);
}

/* Where there is no such directory there is nobody to miss it. */
static int mount_if_there(const char *type, const char *dir, const char *options)
{
	int r = mount(type, dir, type, MS_NOSUID, options);

	return r < 0 && (errno == ENOENT || errno == ENODEV) ? 0 : r;
}

#define STEP(what, call)                                                                           \
	do {                                                                                       \
		if ((call) < 0) {                                                                  \
			snprintf(trouble, size, "%s: %s", what, strerror(errno));                  \
			return trouble;                                                            \
		}                                                                                  \
	} while (0)

static const char *furnish(const struct arena *a, char *trouble, size_t size)
{
	/* The pid namespace we are already in: only its creator's children are. */
	STEP("no new namespaces",
	     unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS));

	/* Nothing we mount may show outside, where "/" is shared on most machines. */
	STEP(errno == EINVAL ? "/ is not a mount: a chroot has to be bound to itself first"
			     : "mounts cannot be made private",
	     mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	STEP("no new /proc",
	     mount("proc", "/proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL));
	/* /dev/ptmx finds the instance that is mounted beside it. */
	STEP("no new /dev/pts", mount_if_there("devpts", "/dev/pts", "newinstance,ptmxmode=0666"));
	STEP("no new /dev/shm", mount_if_there("tmpfs", "/dev/shm", "mode=1777"));
	if (a->walled)
		STEP("no directory of its own", mount(a->walled, a->walled, NULL, MS_BIND, NULL));
	if (a->work)
		STEP("no work directory", mount("work", a->work, "tmpfs", 0, "mode=0777"));
	if (a->walled)
		STEP("no wall", mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	STEP("lo does not come up", raise_lo());
	return NULL;
}

pid_t arena_start(const struct arena *a)
{
	struct clone_args args = { .flags = CLONE_NEWPID, .exit_signal = SIGCHLD };
	char trouble[256];
	pid_t pid;

	/* What stdio holds back would be written twice. */
	fflush(NULL);
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid != 0)
		return pid < 0 ? -errno : pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	umask(022);
	a->init(furnish(a, trouble, sizeof(trouble)), a->arg);
	_exit(0);
}
