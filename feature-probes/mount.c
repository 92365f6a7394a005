// SPDX-License-Identifier: GPL-2.0-only
/* mount(2), umount2(2) and pivot_root(2): building a tree of mounts as it was. */
#include <sched.h>
#include <sys/mount.h>

#include "frame/mount.h"
#include "probe.h"

#define DECLARED(release)                                                                          \
	.since = release, .capability = "CAP_SYS_ADMIN", .source = "mount(2), mount_namespaces(7)"

static void make_dirs(const char *const *names)
{
	for (; *names; names++)
		NEED(mkdir(*names, 0755));
}

PROBE(bind, .what = "a bind mount shows the same files, and takes flags of its own when remounted",
      DECLARED("2.6.26"))
{
	struct mountinfo m;
	struct stat a, b;

	own_tmpfs();
	make_dirs(LIST("from", "to"));
	close(NEED(open("from/file", O_RDWR | O_CREAT, 0644)));
	/* Other flags are ignored at first. */
	NEED(mount("from", "to", NULL, MS_BIND | MS_RDONLY, NULL));
	NEED(stat("from/file", &a));
	NEED(stat("to/file", &b));
	PROMISE_EQ(a.st_ino, b.st_ino);
	PROMISE_EQ(a.st_dev, b.st_dev);
	NEED(mount_at(0, "to", &m));
	PROMISE(str_after(m.options, "rw"));
	NEED(mount(NULL, "to", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOEXEC, NULL));
	NEED(mount_at(0, "to", &m));
	PROMISE(str_after(m.options, "ro,noexec"));
	PROMISE_FAILS(open("to/file", O_WRONLY), EROFS);
	close(NEED(open("from/file", O_WRONLY)));
}

PROBE(propagates, .what = "what is mounted in a shared mount appears in its peers and slaves, once",
      DECLARED("2.6.15"))
{
	own_tmpfs();
	make_dirs(LIST("a", "peer", "slave", "private"));
	NEED(mount("a", "a", "tmpfs", 0, NULL));
	make_dirs(LIST("a/x", "a/y"));
	NEED(mount(NULL, "a", NULL, MS_SHARED, NULL));
	NEED(mount("a", "peer", NULL, MS_BIND, NULL));
	NEED(mount("a", "slave", NULL, MS_BIND, NULL));
	NEED(mount(NULL, "slave", NULL, MS_SLAVE, NULL));
	NEED(mount("a", "private", NULL, MS_BIND, NULL));
	NEED(mount(NULL, "private", NULL, MS_PRIVATE, NULL));
	NEED(mount("x", "a/x", "tmpfs", 0, NULL));
	PROMISE_EQ(mounts_at("peer/x"), 1);
	PROMISE_EQ(mounts_at("slave/x"), 1);
	PROMISE_EQ(mounts_at("private/x"), 0);
	/* What a slave mounts is its own. */
	NEED(mount("y", "slave/y", "tmpfs", 0, NULL));
	PROMISE_EQ(mounts_at("a/y"), 0);
	NEED(umount("peer/x"));
	PROMISE_EQ(mounts_at("a/x"), 0);
	PROMISE_EQ(mounts_at("slave/x"), 0);
}

PROBE(propagation_recursion,
      .what = "propagation changes for one mount, or with MS_REC for all below", DECLARED("2.6.15"))
{
	struct mountinfo m;

	own_tmpfs();
	make_dirs(LIST("a"));
	NEED(mount("a", "a", "tmpfs", 0, NULL));
	make_dirs(LIST("a/b"));
	NEED(mount("b", "a/b", "tmpfs", 0, NULL));
	NEED(mount(NULL, "a", NULL, MS_SHARED, NULL));
	NEED(mount_at(0, "a/b", &m));
	PROMISE_STR(m.optional, "");
	NEED(mount(NULL, "a", NULL, MS_SHARED | MS_REC, NULL));
	NEED(mount_at(0, "a/b", &m));
	PROMISE_GT(peer_group(&m, "shared"), 0);
	PROMISE_FAILS(mount(NULL, "a", NULL, MS_SHARED | MS_SLAVE, NULL), EINVAL);
	/* Not the root of a mount. */
	make_dirs(LIST("a/dir"));
	PROMISE_FAILS(mount(NULL, "a/dir", NULL, MS_PRIVATE, NULL), EINVAL);
}

