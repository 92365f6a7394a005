// SPDX-License-Identifier: GPL-2.0-only
/* Fanotify: what fdinfo tells of a group and its marks. */
#include <sys/fanotify.h>
#include <sys/sysmacros.h>

#include "probe.h"

#define DECLARED                                                                                   \
	.since = "3.8", .commit = "be77196b809c", .kconfig = "CONFIG_FANOTIFY CONFIG_PROC_FS",     \
	.source = "proc_pid_fdinfo(5), fs/notify/fdinfo.c"

/* What follows "fanotify " on the n-th such line. */
static const char *line_of(int fd, int n)
{
	char *text = NEED(slurp("/proc/self/fdinfo/%d", fd));

	for_each_line(line, text) {
		const char *rest = str_after(line, "fanotify ");

		if (rest && n-- == 0)
			return rest;
	}
	DEVIATES("fdinfo of a fanotify lacks a line");
}

PROBE(inode_mark, .what = "fdinfo tells the flags of a fanotify group and what it has marked",
      DECLARED)
{
	int fd = OFFERED(fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_NONBLOCK, O_RDONLY),
			 "fanotify for everybody", EINVAL, EPERM);
	unsigned int flags, event_flags, dev, mflags, mask, ignored;
	unsigned long ino;
	struct stat st;

	close(workfile("file"));
	OFFERED(fanotify_mark(fd, FAN_MARK_ADD, FAN_MODIFY | FAN_CLOSE_WRITE, AT_FDCWD, "file"),
		"marks on this file system", EOPNOTSUPP, EXDEV, ENODEV);
	PROMISE_EQ(sscanf(line_of(fd, 0), "flags:%x event-flags:%x", &flags, &event_flags), 2);
	PROMISE_EQ(flags & (FAN_REPORT_FID | FAN_NONBLOCK), FAN_REPORT_FID | FAN_NONBLOCK);
	/* O_LARGEFILE comes on top. */
	PROMISE_EQ(event_flags & O_ACCMODE, O_RDONLY);
	PROMISE_EQ(sscanf(line_of(fd, 1), "ino:%lx sdev:%x mflags:%x mask:%x ignored_mask:%x", &ino,
			  &dev, &mflags, &mask, &ignored),
		   5);
	NEED(stat("file", &st));
	PROMISE_EQ(ino, st.st_ino);
	PROMISE_EQ(dev, major(st.st_dev) << 20 | minor(st.st_dev));
	PROMISE_EQ(mask & (FAN_MODIFY | FAN_CLOSE_WRITE | FAN_OPEN), FAN_MODIFY | FAN_CLOSE_WRITE);
	PROMISE_EQ(ignored, 0);
}

PROBE(mount_mark, .what = "fdinfo tells marks on mounts and file systems by their ids", DECLARED,
      .capability = "CAP_SYS_ADMIN in the initial user namespace")
{
	unsigned int mnt = 0, dev = 0, mflags, mask;
	struct stat st;
	int fd, dir;

	fd = OFFERED(fanotify_init(FAN_CLASS_NOTIF, O_RDONLY), "fanotify");
	workdir();
	dir = NEED(open(".", O_RDONLY));
	NEED(fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_MODIFY, AT_FDCWD, "."));
	PROMISE_EQ(sscanf(line_of(fd, 1), "mnt_id:%x mflags:%x mask:%x", &mnt, &mflags, &mask), 3);
	PROMISE_EQ(mnt, atoi(NEED(fdinfo_field(0, dir, "mnt_id"))));
	PROMISE_EQ(mask & FAN_MODIFY, FAN_MODIFY);

	fd = NEED(fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY));
	OFFERED(fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_DELETE | FAN_ONDIR,
			      AT_FDCWD, "."),
		"marks on file systems", EINVAL, EOPNOTSUPP, EXDEV, ENODEV);
	NEED(stat(".", &st));
	PROMISE_EQ(sscanf(line_of(fd, 1), "sdev:%x mflags:%x mask:%x", &dev, &mflags, &mask), 3);
	PROMISE_EQ(dev, major(st.st_dev) << 20 | minor(st.st_dev));
	PROMISE_EQ(mask & FAN_DELETE, FAN_DELETE);
}

PROBE(refused, .what = "marks on mounts want CAP_SYS_ADMIN: EPERM", .since = "5.13",
      .commit = "7cea2a3c505e", .kconfig = "CONFIG_FANOTIFY", .source = "fanotify_mark(2)")
{
	pid_t pid = spawn();
	int fd;

	if (pid == 0) {
		lose_privileges();
		PROMISE_FAILS(fanotify_init(FAN_CLASS_NOTIF, O_RDONLY), EPERM);
		fd = OFFERED(fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY),
			     "fanotify for everybody", EPERM, EINVAL);
		PROMISE_FAILS(
			fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_MODIFY, AT_FDCWD, "/"),
			EPERM, EINVAL);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(flags_accepted, .what = "the flags fdinfo tells of a group and a mark are taken again",
      DECLARED)
{
	int fd = OFFERED(fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_NONBLOCK, O_RDONLY),
			 "fanotify for everybody", EINVAL, EPERM),
	    again;
	unsigned int flags, event_flags, mask;

	close(workfile("file"));
	OFFERED(fanotify_mark(fd, FAN_MARK_ADD, FAN_MODIFY | FAN_CLOSE_WRITE, AT_FDCWD, "file"),
		"marks on this file system", EOPNOTSUPP, EXDEV, ENODEV);
	PROMISE_EQ(sscanf(line_of(fd, 0), "flags:%x event-flags:%x", &flags, &event_flags), 2);
	PROMISE_EQ(sscanf(strstr(line_of(fd, 1), " mask:"), " mask:%x", &mask), 1);
	again = NEED(fanotify_init(flags, event_flags));
	/* What the kernel keeps for itself of it: events on children. */
	NEED(fanotify_mark(again, FAN_MARK_ADD, mask & ~0x08000000U, AT_FDCWD, "file"));
	PROMISE_STR(line_of(again, 0), line_of(fd, 0));
	PROMISE_STR(line_of(again, 1), line_of(fd, 1));
}

GAP(permission, .what = "nobody tells which accesses wait for the answer of a listener",
    .kconfig = "CONFIG_FANOTIFY_ACCESS_PERMISSIONS",
    .capability = "CAP_SYS_ADMIN in the initial user namespace", .source = "fanotify(7)")
{
	int fd[2];
	pid_t pid;

	close(workfile("a"));
	close(workfile("b"));
	for (int i = 0; i < 2; i++) {
		fd[i] = OFFERED(fanotify_init(FAN_CLASS_CONTENT | FAN_NONBLOCK, O_RDONLY),
				"fanotify of permissions", EINVAL);
		OFFERED(fanotify_mark(fd[i], FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, i ? "b" : "a"),
			"fanotify of permissions", EINVAL, EOPNOTSUPP);
	}
	pid = spawn();
	if (pid == 0) {
		open("a", O_RDONLY);
		linger();
	}
	for (int i = 0; i < 5000 && !poll_now(fd[0], POLLIN); i++)
		usleep(1000);
	PROMISE(poll_now(fd[0], POLLIN));
	tried_texts("fdinfo", strdup(line_of(fd[0], 0)), strdup(line_of(fd[1], 0)), NULL);
	TRIED_TO("pread", pread(fd[0], &pid, sizeof(pid), 0));
	/* Closed, it lets the child go on. */
}
