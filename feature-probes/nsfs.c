// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/ns: namespaces as files, and what these tell. */
#include <dirent.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "probe.h"
#include "uapi/nsfs.h"
#include "uapi/syscalls.h"

#define PROC_NS                                                                                    \
	.since = "3.8", .kconfig = "CONFIG_NAMESPACES CONFIG_PROC_FS", .source = "namespaces(7)"

static const struct kind {
	const char *link;
	int flag;
} kinds[] = {
	{ "mnt", CLONE_NEWNS },
	{ "pid", CLONE_NEWPID },
	{ "net", CLONE_NEWNET },
	{ "ipc", CLONE_NEWIPC },
	{ "uts", CLONE_NEWUTS },
	{ "user", CLONE_NEWUSER },
	{ "cgroup", CLONE_NEWCGROUP },
	{ "time", CLONE_NEWTIME },
	{ "pid_for_children", CLONE_NEWPID },
	{ "time_for_children", CLONE_NEWTIME },
};

/* A namespace of a task (0: our own) as a file; -1 and ENOENT where there is no such kind. */
static int ns_of(pid_t pid, const char *link)
{
	char path[64];

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, link);
	else
		snprintf(path, sizeof(path), "/proc/self/ns/%s", link);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static ino_t inode(int fd)
{
	struct stat st;

	NEED(fstat(fd, &st));
	return st.st_ino;
}

PROBE(links, .what = "each link in /proc/PID/ns says the type and the inode of what it opens",
      PROC_NS)
{
	struct stat first, st;
	char want[64];

	NEED(fstat(NEED(ns_of(0, "mnt")), &first));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int fd = ns_of(0, kinds[i].link);

		if (fd < 0 && errno == ENOENT)
			continue;
		NEED(fstat(NEED(fd), &st));
		PROMISE_EQ(st.st_dev, first.st_dev);
		snprintf(want, sizeof(want), "%.*s:[%lu]", (int)strcspn(kinds[i].link, "_"),
			 kinds[i].link, st.st_ino);
		PROMISE_STR(link_text("/proc/self/ns/%s", kinds[i].link), want);
	}
}

PROBE(links_known, .what = "every kind of namespace in /proc/PID/ns is one we have a word for",
      PROC_NS)
{
	DIR *dir = NEED(opendir("/proc/self/ns"));
	const struct dirent *e;

	while ((e = readdir(dir))) {
		bool known = e->d_name[0] == '.';

		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			known |= streq(e->d_name, kinds[i].link);
		if (!known)
			NEW("/proc/PID/ns/%s", e->d_name);
	}
}

PROBE(identity, .what = "tasks share the inode of a namespace they share, and no other", PROC_NS,
      .capability = "CAP_SYS_ADMIN")
{
	pid_t same = spawn_idle(), own = spawn_in(CLONE_NEWUTS | CLONE_NEWNET);

	if (own == 0)
		linger();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int mine = ns_of(0, kinds[i].link);
		bool differs = kinds[i].flag & (CLONE_NEWUTS | CLONE_NEWNET);

		if (mine < 0)
			continue;
		PROMISE_EQ(inode(NEED(ns_of(same, kinds[i].link))), inode(mine));
		PROMISE_EQ(inode(NEED(ns_of(own, kinds[i].link))) != inode(mine), differs);
	}
}

PROBE(kept_alive, .what = "an open file keeps a namespace that no task is in any more", PROC_NS,
      .capability = "CAP_SYS_ADMIN")
{
	pid_t pid = spawn_in(CLONE_NEWUTS);
	char name[65];
	int fd;

	if (pid == 0) {
		NEED(sethostname("kept", 4));
		reach(1);
		linger();
	}
	await(1);
	fd = NEED(ns_of(pid, "uts"));
	end_task(pid);
	NEED(setns(fd, CLONE_NEWUTS));
	NEED(gethostname(name, sizeof(name)));
	PROMISE_STR(name, "kept");
}

PROBE(refused, .what = "the namespaces of a task that may not be traced are not told: EACCES",
      PROC_NS)
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
		PROMISE_FAILS(ns_of(secretive, "net"), EACCES);
		PROMISE_STR(link_text("/proc/%d/ns/net", secretive), "");
		_exit(0);
	}
	reap_good(asker);
}

#define NS_IOCTL(release, id)                                                                      \
	.since = release, .commit = id, .kconfig = "CONFIG_NAMESPACES", .source = "ioctl_nsfs(2)"

