// SPDX-License-Identifier: GPL-2.0-only
/* mount_setattr(2) and open_tree_attr(2): flags, propagation and id maps of mounts. */
#include <sched.h>

#include "frame/mount.h"
#include "probe.h"
#include "uapi/mount.h"
#include "uapi/syscalls.h"

#define DECLARED                                                                                   \
	.since = "5.12", .commit = "2a1867219c7b", .capability = "CAP_SYS_ADMIN",                  \
	.source = "mount_setattr(2)"

static int setattr(int dir, const char *path, unsigned int flags, struct mount_attr attr)
{
	return syscall(SYS_mount_setattr, dir, path, flags, &attr, sizeof(attr));
}

static void make_tree(void)
{
	own_tmpfs();
	NEED(mkdir("a", 0755));
	NEED(mount("a", "a", "tmpfs", MS_NOSUID, NULL));
	NEED(mkdir("a/x", 0755));
	NEED(mount("x", "a/x", "tmpfs", 0, NULL));
}

PROBE(flags, .what = "mount_setattr sets and clears flags, of one mount or of all below", DECLARED)
{
	struct mountinfo m;

	make_tree();
	OFFERED(setattr(AT_FDCWD, "a", 0,
			(struct mount_attr){ .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC,
					     .attr_clr = MOUNT_ATTR_NOSUID }),
		"mount_setattr");
	NEED(mount_at(0, "a", &m));
	PROMISE_STR(m.options, "ro,noexec,relatime");
	NEED(mount_at(0, "a/x", &m));
	PROMISE_STR(m.options, "rw,relatime");
	NEED(setattr(AT_FDCWD, "a", AT_RECURSIVE,
		     (struct mount_attr){ .attr_set = MOUNT_ATTR_NOATIME,
					  .attr_clr = MOUNT_ATTR__ATIME | MOUNT_ATTR_RDONLY }));
	NEED(mount_at(0, "a", &m));
	PROMISE_STR(m.options, "rw,noexec,noatime");
	NEED(mount_at(0, "a/x", &m));
	PROMISE_STR(m.options, "rw,noatime");
	/* One way of keeping times cannot be set with the last still on. */
	PROMISE_FAILS(setattr(AT_FDCWD, "a", 0,
			      (struct mount_attr){ .attr_set = MOUNT_ATTR_STRICTATIME }),
		      EINVAL);
}

PROBE(propagation, .what = "mount_setattr changes propagation", DECLARED)
{
	struct mountinfo m;

	make_tree();
	OFFERED(setattr(AT_FDCWD, "a", AT_RECURSIVE,
			(struct mount_attr){ .propagation = MS_SHARED }),
		"mount_setattr");
	NEED(mount_at(0, "a/x", &m));
	PROMISE_GT(peer_group(&m, "shared"), 0);
	NEED(setattr(AT_FDCWD, "a", 0, (struct mount_attr){ .propagation = MS_PRIVATE }));
	NEED(mount_at(0, "a", &m));
	PROMISE_STR(m.optional, "");
	NEED(mount_at(0, "a/x", &m));
	PROMISE_GT(peer_group(&m, "shared"), 0);
	PROMISE_FAILS(setattr(AT_FDCWD, "a", 0,
			      (struct mount_attr){ .propagation = MS_SHARED | MS_SLAVE }),
		      EINVAL);
}