PROBE(propagation_elsewhere,
      .what = "who has CAP_SYS_ADMIN over another mount namespace changes propagation in it",
      DECLARED("2.6.15"), .guards = "mnt-propagation-other-ns")
{
	const char *top = own_tmpfs();
	pid_t pid = spawn_in(CLONE_NEWNS);
	char path[512], self[64];
	struct mountinfo m;
	int fd;

	if (pid == 0) {
		make_dirs(LIST("theirs"));
		NEED(mount("theirs", "theirs", "tmpfs", 0, NULL));
		NEED(mount(NULL, "theirs", NULL, MS_SHARED, NULL));
		reach(1);
		linger();
	}
	await(1);
	snprintf(path, sizeof(path), "/proc/%d/root%s/theirs", pid, top);
	fd = NEED(open(path, O_PATH));
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	PROMISE_EQ(mount(NULL, self, NULL, MS_PRIVATE, NULL), 0);
	NEED(mount_at(pid, "theirs", &m));
	PROMISE_STR(m.optional, "");
	PROMISE_EQ(mount(NULL, self, NULL, MS_SHARED, NULL), 0);
	NEED(mount_at(pid, "theirs", &m));
	PROMISE_GT(peer_group(&m, "shared"), 0);
}

PROBE(propagation_unmounted,
      .what = "propagation of a mount that is in no namespace is not changed", DECLARED("6.16"),
      .guards = "mnt-propagation-other-ns")
{
	char self[64];
	int fd;

	own_tmpfs();
	make_dirs(LIST("a"));
	NEED(mount("a", "a", "tmpfs", 0, NULL));
	fd = NEED(open("a", O_PATH));
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	NEED(umount2("a", MNT_DETACH));
	if (mount(NULL, self, NULL, MS_SHARED, NULL) == 0)
		ABSENT("propagation of a detached mount changes");
	PROMISE_EQ(errno, EINVAL);
}

