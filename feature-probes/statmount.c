// SPDX-License-Identifier: GPL-2.0-only
/* statmount(2), listmount(2) and the mount ids statx(2) tells. */
#include <sched.h>
#include <sys/ioctl.h>

#include "frame/mount.h"
#include "probe.h"
#include "uapi/mount.h"
#include "uapi/nsfs.h"
#include "uapi/syscalls.h"

#define STATMOUNT                                                                                  \
	.since = "6.8", .commit = "46eae99ef733", .capability = "CAP_SYS_ADMIN",                   \
	.source = "statmount(2)"

/* The mount a path or file is on. */
static uint64_t mnt_id(int dir, const char *path, unsigned int which)
{
	struct statx stx;

	NEED(statx(dir, path, AT_EMPTY_PATH, which, &stx));
	if (!(stx.stx_mask & which))
		ABSENT("statx tells no %smount id",
		       which == UAPI_STATX_MNT_ID_UNIQUE ? "unique " : "");
	return stx.stx_mnt_id;
}

PROBE(statx_mnt_id, .what = "statx tells the id mountinfo and fdinfo have for a mount",
      .since = "5.8", .commit = "fa2fcf4f1df1", .source = "statx(2)")
{
	struct mountinfo m;
	int fd = workfile("file");
	uint64_t id = mnt_id(fd, "", UAPI_STATX_MNT_ID);

	PROMISE_EQ(id, atol(NEED(fdinfo_field(0, fd, "mnt_id"))));
	NEED(mount_by_id(0, id, &m));
	PROMISE_EQ(mnt_id(AT_FDCWD, ".", UAPI_STATX_MNT_ID), id);
}

PROBE(statx_mnt_id_unique,
      .what = "statx tells an id that no other mount will have till the next boot", .since = "6.8",
      .commit = "98d2b4308197", .capability = "CAP_SYS_ADMIN", .source = "statx(2)")
{
	uint64_t one, two;

	own_tmpfs();
	NEED(mkdir("dir", 0755));
	NEED(mount("a", "dir", "tmpfs", 0, NULL));
	one = mnt_id(AT_FDCWD, "dir", UAPI_STATX_MNT_ID_UNIQUE);
	PROMISE_GT(one, 1UL << 31);
	PROMISE_NE(one, mnt_id(AT_FDCWD, "dir", UAPI_STATX_MNT_ID));
	NEED(umount("dir"));
	NEED(mount("a", "dir", "tmpfs", 0, NULL));
	two = mnt_id(AT_FDCWD, "dir", UAPI_STATX_MNT_ID_UNIQUE);
	PROMISE_GT(two, one);
}

static union {
	struct uapi_statmount head;
	char bytes[8192];
} sm;

static long statmount_in(uint64_t ns, uint64_t id, uint64_t mask, size_t size)
{
	struct uapi_mnt_id_req req = { .size = ns ? sizeof(req) : UAPI_MNT_ID_REQ_SIZE_VER0,
				       .mnt_id = id,
				       .param = mask,
				       .mnt_ns_id = ns };

	memset(&sm, 0, sizeof(sm));
	return syscall(SYS_statmount, &req, &sm, size, 0);
}

static long statmount_(uint64_t id, uint64_t mask)
{
	return statmount_in(0, id, mask, sizeof(sm));
}

#define BASIC (UAPI_STATMOUNT_SB_BASIC | UAPI_STATMOUNT_MNT_BASIC)
#define TEXTS (UAPI_STATMOUNT_MNT_ROOT | UAPI_STATMOUNT_MNT_POINT | UAPI_STATMOUNT_FS_TYPE)

