// SPDX-License-Identifier: GPL-2.0-only
/* Files on overlayfs, where most containers keep theirs: which mount and inode they are said to be. */
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "frame/mount.h"
#include "probe.h"

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_OVERLAY_FS", .capability = "CAP_SYS_ADMIN",           \
	.source = "Documentation/filesystems/overlayfs.rst"

/* An overlay at "merged", whose lower layer has a file of one page. */
static void make_overlay(void)
{
	int fd;

	own_tmpfs();
	NEED(mkdir("lower", 0755) | mkdir("upper", 0755) | mkdir("work", 0755) |
	     mkdir("merged", 0755));
	fd = NEED(open("lower/file", O_RDWR | O_CREAT, 0644));
	NEED(pwrite(fd, "lower", 5, page_size() - 5));
	close(fd);
	/* EPERM: one that the root of a user namespace may not mount, before 5.11. */
	OFFERED(mount("overlay", "merged", "overlay", 0,
		      "lowerdir=lower,upperdir=upper,workdir=work"),
		"overlayfs", ENODEV, in_init_userns() ? ENODEV : EPERM);
}

PROBE(fdinfo, .what = "fdinfo and stat say that a file of an overlay is on the overlay",
      DECLARED("4.2"), .guards = "overlay-fdinfo-mnt-id")
{
	struct mountinfo m;
	struct stat st, dir;
	int fd;

	make_overlay();
	fd = NEED(open("merged/file", O_RDONLY));
	NEED(mount_at(0, "merged", &m));
	PROMISE_STR(m.type, "overlay");
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, fd, "mnt_id"))), m.id);
	NEED(fstat(fd, &st));
	NEED(stat("merged", &dir));
	PROMISE_EQ(dir.st_dev, makedev(m.major, m.minor));
	/* Layers that are one file system; with several a file may have a device of its own. */
	PROMISE_EQ(st.st_dev, dir.st_dev);
	PROMISE(str_ends_with(link_text("/proc/self/fd/%d", fd), "/merged/file"));
}

PROBE(copy_up, .what = "a file of the lower layer keeps its inode number when it is first written",
      DECLARED("4.12"))
{
	struct stat was, now;
	int ro, rw;

	make_overlay();
	ro = NEED(open("merged/file", O_RDONLY));
	NEED(fstat(ro, &was));
	rw = NEED(open("merged/file", O_RDWR));
	NEED(pwrite(rw, "upper", 5, 0));
	NEED(fstat(rw, &now));
	PROMISE_EQ(now.st_ino, was.st_ino);
	NEED(access("upper/file", F_OK));
	NEED(fstat(ro, &now));
	PROMISE_EQ(now.st_ino, was.st_ino);
}

/* The map_files link of the page at p, opened. */
static int open_mapped(const char *p, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (long)p,
		 (long)p + page_size());
	if (!in_init_userns())
		need_privilege("CAP_CHECKPOINT_RESTORE in the initial user namespace");
	return NEED(open(path, flags));
}

PROBE(map_files, .what = "what map_files opens of an overlay is on a mount that mountinfo has",
      DECLARED("4.3"), .guards = "ubuntu-overlay-map-files")
{
	struct mountinfo m, at;
	struct statx stx;
	const char *p;
	int fd;

	make_overlay();
	p = map(NEED(open("merged/file", O_RDONLY)), 1, PROT_READ, MAP_PRIVATE);
	fd = open_mapped(p, O_PATH);
	NEED(mount_at(0, "merged", &at));
	NEED(mount_by_id(0, atoi(NEED(fdinfo_field(0, fd, "mnt_id"))), &m));
	PROMISE_EQ(m.id, at.id);
	NEED(statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx));
	PROMISE_EQ(stx.stx_mnt_id, at.id);
	PROMISE(str_ends_with(
		link_text("/proc/self/map_files/%lx-%lx", (long)p, (long)p + page_size()),
		"/merged/file"));
}

/*
 * No release keeps this promise yet that we know of: the link count is that of the inode in the
 * layer below, where nothing was unlinked.
 */
PROBE(unlinked,
      .what = "the link count of an unlinked file of the lower layer says that it has no name",
      .kconfig = "CONFIG_OVERLAY_FS", .capability = "CAP_SYS_ADMIN",
      .source = "Documentation/filesystems/overlayfs.rst", .guards = "overlay-unlinked-lower-nlink")
{
	struct stat st;
	const char *p;
	char self[64];
	int fd;

	make_overlay();
	p = map(NEED(open("merged/file", O_RDONLY)), 1, PROT_READ, MAP_PRIVATE);
	NEED(unlink("merged/file"));
	fd = open_mapped(p, O_RDONLY);
	NEED(fstat(fd, &st));
	PROMISE(str_ends_with(
		link_text("/proc/self/map_files/%lx-%lx", (long)p, (long)p + page_size()),
		" (deleted)"));
	/* An engine that goes by the count links the file, rather than save all its bytes. */
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (st.st_nlink > 0 &&
	    linkat(AT_FDCWD, self, AT_FDCWD, "merged/again", AT_SYMLINK_FOLLOW) < 0)
		ABSENT("it has %lu links and cannot be linked: %s; only the text of its link tells",
		       (long)st.st_nlink, errno_name(errno));
}