PROBE(propagation_refused,
      .what = "nobody changes propagation over whose namespace he has no right", .since = "2.6.15",
      .source = "mount(2)", .guards = "mnt-propagation-other-ns")
{
	pid_t pid = spawn();
	int fd = NEED(open("/", O_PATH));

	if (pid == 0) {
		char self[64];

		snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		lose_privileges();
		PROMISE_FAILS(mount(NULL, self, NULL, MS_SHARED, NULL), EPERM);
		own_root();
		NEED(unshare(CLONE_NEWNS));
		/* Every capability by now, but not over the namespace that mount is in. */
		PROMISE_FAILS(mount(NULL, self, NULL, MS_PRIVATE, NULL), EPERM, EINVAL);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(tucked, .what = "a mount that propagates to where one is already goes beneath it",
      DECLARED("4.11"), .commit = "1064f874abc0", .guards = "mnt-tuck")
{
	struct mountinfo own, copy;
	struct statx stx;

	own_tmpfs();
	make_dirs(LIST("a", "slave"));
	NEED(mount("a", "a", "tmpfs", 0, NULL));
	make_dirs(LIST("a/x"));
	NEED(mount(NULL, "a", NULL, MS_SHARED, NULL));
	NEED(mount("a", "slave", NULL, MS_BIND, NULL));
	NEED(mount(NULL, "slave", NULL, MS_SLAVE, NULL));
	NEED(mount("own", "slave/x", "tmpfs", 0, NULL));
	NEED(mount("late", "a/x", "tmpfs", 0, NULL));
	PROMISE_EQ(mounts_at("slave/x"), 2);
	/* The path leads to the topmost. */
	NEED(statx(AT_FDCWD, "slave/x", 0, STATX_MNT_ID, &stx));
	NEED(mount_by_id(0, stx.stx_mnt_id, &own));
	PROMISE_STR(own.source, "own");
	NEED(mount_by_id(0, own.parent, &copy));
	PROMISE_STR(copy.source, "late");
	PROMISE_GT(peer_group(&copy, "master"), 0);
}

PROBE(move, .what = "MS_MOVE takes a mount, all that is in it, and its id elsewhere",
      DECLARED("2.4.18"))
{
	struct mountinfo was, now;

	own_tmpfs();
	make_dirs(LIST("a", "b"));
	NEED(mount("a", "a", "tmpfs", 0, NULL));
	make_dirs(LIST("a/x"));
	NEED(mount("x", "a/x", "tmpfs", 0, NULL));
	NEED(mount_at(0, "a/x", &was));
	NEED(mount("a", "b", NULL, MS_MOVE, NULL));
	PROMISE_EQ(mounts_at("a"), 0);
	NEED(mount_at(0, "b/x", &now));
	PROMISE_EQ(now.id, was.id);
	PROMISE_FAILS(mount("b", "b/x", NULL, MS_MOVE, NULL), ELOOP);
}

PROBE(move_shared, .what = "a mount in a shared one cannot be moved: EINVAL", DECLARED("2.6.15"))
{
	own_tmpfs();
	make_dirs(LIST("a", "b"));
	NEED(mount("a", "a", "tmpfs", 0, NULL));
	make_dirs(LIST("a/x"));
	NEED(mount(NULL, "a", NULL, MS_SHARED, NULL));
	NEED(mount("x", "a/x", "tmpfs", 0, NULL));
	PROMISE_FAILS(mount("a/x", "b", NULL, MS_MOVE, NULL), EINVAL);
	/* Nor is what is unbindable bound. */
	NEED(mount(NULL, "a", NULL, MS_UNBINDABLE, NULL));
	PROMISE_FAILS(mount("a", "b", NULL, MS_BIND, NULL), EINVAL);
}

PROBE(pivot_root, .what = "pivot_root makes a mount the root of a namespace and of all tasks in it",
      DECLARED("2.4"))
{
	struct mountinfo m;
	pid_t pid;

	own_tmpfs();
	make_dirs(LIST("root"));
	NEED(mount("newroot", "root", "tmpfs", 0, NULL));
	make_dirs(LIST("root/old"));
	pid = spawn_idle();
	PROMISE_FAILS(syscall(SYS_pivot_root, "root/old", "root/old"), EINVAL, EBUSY);
	NEED(syscall(SYS_pivot_root, "root", "root/old"));
	NEED(chdir("/"));
	NEED(mount("/old/proc", "/old", NULL, MS_BIND | MS_REC, NULL));
	NEED(access("/old/self", F_OK));
	/* The other task did not ask for it. */
	PROMISE_EQ(access("/old/self/root/old", F_OK), 0);
	NEED(umount2("/old", MNT_DETACH));
	NEED(mkdir("/proc", 0555));
	NEED(mount("/old/proc", "/proc", NULL, MS_BIND | MS_REC, NULL));
	NEED(mount_at(0, "/", &m));
	PROMISE_STR(m.source, "newroot");
	PROMISE_STR(link_text("/proc/%d/root", pid), "/");
	NEED(mount_at(pid, "/", &m));
	PROMISE_STR(m.source, "newroot");
	NEED(umount2("/old", MNT_DETACH));
	PROMISE_FAILS(access("/old/proc", F_OK), ENOENT);
}

PROBE(detached, .what = "a file on a mount that was detached goes on working", DECLARED("2.4.11"))
{
	struct stat st;
	int fd, dir;

	own_tmpfs();
	make_dirs(LIST("a"));
	NEED(mount("a", "a", "tmpfs", 0, NULL));
	dir = NEED(open("a", O_RDONLY | O_DIRECTORY));
	fd = NEED(openat(dir, "file", O_RDWR | O_CREAT, 0644));
	PROMISE_FAILS(umount("a"), EBUSY);
	NEED(umount2("a", MNT_DETACH));
	PROMISE_EQ(mounts_at("a"), 0);
	NEED(pwrite(fd, "text", 4, 0));
	NEED(fstatat(dir, "file", &st, 0));
	PROMISE_EQ(st.st_size, 4);
	PROMISE_EQ(st.st_nlink, 1);
}

PROBE(locked, .what = "what a less privileged mount namespace was given it cannot uncover or undo",
      .since = "3.12", .kconfig = "CONFIG_USER_NS", .capability = "CAP_SYS_ADMIN",
      .source = "mount_namespaces(7)")
{
	pid_t pid;

	own_tmpfs();
	make_dirs(LIST("a"));
	NEED(mount("a", "a", "tmpfs", MS_NOSUID | MS_NODEV | MS_RDONLY, NULL));
	pid = spawn();
	if (pid == 0) {
		own_root();
		NEED(unshare(CLONE_NEWNS));
		PROMISE_FAILS(umount("a"), EINVAL);
		PROMISE_FAILS(mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND, NULL), EPERM);
		/* More of the same is fine. */
		NEED(mount(NULL, "a", NULL,
			   MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			   NULL));
		_exit(0);
	}
	reap_good(pid);
}

GAP(locked_flag, .what = "nothing tells that a mount is locked in its place",
    .kconfig = "CONFIG_USER_NS", .capability = "CAP_SYS_ADMIN", .source = "mount_namespaces(7)")
{
	pid_t pid;

	own_tmpfs();
	make_dirs(LIST("a", "b"));
	NEED(mount("one", "a", "tmpfs", 0, NULL));
	pid = spawn();
	if (pid == 0) {
		struct mountinfo locked, free_;
		char with[1024], without[1024];

		own_root();
		NEED(unshare(CLONE_NEWNS));
		NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		NEED(mount("a", "b", NULL, MS_BIND, NULL));
		NEED(mount_at(0, "a", &locked));
		NEED(mount_at(0, "b", &free_));
		PROMISE_FAILS(umount("a"), EINVAL);
		NEED(umount("b"));
		snprintf(with, sizeof(with), "%s %s %s", locked.options, locked.optional,
			 locked.super);
		snprintf(without, sizeof(without), "%s %s %s", free_.options, free_.optional,
			 free_.super);
		tried_texts("mountinfo", strdup(with), strdup(without), NULL);
		reach(1);
		linger();
	}
	await(1);
}

GAP(identity, .what = "nobody chooses the id, the peer group or the device number of a mount",
    .capability = "CAP_SYS_ADMIN", .source = "mount(2), mount_setattr(2)")
{
	static const char *const words[] = { "mnt_id", "shared", "group", "dev", "st_dev" };
	int fs;

	own_mounts();
	fs = NEED(fsopen("tmpfs", 0));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		TRIED_TO(words[i], fsconfig(fs, FSCONFIG_SET_STRING, words[i], "77", 0));
	TRIED_TO("write mountinfo", write_text("77", "/proc/self/mountinfo"));
}

GAP(where_detached,
    .what = "nothing tells where a detached mount was, of which files are still open",
    .capability = "CAP_SYS_ADMIN", .source = "mount(2), statmount(2)")
{
	struct mountinfo m;
	int fd, id;

	own_tmpfs();
	make_dirs(LIST("a"));
	NEED(mount("a", "a", "tmpfs", 0, NULL));
	fd = NEED(open("a/file", O_RDWR | O_CREAT, 0644));
	id = atoi(NEED(fdinfo_field(0, fd, "mnt_id")));
	NEED(mount_by_id(0, id, &m));
	NEED(umount2("a", MNT_DETACH));
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, fd, "mnt_id"))), id);
	TRIED_TO("mountinfo", mount_by_id(0, id, &m));
	PROMISE_STR(link_text("/proc/self/fd/%d", fd), "/file");
	TRIED("/proc/PID/fd: the path within the mount");
}