PROBE(agrees, .what = "statmount tells of a mount what mountinfo tells", STATMOUNT)
{
	struct mountinfo m, up;
	uint64_t id;

	own_tmpfs();
	NEED(mkdir("dir", 0755));
	NEED(mkdir("dir/below", 0755));
	NEED(mkdir("to", 0755));
	NEED(mount("dir/below", "to", NULL, MS_BIND, NULL));
	NEED(mount(NULL, "to", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOEXEC, NULL));
	id = mnt_id(AT_FDCWD, "to", UAPI_STATX_MNT_ID_UNIQUE);
	OFFERED(statmount_(id, BASIC | TEXTS), "statmount");
	PROMISE_EQ(sm.head.mask, BASIC | TEXTS);
	NEED(mount_at(0, "to", &m));
	NEED(mount_at(0, ".", &up));
	PROMISE_EQ(sm.head.mnt_id, id);
	PROMISE_EQ(sm.head.mnt_id_old, m.id);
	PROMISE_EQ(sm.head.mnt_parent_id_old, up.id);
	PROMISE_EQ(sm.head.mnt_parent_id, mnt_id(AT_FDCWD, ".", UAPI_STATX_MNT_ID_UNIQUE));
	PROMISE_EQ(sm.head.sb_dev_major, m.major);
	PROMISE_EQ(sm.head.sb_dev_minor, m.minor);
	PROMISE_EQ(sm.head.mnt_attr & (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID),
		   MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC);
	PROMISE_STR(sm.head.str + sm.head.mnt_root, "/dir/below");
	PROMISE_STR(sm.head.str + sm.head.mnt_point, m.point);
	PROMISE_STR(sm.head.str + sm.head.fs_type, "tmpfs");
}

PROBE(propagation, .what = "statmount tells peer group and master by the numbers of mountinfo",
      STATMOUNT)
{
	struct mountinfo m;

	own_tmpfs();
	NEED(mkdir("a", 0755));
	NEED(mkdir("b", 0755));
	NEED(mount("a", "a", "tmpfs", 0, NULL));
	NEED(mount(NULL, "a", NULL, MS_SHARED, NULL));
	NEED(mount("a", "b", NULL, MS_BIND, NULL));
	NEED(mount(NULL, "b", NULL, MS_SLAVE, NULL));
	NEED(mount(NULL, "b", NULL, MS_SHARED, NULL));
	OFFERED(statmount_(mnt_id(AT_FDCWD, "b", UAPI_STATX_MNT_ID_UNIQUE), BASIC), "statmount");
	NEED(mount_at(0, "b", &m));
	PROMISE_EQ(sm.head.mnt_propagation, MS_SHARED | MS_SLAVE);
	PROMISE_EQ(sm.head.mnt_peer_group, peer_group(&m, "shared"));
	PROMISE_EQ(sm.head.mnt_master, peer_group(&m, "master"));
}

PROBE(refusals, .what = "statmount says EOVERFLOW, ENOENT and EINVAL where it has to", STATMOUNT)
{
	uint64_t id;

	own_tmpfs();
	NEED(mkdir("dir", 0755));
	NEED(mount("a", "dir", "tmpfs", 0, NULL));
	id = mnt_id(AT_FDCWD, "dir", UAPI_STATX_MNT_ID_UNIQUE);
	OFFERED(statmount_(id, BASIC), "statmount");
	PROMISE_FAILS(statmount_in(0, id, TEXTS, sizeof(sm.head)), EOVERFLOW);
	NEED(umount("dir"));
	PROMISE_FAILS(statmount_(id, BASIC), ENOENT);
	/* Numbers of the old kind are none. */
	PROMISE_FAILS(statmount_(1, BASIC), ENOENT, EINVAL);
}

PROBE(masks_known, .what = "everything statmount can tell is something we have a word for",
      .since = "6.15", .capability = "CAP_SYS_ADMIN", .source = "statmount(2), linux/mount.h")
{
	own_tmpfs();
	OFFERED(statmount_(mnt_id(AT_FDCWD, ".", UAPI_STATX_MNT_ID_UNIQUE),
			   UAPI_STATMOUNT_SUPPORTED_MASK),
		"statmount");
	if (!(sm.head.mask & UAPI_STATMOUNT_SUPPORTED_MASK))
		ABSENT("statmount does not tell what it can tell");
	PROMISE_EQ(sm.head.supported_mask & (BASIC | TEXTS), BASIC | TEXTS);
	if (sm.head.supported_mask & ~(uint64_t)UAPI_STATMOUNT_KNOWN)
		NEW("statmount masks %#llx",
		    (unsigned long long)sm.head.supported_mask & ~UAPI_STATMOUNT_KNOWN);
}

