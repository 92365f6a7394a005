// SPDX-License-Identifier: GPL-2.0-only
/* Inotify: which watches there are, and making them again with their numbers. */
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "probe.h"

#ifndef INOTIFY_IOC_SETNEXTWD
#define INOTIFY_IOC_SETNEXTWD _IOW('I', 0, int32_t)
#endif

#define FDINFO                                                                                     \
	.since = "3.8", .commit = "be77196b809c",                                                  \
	.kconfig = "CONFIG_INOTIFY_USER CONFIG_PROC_FS CONFIG_EXPORTFS",                           \
	.source = "proc_pid_fdinfo(5), fs/notify/fdinfo.c"

struct watch {
	unsigned int wd, dev, mask;
	unsigned long ino;
	struct {
		struct file_handle head;
		unsigned char bytes[128];
	} handle; /* handle_bytes 0 when there is none */
};

static int watches(int fd, struct watch *to, int room)
{
	char *text = NEED(slurp("/proc/self/fdinfo/%d", fd));
	int n = 0;

	for_each_line(line, text) {
		struct watch *w = &to[n];
		const char *hex;

		if (!str_after(line, "inotify "))
			continue;
		PROMISE_LT(n, room);
		memset(w, 0, sizeof(*w));
		if (sscanf(line, "inotify wd:%x ino:%lx sdev:%x mask:%x", &w->wd, &w->ino, &w->dev,
			   &w->mask) != 4)
			DEVIATES("cannot make sense of a line of fdinfo: '%s'", line);
		hex = strstr(line, "f_handle:");
		if (hex && sscanf(strstr(line, "fhandle-bytes:"),
				  "fhandle-bytes:%x fhandle-type:%x", &w->handle.head.handle_bytes,
				  (unsigned int *)&w->handle.head.handle_type) == 2)
			for (unsigned int i = 0; i < w->handle.head.handle_bytes; i++)
				PROMISE_EQ(sscanf(hex + strlen("f_handle:") + 2 * i, "%2hhx",
						  &w->handle.bytes[i]),
					   1);
		n++;
	}
	return n;
}

PROBE(fdinfo, .what = "fdinfo tells number, inode, device and mask of each watch", FDINFO)
{
	int fd = NEED(inotify_init1(0)), n;
	struct watch w[4];
	struct stat st;
	int wd[2];

	close(workfile("file"));
	wd[0] = NEED(inotify_add_watch(fd, "file", IN_MODIFY | IN_CLOSE_WRITE));
	wd[1] = NEED(inotify_add_watch(fd, ".", IN_CREATE | IN_ONESHOT | IN_EXCL_UNLINK));
	n = watches(fd, w, 4);
	PROMISE_EQ(n, 2);
	for (int i = 0; i < n; i++) {
		bool file = (int)w[i].wd == wd[0];

		PROMISE(file || (int)w[i].wd == wd[1]);
		NEED(stat(file ? "file" : ".", &st));
		PROMISE_EQ(w[i].ino, st.st_ino);
		PROMISE_EQ(w[i].dev, major(st.st_dev) << 20 | minor(st.st_dev));
		PROMISE_EQ(w[i].mask, file ? IN_MODIFY | IN_CLOSE_WRITE
					   : IN_CREATE | IN_ONESHOT | IN_EXCL_UNLINK);
	}
}

PROBE(mask, .what = "the mask fdinfo shows of a watch is one inotify_add_watch takes",
      .since = "4.3", .kconfig = "CONFIG_INOTIFY_USER CONFIG_PROC_FS",
      .source = "fs/notify/fdinfo.c", .guards = "inotify-fdinfo-mask")
{
	int fd = NEED(inotify_init1(0)), again = NEED(inotify_init1(0));
	struct watch w[2], x[2];

	workdir();
	for (uint32_t extra = 0; extra < 2; extra++) {
		NEED(inotify_add_watch(fd, ".", IN_ALL_EVENTS | (extra ? IN_EXCL_UNLINK : 0)));
		PROMISE_EQ(watches(fd, w, 2), 1);
		PROMISE_EQ(w[0].mask & IN_ALL_EVENTS, IN_ALL_EVENTS);
		NEED(inotify_add_watch(again, ".", w[0].mask));
		PROMISE_EQ(watches(again, x, 2), 1);
		PROMISE_EQ(x[0].mask, w[0].mask);
	}
}

