// SPDX-License-Identifier: GPL-2.0-only
/* open_tree(2) and move_mount(2): mounts by file descriptor, and their peer groups. */
#include <sched.h>

#include "frame/mount.h"
#include "probe.h"
#include "uapi/mount.h"

#define DECLARED                                                                                   \
	.since = "5.2", .commit = "a07b20004793", .capability = "CAP_SYS_ADMIN",                   \
	.source = "open_tree(2), move_mount(2)"

static int move(int from, int to_dir, const char *to, unsigned int flags)
{
	return move_mount(from, "", to_dir, to, flags | MOVE_MOUNT_F_EMPTY_PATH);
}

static void dir(const char *name)
{
	NEED(mkdir(name, 0755));
}

PROBE(clone,
      .what = "a cloned tree hangs on its file, is attached once, and goes with the last close",
      DECLARED)
{
	int tree;

	own_tmpfs();
	dir("a");
	dir("b");
	NEED(mount("a", "a", "tmpfs", 0, NULL));
	close(NEED(open("a/file", O_RDWR | O_CREAT, 0644)));
	tree = OFFERED(open_tree(AT_FDCWD, "a", OPEN_TREE_CLONE), "open_tree");
	PROMISE_EQ(mounts_at("b"), 0);
	NEED(faccessat(tree, "file", F_OK, 0));
	NEED(move(tree, AT_FDCWD, "b", 0));
	PROMISE_EQ(mounts_at("b"), 1);
	NEED(access("b/file", F_OK));
	close(tree);
	PROMISE_EQ(mounts_at("b"), 1);
	close(NEED(open_tree(AT_FDCWD, "a", OPEN_TREE_CLONE)));
	/* Nothing of that one keeps the file system busy. */
	NEED(umount("b"));
	NEED(umount("a"));
}

PROBE(recursive, .what = "AT_RECURSIVE clones what is mounted below, too", DECLARED)
{
	int tree;

	own_tmpfs();
	dir("a");
	dir("b");
	NEED(mount("a", "a", "tmpfs", 0, NULL));
	dir("a/x");
	NEED(mount("x", "a/x", "tmpfs", 0, NULL));
	tree = OFFERED(open_tree(AT_FDCWD, "a", OPEN_TREE_CLONE | AT_RECURSIVE), "open_tree");
	NEED(move(tree, AT_FDCWD, "b", 0));
	PROMISE_EQ(mounts_at("b/x"), 1);
	tree = NEED(open_tree(AT_FDCWD, "a", OPEN_TREE_CLONE));
	NEED(umount2("b", MNT_DETACH));
	NEED(move(tree, AT_FDCWD, "b", 0));
	PROMISE_EQ(mounts_at("b/x"), 0);
}

PROBE(of_file, .what = "a tree can be cloned from an open directory, whatever hides it by now",
      DECLARED)
{
	int fd, tree;

	own_tmpfs();
	dir("a");
	dir("b");
	NEED(mount("hidden", "a", "tmpfs", 0, NULL));
	close(NEED(open("a/file", O_RDWR | O_CREAT, 0644)));
	fd = NEED(open("a", O_PATH));
	NEED(mount("over", "a", "tmpfs", 0, NULL));
	PROMISE_FAILS(access("a/file", F_OK), ENOENT);
	tree = OFFERED(open_tree(fd, "", OPEN_TREE_CLONE | AT_EMPTY_PATH), "open_tree");
	NEED(move(tree, AT_FDCWD, "b", 0));
	NEED(access("b/file", F_OK));
}