PROBE(elsewhere, .what = "statmount and listmount look into another mount namespace by its id",
      .since = "6.11", .capability = "CAP_SYS_ADMIN", .source = "statmount(2), listmount(2)")
{
	struct uapi_mnt_id_req req = { .size = sizeof(req), .mnt_id = UAPI_LSMT_ROOT };
	uint64_t ns, ids[512];
	char path[64];
	pid_t pid;
	int fd;
	long n;

	own_tmpfs();
	pid = spawn_in(CLONE_NEWNS);
	if (pid == 0) {
		NEED(mkdir("theirs", 0755));
		NEED(mount("theirs", "theirs", "tmpfs", 0, NULL));
		reach(1);
		linger();
	}
	await(1);
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	fd = NEED(open(path, O_RDONLY));
	OFFERED(ioctl(fd, UAPI_NS_GET_MNTNS_ID, &ns), "ids of mount namespaces", ENOTTY);
	req.mnt_ns_id = ns;
	n = OFFERED(syscall(SYS_listmount, &req, ids, ARRAY_SIZE(ids), 0), "listmount elsewhere",
		    EINVAL);
	PROMISE_GT(n, 1);
	/* The newest id is the last. */
	NEED(statmount_in(ns, ids[n - 1], TEXTS, sizeof(sm)));
	PROMISE(str_ends_with(sm.head.str + sm.head.mnt_point, "/theirs"));
	PROMISE_FAILS(statmount_(ids[n - 1], TEXTS), ENOENT);
}

PROBE(elsewhere_refused,
      .what = "who has no right over it looks into no other mount namespace: EPERM",
      .since = "6.11", .source = "statmount(2), listmount(2)")
{
	struct uapi_mnt_id_req req = { .size = sizeof(req), .mnt_id = UAPI_LSMT_ROOT };
	uint64_t ids[8];
	pid_t pid;

	OFFERED(ioctl(NEED(open("/proc/self/ns/mnt", O_RDONLY)), UAPI_NS_GET_MNTNS_ID,
		      &req.mnt_ns_id),
		"ids of mount namespaces", ENOTTY);
	pid = spawn();
	if (pid == 0) {
		lose_privileges();
		own_root();
		NEED(unshare(CLONE_NEWNS));
		PROMISE_FAILS(syscall(SYS_listmount, &req, ids, 8, 0), EPERM, ENOENT);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(list,
      .what = "listmount lists every mount of mountinfo, by rising ids, in as many calls as wanted",
      .since = "6.8", .commit = "b4c2bea8ceaa", .source = "listmount(2)")
{
	struct uapi_mnt_id_req req = { .size = UAPI_MNT_ID_REQ_SIZE_VER0,
				       .mnt_id = UAPI_LSMT_ROOT };
	static uint64_t all[4096];
	uint64_t two[2];
	struct mountinfo m;
	int lines = 0, old_ids = 0;
	long n, had = 0, got;

	n = OFFERED(syscall(SYS_listmount, &req, all, ARRAY_SIZE(all), 0), "listmount");
	for_each_line(line, NEED(slurp("/proc/self/mountinfo")))
		lines++;
	for (long i = 0; i < n; i++) {
		PROMISE(i == 0 || all[i] > all[i - 1]);
		NEED(statmount_(all[i], UAPI_STATMOUNT_MNT_BASIC));
		old_ids += mount_by_id(0, sm.head.mnt_id_old, &m) == 0;
	}
	/* Below the root there is what mountinfo has, which counts the root as well. */
	PROMISE_EQ(old_ids, n);
	PROMISE(n == lines || n == lines - 1);

	while ((got = NEED(syscall(SYS_listmount, &req, two, 2, 0))) > 0) {
		for (long i = 0; i < got; i++)
			PROMISE_EQ(two[i], all[had + i]);
		had += got;
		req.param = two[got - 1];
	}
	PROMISE_EQ(had, n);
}