PROBE(type, .what = "NS_GET_NSTYPE tells which CLONE_NEW flag makes such a namespace",
      NS_IOCTL("4.11", "e5ff5ce6e20e"))
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int fd = ns_of(0, kinds[i].link);

		if (fd >= 0)
			PROMISE_EQ(OFFERED(ioctl(fd, UAPI_NS_GET_NSTYPE), "NS_GET_NSTYPE", ENOTTY),
				   kinds[i].flag);
	}
}

PROBE(userns, .what = "NS_GET_USERNS opens the user namespace that owns a namespace",
      NS_IOCTL("4.9", "6786741dbf99"), .capability = "CAP_SYS_ADMIN")
{
	pid_t pid = spawn();
	int uts, parent;

	if (pid == 0) {
		own_users();
		NEED(unshare(CLONE_NEWUTS));
		reach(1);
		linger();
	}
	await(1);
	uts = NEED(ns_of(pid, "uts"));
	PROMISE_EQ(inode(OFFERED(ioctl(uts, UAPI_NS_GET_USERNS), "NS_GET_USERNS", ENOTTY)),
		   inode(NEED(ns_of(pid, "user"))));
	/* Of a user namespace it is the one above. */
	parent = NEED(ioctl(NEED(ns_of(pid, "user")), UAPI_NS_GET_USERNS));
	PROMISE_EQ(inode(parent), inode(NEED(ns_of(0, "user"))));
}

