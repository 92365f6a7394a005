// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/cwd and root: where the paths of a task begin. */
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include "frame/mount.h"
#include "probe.h"

#define DECLARED                                                                                   \
	.since = "2.0", .kconfig = "CONFIG_PROC_FS", .source = "proc_pid_cwd(5), proc_pid_root(5)"

PROBE(cwd, .what = "/proc/PID/cwd leads to the directory itself, removed or moved or not", DECLARED)
{
	struct stat was, now;
	char path[64];
	pid_t pid;

	workdir();
	NEED(mkdir("dir", 0755));
	pid = spawn();
	if (pid == 0) {
		NEED(chdir("dir"));
		reach(1);
		linger();
	}
	await(1);
	snprintf(path, sizeof(path), "/proc/%d/cwd", pid);
	NEED(stat("dir", &was));
	NEED(rename("dir", "moved"));
	PROMISE(str_ends_with(link_text("%s", path), "/moved"));
	NEED(stat(path, &now));
	PROMISE_EQ(now.st_ino, was.st_ino);
	NEED(rmdir("moved"));
	PROMISE(str_ends_with(link_text("%s", path), "/moved (deleted)"));
	NEED(stat(path, &now));
	PROMISE_EQ(now.st_ino, was.st_ino);
	/* What a removed directory still counts is its file system's to say: 0, or itself. */
	PROMISE_LT(now.st_nlink, was.st_nlink);
	strcat(path, "/file");
	PROMISE_FAILS(open(path, O_RDWR | O_CREAT, 0644), ENOENT);
}

PROBE(root, .what = "/proc/PID/root leads where chroot has led the task", DECLARED,
      .capability = "CAP_SYS_CHROOT")
{
	pid_t pid;
	char path[64];

	workdir();
	NEED(mkdir("dir", 0755));
	NEED(mkdir("dir/below", 0755));
	pid = spawn();
	if (pid == 0) {
		NEED(chroot("dir"));
		NEED(chdir("/below"));
		reach(1);
		linger();
	}
	await(1);
	PROMISE(str_ends_with(link_text("/proc/%d/root", pid), "/dir"));
	PROMISE(str_ends_with(link_text("/proc/%d/cwd", pid), "/dir/below"));
	snprintf(path, sizeof(path), "/proc/%d/root/below", pid);
	NEED(access(path, F_OK));
	PROMISE_FAILS(access("/below", F_OK), ENOENT);
}

PROBE(root_elsewhere, .what = "/proc/PID/root leads into the mounts of the task's own namespace",
      DECLARED, .capability = "CAP_SYS_ADMIN")
{
	const char *top = own_tmpfs();
	struct stat st, theirs;
	char path[512];
	pid_t pid;

	NEED(mkdir("dir", 0755));
	pid = spawn_in(CLONE_NEWNS);
	if (pid == 0) {
		NEED(mount("over", "dir", "tmpfs", 0, NULL));
		reach(1);
		linger();
	}
	await(1);
	NEED(stat("dir", &st));
	snprintf(path, sizeof(path), "/proc/%d/root%s/dir", pid, top);
	NEED(stat(path, &theirs));
	PROMISE_NE(theirs.st_dev, st.st_dev);
}

static int share_fs(void *unused)
{
	linger();
}

PROBE(shared, .what = "tasks with one fs_struct share directory and umask, others copy them",
      DECLARED)
{
	char *stack = pages(8);
	pid_t shares, copies;

	workdir();
	NEED(mkdir("dir", 0755));
	shares = NEED(clone(share_fs, stack + 8 * page_size(), CLONE_FS | SIGCHLD, NULL));
	copies = spawn_idle();
	umask(077);
	NEED(chdir("dir"));
	PROMISE(str_ends_with(link_text("/proc/%d/cwd", shares), "/dir"));
	PROMISE(!str_ends_with(link_text("/proc/%d/cwd", copies), "/dir"));
	PROMISE_STR(NEED(status_field(shares, "Umask")), "0077");
	PROMISE_STR(NEED(status_field(copies, "Umask")), "0022");
}

PROBE(refused, .what = "cwd and root of a task that may not be traced are not told: EACCES",
      DECLARED)
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
		char path[64], text[16];

		lose_privileges();
		snprintf(path, sizeof(path), "/proc/%d/cwd", secretive);
		PROMISE_FAILS(readlink(path, text, sizeof(text)), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/root", secretive);
		PROMISE_FAILS(readlink(path, text, sizeof(text)), EACCES);
		_exit(0);
	}
	reap_good(asker);
}