PROBE(refused, .what = "without CAP_SYS_ADMIN over the namespace no tree is cloned: EPERM",
      .since = "5.2", .commit = "a07b20004793", .source = "open_tree(2)")
{
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		/* Without the clone it is an O_PATH open. */
		OFFERED(open_tree(AT_FDCWD, "/", 0), "open_tree");
		PROMISE_FAILS(open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE), EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(beneath, .what = "MOVE_MOUNT_BENEATH puts a mount under the one that is there",
      .since = "6.5", .commit = "6ac392815628", .capability = "CAP_SYS_ADMIN",
      .source = "move_mount(2)")
{
	struct mountinfo top, below;
	struct statx stx;
	int tree;

	own_tmpfs();
	dir("a");
	dir("b");
	NEED(mount("top", "a", "tmpfs", 0, NULL));
	NEED(mount("below", "b", "tmpfs", 0, NULL));
	tree = NEED(open_tree(AT_FDCWD, "b", OPEN_TREE_CLONE));
	OFFERED(move(tree, AT_FDCWD, "a", UAPI_MOVE_MOUNT_BENEATH), "MOVE_MOUNT_BENEATH", EINVAL);
	NEED(statx(AT_FDCWD, "a", 0, UAPI_STATX_MNT_ID, &stx));
	NEED(mount_by_id(0, stx.stx_mnt_id, &top));
	PROMISE_STR(top.source, "top");
	NEED(mount_by_id(0, top.parent, &below));
	PROMISE_STR(below.source, "below");
	NEED(umount("a"));
	NEED(mount_at(0, "a", &top));
	PROMISE_STR(top.source, "below");
}

/*
 * MOVE_MOUNT_SET_GROUP: the peer group of one mount for another.
 */

#define SET_GROUP                                                                                  \
	.since = "5.15", .commit = "9ffb14ef61ba", .capability = "CAP_SYS_ADMIN",                  \
	.source = "move_mount(2)"

static int set_group(const char *from, const char *to)
{
	return move_mount(AT_FDCWD, from, AT_FDCWD, to, MOVE_MOUNT_SET_GROUP);
}

/* a is a tmpfs with the directories x and y; b, c... are private binds of it. */
static void make_binds(const char *const *names)
{
	own_tmpfs();
	dir("a");
	NEED(mount("a", "a", "tmpfs", 0, NULL));
	dir("a/x");
	dir("a/y");
	for (; *names; names++) {
		dir(*names);
		NEED(mount("a", *names, NULL, MS_BIND, NULL));
	}
}

PROBE(set_group,
      .what = "a private mount is put into the peer group of another, and under its master",
      SET_GROUP)
{
	struct mountinfo a, b;

	make_binds(LIST("b", "c"));
	NEED(mount(NULL, "a", NULL, MS_SHARED, NULL));
	OFFERED(set_group("a", "b"), "MOVE_MOUNT_SET_GROUP", EINVAL);
	NEED(mount_at(0, "a", &a));
	NEED(mount_at(0, "b", &b));
	PROMISE_GT(peer_group(&a, "shared"), 0);
	PROMISE_STR(b.optional, a.optional);

	/* A slave, and shared as well. */
	NEED(mount(NULL, "b", NULL, MS_SLAVE, NULL));
	NEED(mount(NULL, "b", NULL, MS_SHARED, NULL));
	NEED(set_group("b", "c"));
	NEED(mount_at(0, "b", &a));
	NEED(mount_at(0, "c", &b));
	PROMISE_GT(peer_group(&a, "master"), 0);
	PROMISE_STR(b.optional, a.optional);
}

PROBE(set_group_propagates, .what = "peers made so are peers: mounts appear and go in each, once",
      SET_GROUP, .guards = "mnt-set-group-graph")
{
	static const char *const names[] = { "a", "b", "c", "d" };
	static const int orders[][4] = { { 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 1, 3, 0, 2 } };

	make_binds(LIST("b", "c", "d"));
	NEED(mount(NULL, "a", NULL, MS_SHARED, NULL));
	OFFERED(set_group("a", "b"), "MOVE_MOUNT_SET_GROUP", EINVAL);
	/* A chain: each by the one made before it; the last as a slave of them. */
	NEED(set_group("b", "c"));
	NEED(mount(NULL, "c", NULL, MS_SLAVE, NULL));
	NEED(set_group("c", "d"));

	for (int from = 0; from < 2; from++) {
		char path[8];

		snprintf(path, sizeof(path), "%s/x", names[from]);
		NEED(mount("x", path, "tmpfs", 0, NULL));
		for (int i = 0; i < 4; i++) {
			snprintf(path, sizeof(path), "%s/x", names[i]);
			PROMISE_EQ(mounts_at(path), 1);
		}
		snprintf(path, sizeof(path), "%s/x", names[1 - from]);
		NEED(umount(path));
		for (int i = 0; i < 4; i++) {
			snprintf(path, sizeof(path), "%s/x", names[i]);
			PROMISE_EQ(mounts_at(path), 0);
		}
	}
	/* The group is whole after any of them has gone, in any order. */
	for (size_t o = 0; o < ARRAY_SIZE(orders); o++) {
		pid_t pid = spawn_in(CLONE_NEWNS);

		if (pid == 0) {
			for (int i = 0; i < 4; i++)
				NEED(umount2(names[orders[o][i]], MNT_DETACH));
			_exit(0);
		}
		reap_good(pid);
	}
	NEED(mount("y", "b/y", "tmpfs", 0, NULL));
	PROMISE_EQ(mounts_at("a/y"), 1);
	PROMISE_EQ(mounts_at("d/y"), 1);
}

PROBE(set_group_subtree,
      .what = "the root of the mount put into a group may lie in that of its peer", SET_GROUP)
{
	make_binds(LIST("b"));
	dir("a/x/deep");
	NEED(mount(NULL, "a", NULL, MS_SHARED, NULL));
	NEED(umount("b"));
	NEED(mount("a/x", "b", NULL, MS_BIND, NULL));
	NEED(mount(NULL, "b", NULL, MS_PRIVATE, NULL));
	OFFERED(set_group("a", "b"), "MOVE_MOUNT_SET_GROUP", EINVAL);
	NEED(mount("deep", "a/x/deep", "tmpfs", 0, NULL));
	PROMISE_EQ(mounts_at("b/deep"), 1);
	/* But not the other way round. */
	NEED(mount(NULL, "a", NULL, MS_PRIVATE, NULL));
	PROMISE_FAILS(set_group("b", "a"), EINVAL);
}

PROBE(set_group_refusals,
      .what = "no group is had from a private mount, for a shared one, or elsewhere", SET_GROUP)
{
	make_binds(LIST("b", "c"));
	dir("other");
	NEED(mount("other", "other", "tmpfs", 0, NULL));
	NEED(mount(NULL, "a", NULL, MS_SHARED, NULL));
	NEED(mount(NULL, "c", NULL, MS_SHARED, NULL));
	PROMISE_FAILS(set_group("b", "c"), EINVAL);
	OFFERED(set_group("a", "b"), "MOVE_MOUNT_SET_GROUP", EINVAL);
	PROMISE_FAILS(set_group("a", "c"), EINVAL);
	PROMISE_FAILS(set_group("a", "other"), EINVAL);
	PROMISE_FAILS(set_group("a", "b/x"), EINVAL);
}