PROBE(userns_refused, .what = "NS_GET_USERNS and NS_GET_PARENT do not look out of a user namespace",
      NS_IOCTL("4.9", "6786741dbf99"))
{
	pid_t pid;

	OFFERED(ioctl(NEED(ns_of(0, "user")), UAPI_NS_GET_NSTYPE), "ioctls on namespaces", ENOTTY);
	pid = spawn();
	if (pid == 0) {
		own_users();
		/* Both belong to namespaces outside. */
		PROMISE_FAILS(ioctl(NEED(ns_of(0, "user")), UAPI_NS_GET_PARENT), EPERM);
		PROMISE_FAILS(ioctl(NEED(ns_of(0, "uts")), UAPI_NS_GET_USERNS), EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(parent,
      .what = "NS_GET_PARENT opens the pid namespace above, and is EINVAL without hierarchy",
      NS_IOCTL("4.9", "a7306ed8d94a"), .capability = "CAP_SYS_ADMIN")
{
	pid_t pid = spawn_in(CLONE_NEWPID);
	int fd;

	if (pid == 0)
		linger();
	fd = OFFERED(ioctl(NEED(ns_of(pid, "pid")), UAPI_NS_GET_PARENT), "NS_GET_PARENT", ENOTTY);
	PROMISE_EQ(inode(fd), inode(NEED(ns_of(0, "pid_for_children"))));
	PROMISE_FAILS(ioctl(NEED(ns_of(0, "uts")), UAPI_NS_GET_PARENT), EINVAL);
	PROMISE_FAILS(ioctl(NEED(ns_of(0, "net")), UAPI_NS_GET_PARENT), EINVAL);
}

PROBE(owner_uid, .what = "NS_GET_OWNER_UID tells whose a user namespace is, and EINVAL of others",
      NS_IOCTL("4.11", "d95fa3c76a66"))
{
	pid_t pid = spawn();
	uid_t uid = 77;

	if (pid == 0) {
		own_users();
		/* Nobody has mapped ids here: the owner is seen as the overflow user. */
		NEED(ioctl(NEED(ns_of(0, "user")), UAPI_NS_GET_OWNER_UID, &uid));
		PROMISE_EQ(uid, atoi(NEED(slurp("/proc/sys/kernel/overflowuid"))));
		reach(1);
		linger();
	}
	await(1);
	OFFERED(ioctl(NEED(ns_of(pid, "user")), UAPI_NS_GET_OWNER_UID, &uid), "NS_GET_OWNER_UID",
		ENOTTY);
	PROMISE_EQ(uid, geteuid());
	PROMISE_FAILS(ioctl(NEED(ns_of(pid, "uts")), UAPI_NS_GET_OWNER_UID, &uid), EINVAL);
}

PROBE(pid_translate, .what = "a pid namespace's file translates pids in and out, as NSpid has them",
      NS_IOCTL("6.11", "ca567df74a28"), .capability = "CAP_SYS_ADMIN")
{
	pid_t *inside = share(page_size()), pid = spawn_in(CLONE_NEWPID), child;
	int fd;

	if (pid == 0) {
		child = fork();
		if (child == 0)
			linger();
		*inside = child;
		reach(1);
		linger();
	}
	await(1);
	fd = NEED(ns_of(pid, "pid"));
	PROMISE_EQ(
		OFFERED(ioctl(fd, UAPI_NS_GET_PID_FROM_PIDNS, 1), "NS_GET_PID_FROM_PIDNS", ENOTTY),
		pid);
	child = NEED(ioctl(fd, UAPI_NS_GET_PID_FROM_PIDNS, *inside));
	PROMISE(str_ends_with(NEED(status_field(child, "NSpid")), "\t2"));
	PROMISE_EQ(*inside, 2);
	PROMISE_EQ(NEED(ioctl(fd, UAPI_NS_GET_PID_IN_PIDNS, child)), *inside);
	PROMISE_EQ(NEED(ioctl(fd, UAPI_NS_GET_TGID_IN_PIDNS, pid)), 1);
	PROMISE_EQ(NEED(ioctl(fd, UAPI_NS_GET_TGID_FROM_PIDNS, *inside)), child);
}

PROBE(pid_translate_nobody, .what = "a pid that is not in a pid namespace is not translated: ESRCH",
      NS_IOCTL("6.11", "ca567df74a28"), .capability = "CAP_SYS_ADMIN")
{
	pid_t pid = spawn_in(CLONE_NEWPID);
	int fd;

	if (pid == 0)
		linger();
	fd = NEED(ns_of(pid, "pid"));
	OFFERED(ioctl(fd, UAPI_NS_GET_PID_FROM_PIDNS, 1), "NS_GET_PID_FROM_PIDNS", ENOTTY);
	/* We are not in there. */
	PROMISE_FAILS(ioctl(fd, UAPI_NS_GET_PID_IN_PIDNS, getpid()), ESRCH);
	PROMISE_FAILS(ioctl(fd, UAPI_NS_GET_PID_FROM_PIDNS, 99), ESRCH);
}

PROBE(mntns_id, .what = "NS_GET_MNTNS_ID tells mount namespaces apart, by numbers never used again",
      NS_IOCTL("6.11", NULL), .capability = "CAP_SYS_ADMIN")
{
	uint64_t mine, again, theirs;
	pid_t pid;

	OFFERED(ioctl(NEED(ns_of(0, "mnt")), UAPI_NS_GET_MNTNS_ID, &mine), "NS_GET_MNTNS_ID",
		ENOTTY);
	pid = spawn_in(CLONE_NEWNS);
	if (pid == 0)
		linger();
	NEED(ioctl(NEED(ns_of(pid, "mnt")), UAPI_NS_GET_MNTNS_ID, &theirs));
	PROMISE_NE(theirs, mine);
	end_task(pid);
	pid = spawn_in(CLONE_NEWNS);
	if (pid == 0)
		linger();
	NEED(ioctl(NEED(ns_of(pid, "mnt")), UAPI_NS_GET_MNTNS_ID, &again));
	/* Not greater: CPUs may hand them out each from a range of its own. */
	PROMISE_NE(again, theirs);
	PROMISE_FAILS(ioctl(NEED(ns_of(0, "uts")), UAPI_NS_GET_MNTNS_ID, &mine), EINVAL);
}

/* The mount namespaces that NS_MNT_GET_NEXT (PREV) leads to from here, until one is seen. */
static bool walk(int fd, unsigned long direction, uint64_t wanted)
{
	for (;;) {
		struct uapi_mnt_ns_info info = { .size = sizeof(info) };

		fd = ioctl(fd, direction, &info);
		/* Later kernels leave the walk to who may see all of them. */
		if (fd < 0 && (errno == ENOENT || (errno == EPERM && !in_init_userns())))
			return false;
		NEED(fd);
		if (info.mnt_ns_id == wanted)
			return true;
	}
}

PROBE(mnt_info, .what = "NS_MNT_GET_NEXT and PREV walk the mount namespaces one may look into",
      NS_IOCTL("6.12", "a1d220d9dafa"), .capability = "CAP_SYS_ADMIN")
{
	struct uapi_mnt_ns_info mine = { .size = sizeof(mine) }, theirs = mine;
	int lines = 0, fd = NEED(ns_of(0, "mnt")), other;
	pid_t pid;

	OFFERED(ioctl(fd, UAPI_NS_MNT_GET_INFO, &mine), "NS_MNT_GET_INFO", ENOTTY);
	pid = spawn_in(CLONE_NEWNS);
	if (pid == 0)
		linger();
	other = NEED(ns_of(pid, "mnt"));
	NEED(ioctl(other, UAPI_NS_MNT_GET_INFO, &theirs));
	for_each_line(line, NEED(slurp("/proc/%d/mountinfo", pid)))
		lines++;
	/* mountinfo leaves out what lies outside the root of its reader. */
	PROMISE_GE(theirs.nr_mounts, lines);
	/* A namespace of our own is one of ours to see; that above a user namespace is not. */
	PROMISE_EQ(walk(other, UAPI_NS_MNT_GET_PREV, mine.mnt_ns_id), in_init_userns());
	if (in_init_userns())
		PROMISE(walk(fd, UAPI_NS_MNT_GET_NEXT, theirs.mnt_ns_id));
}

PROBE(id, .what = "NS_GET_ID gives each namespace of whatever type a number of its own",
      NS_IOCTL("6.18", NULL))
{
	uint64_t id[ARRAY_SIZE(kinds)], mnt;
	size_t n = 0;

	OFFERED(ioctl(NEED(ns_of(0, "uts")), UAPI_NS_GET_ID, id), "NS_GET_ID", ENOTTY);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int fd = ns_of(0, kinds[i].link);

		/* Those for children are the same namespaces again. */
		if (fd < 0 || strchr(kinds[i].link, '_'))
			continue;
		NEED(ioctl(fd, UAPI_NS_GET_ID, &id[n]));
		for (size_t k = 0; k < n; k++)
			PROMISE_NE(id[k], id[n]);
		n++;
	}
	NEED(ioctl(NEED(ns_of(0, "mnt")), UAPI_NS_GET_MNTNS_ID, &mnt));
	PROMISE_EQ(id[0], mnt);
}

struct handle {
	struct file_handle head;
	char bytes[MAX_HANDLE_SZ];
};

PROBE(file_handle, .what = "a namespace has a file handle that opens it again, as long as it lives",
      NS_IOCTL("6.18", "5222470b2fbb"), .capability = "CAP_SYS_ADMIN")
{
	struct handle h = { .head.handle_bytes = MAX_HANDLE_SZ };
	struct uapi_nsfs_file_handle *id = (void *)h.head.f_handle;
	pid_t pid = spawn_in(CLONE_NEWUTS);
	int fd, again, mount_id;

	if (pid == 0)
		linger();
	fd = NEED(ns_of(pid, "uts"));
	OFFERED(name_to_handle_at(fd, "", &h.head, &mount_id, AT_EMPTY_PATH),
		"file handle of a namespace", EOPNOTSUPP);
	PROMISE_EQ(h.head.handle_bytes, sizeof(*id));
	PROMISE_EQ(h.head.handle_type, UAPI_FILEID_NSFS);
	PROMISE_EQ(id->ns_type, CLONE_NEWUTS);
	PROMISE_EQ(id->ns_inum, inode(fd));
	again = NEED(open_by_handle_at(fd, &h.head, 0));
	PROMISE_EQ(inode(again), inode(fd));
	close(again);
	close(fd);
	end_task(pid);
	PROMISE_FAILS(open_by_handle_at(NEED(ns_of(0, "uts")), &h.head, 0), ESTALE, EACCES);
}

PROBE(list, .what = "listns lists namespaces by type and owner, with the ids NS_GET_ID tells",
      .since = "6.19", .kconfig = "CONFIG_NAMESPACES", .capability = "CAP_SYS_ADMIN",
      .source = "fs/nsfs.c, linux/nsfs.h")
{
	struct uapi_ns_id_req req = { .size = sizeof(req), .ns_type = CLONE_NEWUTS };
	static uint64_t ids[4096];
	uint64_t wanted;
	pid_t pid = spawn_in(CLONE_NEWUTS);
	bool found = false;
	long n;

	if (pid == 0)
		linger();
	n = OFFERED(syscall(SYS_listns, &req, ids, ARRAY_SIZE(ids), 0), "listns");
	NEED(ioctl(NEED(ns_of(pid, "uts")), UAPI_NS_GET_ID, &wanted));
	for (long i = 0; i < n; i++) {
		found |= ids[i] == wanted;
		PROMISE(i == 0 || ids[i] > ids[i - 1]);
	}
	PROMISE(found);
	req.ns_type = CLONE_NEWNET;
	n = NEED(syscall(SYS_listns, &req, ids, ARRAY_SIZE(ids), 0));
	for (long i = 0; i < n; i++)
		PROMISE_NE(ids[i], wanted);
}

GAP(identity_of_ones_own, .what = "nobody chooses the inode number or the id of a namespace",
    .source = "fs/nsfs.c")
{
	char path[64];
	int fd = NEED(ns_of(0, "uts"));
	uint64_t id = 1;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	TRIED_TO("open it for writing", open(path, O_RDWR));
	TRIED_TO("write /proc/self/ns/uts", write_text("4026531838", "/proc/self/ns/uts"));
	/* The next numbers after those that read an id and list them: who takes one would be there. */
	TRIED_TO("ioctl 13 with an id", ioctl(fd, _IOW(0xb7, 13, uint64_t), &id));
	TRIED_TO("ioctl 14 with an id", ioctl(fd, _IOW(0xb7, 14, uint64_t), &id));
}