PROBE(handle,
      .what = "the file handle in a watch's line opens the watched inode, moved or unlinked",
      FDINFO, .capability = "CAP_DAC_READ_SEARCH in the initial user namespace")
{
	int fd = NEED(inotify_init1(0)), file = workfile("file"), mount, again;
	struct watch w[2];
	struct stat a, b;

	NEED(inotify_add_watch(fd, "file", IN_MODIFY));
	PROMISE_EQ(watches(fd, w, 2), 1);
	if (!w[0].handle.head.handle_bytes)
		MACHINE_LACKS("no file handles on the file system of the work directory");
	mount = NEED(open(".", O_RDONLY | O_DIRECTORY));
	NEED(rename("file", "moved"));
	NEED(fstat(file, &a));
	again = OFFERED(open_by_handle_at(mount, &w[0].handle.head, O_PATH), "open_by_handle_at");
	NEED(fstat(again, &b));
	PROMISE_EQ(a.st_ino, b.st_ino);
	close(again);
	NEED(unlink("moved"));
	again = NEED(open_by_handle_at(mount, &w[0].handle.head, O_PATH));
	NEED(fstat(again, &b));
	PROMISE_EQ(a.st_ino, b.st_ino);
	PROMISE_EQ(b.st_nlink, 0);
}

#define NEXT_WD                                                                                    \
	.since = "4.16", .commit = "e1603b6effe1",                                                 \
	.kconfig = "CONFIG_INOTIFY_USER CONFIG_CHECKPOINT_RESTORE",                                \
	.source = "fs/notify/inotify/inotify_user.c"

PROBE(next_wd, .what = "INOTIFY_IOC_SETNEXTWD says which number the next watch has, up or down",
      NEXT_WD)
{
	static const int wanted[] = { 16, 1000000, 5 };
	int fd = NEED(inotify_init1(0));
	char name[8];

	workdir();
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		snprintf(name, sizeof(name), "%zu", i);
		close(workfile(name));
		/* The number itself, not where it lies. */
		OFFERED(ioctl(fd, INOTIFY_IOC_SETNEXTWD, (long)wanted[i]), "INOTIFY_IOC_SETNEXTWD",
			ENOTTY);
		PROMISE_EQ(NEED(inotify_add_watch(fd, name, IN_MODIFY)), wanted[i]);
	}
	PROMISE_FAILS(ioctl(fd, INOTIFY_IOC_SETNEXTWD, 0L), EINVAL);
	PROMISE_FAILS(ioctl(fd, INOTIFY_IOC_SETNEXTWD, 1L << 31), EINVAL);
}

PROBE(queue, .what = "FIONREAD tells how many bytes of events there are to read", .since = "2.6.13",
      .kconfig = "CONFIG_INOTIFY_USER", .source = "inotify(7)")
{
	int fd = NEED(inotify_init1(IN_NONBLOCK)), queued = -1;
	char got[4096];

	workdir();
	NEED(inotify_add_watch(fd, ".", IN_CREATE));
	NEED(ioctl(fd, FIONREAD, &queued));
	PROMISE_EQ(queued, 0);
	close(workfile("a"));
	close(workfile("a longer name than the first"));
	NEED(ioctl(fd, FIONREAD, &queued));
	PROMISE_GT(queued, 2 * sizeof(struct inotify_event));
	PROMISE_EQ(NEED(read(fd, got, sizeof(got))), queued);
	PROMISE_FAILS(read(fd, got, sizeof(got)), EAGAIN);
}
