// SPDX-License-Identifier: GPL-2.0-only
/* Namespaces other than those of the network, and mounts. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "engine/kernel/procfs.h"
#include "feature.h"
#include "mapping.h"
#include "places.h"

#ifndef MOVE_MOUNT_SET_GROUP
#define MOVE_MOUNT_SET_GROUP 0x100 /* since 5.15 */
#endif

/* ---- user ---- */

static enum answer restore_in_userns(void)
{
	_cleanup_close_ int self = proc_open(getpid(), 0);
	char map[64];
	int r;

	snprintf(map, sizeof(map), "0 %u 1", geteuid());
	if (unshare(CLONE_NEWUSER) < 0)
		return errno == EINVAL ? nobody("there are no user namespaces")
				       : no_err(-errno, "a user namespace");
	r = write_file_at(self, "uid_map", map);
	if (r < 0)
		return no_err(r, "/proc/PID/uid_map");
	return mapping_set_mm();
}

FEATURE(userns, UNUSED, "user namespaces", "CONFIG_USER_NS, user.max_user_namespaces")
{
	return apart(0, restore_in_userns);
}

/* ---- cgroup ---- */

static enum answer read_cgroup(void)
{
	_cleanup_buf_ struct buf text = {};
	int r = read_file_at(AT_FDCWD, "/proc/self/cgroup", &text);
	const char *at = text.data, *line;
	size_t len;

	if (r < 0)
		return no_err(r, "/proc/PID/cgroup");
	/* Wherever it is outside, here it is at the root: "0::/". */
	while (next_line(&at, &line, &len))
		if (len < 2 || line[len - 1] != '/' || line[len - 2] != ':')
			return no("/proc/PID/cgroup tells of the outside: %.*s", (int)len, line);
	return YES;
}

FEATURE(cgroupns, UNUSED, "cgroup namespaces", "CONFIG_CGROUPS, Linux 4.6, CAP_SYS_ADMIN")
{
	return apart(CLONE_NEWCGROUP, read_cgroup);
}

/* ---- time ---- */

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#define AHEAD_S 100000

static time_t seconds(void)
{
	struct timespec t = {};

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static enum answer shift_time(void)
{
	char text[64];
	time_t before = seconds();
	int r, status;
	pid_t pid;

	snprintf(text, sizeof(text), "monotonic %d 0", AHEAD_S);
	r = write_file_at(AT_FDCWD, "/proc/self/timens_offsets", text);
	if (r < 0)
		return no_err(r, "/proc/PID/timens_offsets");
	/* The first one in it is a child. */
	pid = fork();
	if (pid == 0)
		_exit(seconds() - before >= AHEAD_S ? 0 : 1);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return no_err(-errno, "fork");
	return status == 0 ? YES : no("/proc/PID/timens_offsets has no effect");
}

FEATURE(timens, UNUSED, "time namespaces; without them clocks jump for tasks that are moved",
	"CONFIG_TIME_NS, Linux 5.6, CAP_SYS_ADMIN, CAP_SYS_TIME")
{
	return apart(CLONE_NEWTIME, shift_time);
}

/* ---- mounts ---- */

static enum answer join_group(void)
{
	enum answer a = place_make_own();
	struct stat one, other;

	if (a != YES)
		return a;
	if (mkdir("from", 0700) < 0 || mkdir("to", 0700) < 0 ||
	    mount("none", "from", "tmpfs", 0, NULL) < 0 || mkdir("from/sub", 0700) < 0 ||
	    mount("from", "to", NULL, MS_BIND, NULL) < 0 ||
	    mount("none", "to", NULL, MS_PRIVATE, NULL) < 0 ||
	    mount("none", "from", NULL, MS_SHARED, NULL) < 0)
		return no_err(-errno, "mounts to try it with");
	if (move_mount(AT_FDCWD, "from", AT_FDCWD, "to", MOVE_MOUNT_SET_GROUP) < 0)
		return no_err(-errno, "MOVE_MOUNT_SET_GROUP");
	/* What is mounted on one shows on the other. */
	if (mount("none", "from/sub", "tmpfs", 0, NULL) < 0 || stat("from/sub", &one) < 0 ||
	    stat("to/sub", &other) < 0)
		return no_err(-errno, "a mount below");
	return one.st_dev == other.st_dev ? YES : no("MOVE_MOUNT_SET_GROUP has no effect");
}

FEATURE(move_mount_set_group, UNUSED, "mounts that share what is mounted below them",
	"Linux 5.15, CAP_SYS_ADMIN")
{
	return apart(CLONE_NEWNS, join_group);
}

static enum answer mount_autofs(void)
{
	_cleanup_close_ int in = -EBADF, out = -EBADF;
	_cleanup_buf_ struct buf text = {};
	enum answer a = place_make_own();
	char options[128], pipe_ino[64];
	int ends[2], r;
	struct stat st;

	if (a != YES)
		return a;
	/* Ours may be one from outside of our pid namespace, with no number here. */
	if (setpgid(0, 0) < 0)
		return no_err(-errno, "a process group");
	if (mkdir("auto", 0700) < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return no_err(-errno, "a pipe");
	in = ends[0];
	out = ends[1];
	snprintf(options, sizeof(options), "fd=%d,pgrp=%d,minproto=5,maxproto=5,direct", out,
		 getpgrp());
	if (mount("check", "auto", "autofs", 0, options) < 0)
		return errno == ENODEV ? nobody("autofs: %s", strerror(errno))
				       : no_err(-errno, "to mount an autofs");
	r = read_file_at(AT_FDCWD, "/proc/self/mountinfo", &text);
	if (r < 0 || fstat(out, &st) < 0)
		return no_err(r < 0 ? r : -errno, "/proc/PID/mountinfo");
	snprintf(pipe_ino, sizeof(pipe_ino), "pipe_ino=%ju", (uintmax_t)st.st_ino);
	return strstr(text.data, pipe_ino) ? YES : no("/proc/PID/mountinfo does not tell pipe_ino");
}

FEATURE(autofs, UNUSED, "automount points",
	"CONFIG_AUTOFS_FS, CONFIG_CHECKPOINT_RESTORE, Linux 4.5, CAP_SYS_ADMIN")
{
	return apart(CLONE_NEWNS, mount_autofs);
}

/* ---- AppArmor ---- */

static int put_profile(const char *text)
{
	int r = write_file_at(AT_FDCWD, "/proc/self/attr/apparmor/current", text);

	/* Before 5.8 there was one directory for whoever came first. */
	return r == -ENOENT ? write_file_at(AT_FDCWD, "/proc/self/attr/current", text) : r;
}

static enum answer stack_profile(void)
{
	_cleanup_buf_ struct buf text = {};
	int r = read_file_at(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", &text);

	if (r < 0 || text.data[0] != 'Y')
		return nobody("AppArmor is not there, or not enabled");
	r = put_profile("stack unconfined");
	return r < 0 ? no_err(r, "to put a profile on top of another") : YES;
}

FEATURE(apparmor_stacking, UNUSED, "AppArmor profiles", "CONFIG_SECURITY_APPARMOR, Linux 4.13")
{
	return apart(0, stack_profile);
}