/* A user namespace in which `count` ids from 0 are those from `first` here. */
static int map_ids(unsigned int first, unsigned int count)
{
	static int stage;
	char map[64], path[64];
	pid_t pid = spawn();

	stage++;
	if (pid == 0) {
		own_users();
		reach(stage);
		linger();
	}
	await(stage);
	snprintf(map, sizeof(map), "0 %u %u", first, count);
	if (write_text(map, "/proc/%d/uid_map", pid) < 0 ||
	    write_text(map, "/proc/%d/gid_map", pid) < 0) {
		need_privilege("CAP_SETUID");
		BROKEN("cannot map ids: %s", errno_name(errno));
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	return NEED(open(path, O_RDONLY | O_CLOEXEC));
}

/* A detached copy of a tmpfs with a file of user 0 in it; that is what may be mapped. */
static int detached_tree(void)
{
	int fd;

	own_tmpfs();
	NEED(mkdir("a", 0755));
	NEED(mount("a", "a", "tmpfs", 0, NULL));
	fd = NEED(open("a/file", O_RDWR | O_CREAT, 0644));
	close(fd);
	NEED(mkdir("b", 0755));
	return NEED(open_tree(AT_FDCWD, "a", OPEN_TREE_CLONE));
}

#define IDMAP                                                                                      \
	.since = "6.3", .kconfig = "CONFIG_TMPFS CONFIG_USER_NS", .capability = "CAP_SYS_ADMIN",   \
	.source = "mount_setattr(2)"

PROBE(idmap, .what = "MOUNT_ATTR_IDMAP shows files as other users', on that mount, set once", IDMAP)
{
	int tree = detached_tree(), users = map_ids(1000, 100), more;
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = users };
	struct mountinfo m;
	struct stat st;

	/* On a mount that is in its place the map could be caught halfway by others. */
	OFFERED(setattr(tree, "", AT_EMPTY_PATH, attr), "id maps of tmpfs mounts", EINVAL);
	NEED(move_mount(tree, "", AT_FDCWD, "b", MOVE_MOUNT_F_EMPTY_PATH));
	NEED(stat("b/file", &st));
	PROMISE_EQ(st.st_uid, 1000);
	PROMISE_EQ(st.st_gid, 1000);
	NEED(stat("a/file", &st));
	PROMISE_EQ(st.st_uid, geteuid());
	NEED(mount_at(0, "b", &m));
	PROMISE(strstr(m.options, "idmapped"));
	more = NEED(open_tree(AT_FDCWD, "b", OPEN_TREE_CLONE));
	PROMISE_FAILS(setattr(more, "", AT_EMPTY_PATH, attr), EPERM);
	PROMISE_FAILS(setattr(AT_FDCWD, "a", 0, attr), EINVAL);
}

PROBE(idmap_read, .what = "statmount tells the ranges of ids a mount maps", .since = "6.15",
      .kconfig = "CONFIG_TMPFS CONFIG_USER_NS", .capability = "CAP_SYS_ADMIN",
      .source = "statmount(2)")
{
	const uint64_t maps = UAPI_STATMOUNT_MNT_UIDMAP | UAPI_STATMOUNT_MNT_GIDMAP;
	int tree = detached_tree(), users = map_ids(1000, 100);
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = users };
	struct uapi_mnt_id_req req = { .size = UAPI_MNT_ID_REQ_SIZE_VER0, .param = maps };
	static union {
		struct uapi_statmount head;
		char bytes[4096];
	} sm;
	struct statx stx;

	OFFERED(setattr(tree, "", AT_EMPTY_PATH, attr), "id maps of tmpfs mounts", EINVAL);
	NEED(move_mount(tree, "", AT_FDCWD, "b", MOVE_MOUNT_F_EMPTY_PATH));
	NEED(statx(AT_FDCWD, "b", 0, UAPI_STATX_MNT_ID_UNIQUE, &stx));
	req.mnt_id = stx.stx_mnt_id;
	OFFERED(syscall(SYS_statmount, &req, &sm, sizeof(sm), 0), "statmount");
	if ((sm.head.mask & maps) != maps)
		ABSENT("statmount does not tell id maps");
	PROMISE_EQ(sm.head.mnt_uidmap_num, 1);
	PROMISE_STR(sm.head.str + sm.head.mnt_uidmap, "0 1000 100");
	PROMISE_STR(sm.head.str + sm.head.mnt_gidmap, "0 1000 100");
}

PROBE(open_tree_attr,
      .what = "open_tree_attr clones a mount with another id map, and leaves the first",
      .since = "6.15", .commit = "c4a16820d901", .kconfig = "CONFIG_TMPFS CONFIG_USER_NS",
      .capability = "CAP_SYS_ADMIN", .source = "open_tree_attr(2)")
{
	int tree = detached_tree(), again;
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = map_ids(1000, 100) };
	struct stat st;

	OFFERED(setattr(tree, "", AT_EMPTY_PATH, attr), "id maps of tmpfs mounts", EINVAL);
	NEED(move_mount(tree, "", AT_FDCWD, "b", MOVE_MOUNT_F_EMPTY_PATH));
	attr.userns_fd = map_ids(2000, 100);
	attr.attr_clr = MOUNT_ATTR_IDMAP;
	again = OFFERED(
		syscall(SYS_open_tree_attr, AT_FDCWD, "b", OPEN_TREE_CLONE, &attr, sizeof(attr)),
		"open_tree_attr");
	NEED(fstatat(again, "file", &st, 0));
	PROMISE_EQ(st.st_uid, 2000);
	NEED(stat("b/file", &st));
	PROMISE_EQ(st.st_uid, 1000);
}
