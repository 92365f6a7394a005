// SPDX-License-Identifier: GPL-2.0-only
/*
 * A group with marks on a file, on a directory and its children, on the mount both are on, and two
 * that ignore something: each mark is shown as before, events come as before, and the mark on the
 * mount can be taken away.
 */
#include <sys/fanotify.h>

#include "zdtm.h"

static struct {
	int fd;
	char *marks;
	ino_t file, dir;
} was;

/* The lines of fdinfo that tell of marks, without what is another mount's or device's. */
static char *marks(int fd)
{
	char path[64], *text, *to, *all;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	text = t_slurp(path);
	all = to = SYS_PTR(calloc(1, strlen(text) + 1));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (strncmp(line, "fanotify ", 9) == 0)
			to += sprintf(to, "%s\n",
				      strncmp(line, "fanotify mnt_id:", 16) == 0
					      ? strstr(line, "mflags:")
					      : line);
	free(text);
	return all;
}

static void touch(const char *name, int flags)
{
	SYS(close(SYS(open(name, flags | O_CREAT, 0600))));
}

static void mark(unsigned int flags, uint64_t mask, const char *path)
{
	SYS(fanotify_mark(was.fd, FAN_MARK_ADD | flags, mask, AT_FDCWD, path));
}

static void setup(void)
{
	struct stat st;

	SYS(mkdir("dir", 0700));
	touch("file", O_RDONLY);
	touch("dir/file", O_RDONLY);
	touch("ignored", O_RDONLY);
	SYS(stat("file", &st));
	was.file = st.st_ino;
	SYS(stat("dir/file", &st));
	was.dir = st.st_ino;

	was.fd = SYS(fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY | O_LARGEFILE));
	mark(0, FAN_CLOSE_WRITE, "file");
	mark(0, FAN_MODIFY | FAN_EVENT_ON_CHILD, "dir");
	mark(FAN_MARK_MOUNT, FAN_ACCESS, ".");
	mark(FAN_MARK_MOUNT | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY, FAN_OPEN, ".");
	mark(FAN_MARK_IGNORED_MASK, FAN_ACCESS, "ignored");
	was.marks = marks(was.fd);
}

/* The next event is this one, about this file, by us. */
static void expect(uint64_t mask, ino_t inode)
{
	struct fanotify_event_metadata e;
	struct stat st;

	SYS(read(was.fd, &e, sizeof(e)));
	EXPECT_EQ(e.mask, mask);
	EXPECT_EQ(e.pid, getpid());
	SYS(fstat(e.fd, &st));
	EXPECT_EQ(st.st_ino, inode);
	EXPECT_EQ(SYS(fcntl(e.fd, F_GETFL)) & (O_ACCMODE | O_LARGEFILE), O_RDONLY);
	SYS(close(e.fd));
}

static void check(void)
{
	struct fanotify_event_metadata e;
	char byte;
	int fd;

	EXPECT_ERRNO(read(was.fd, &e, sizeof(e)), EAGAIN);
	EXPECT_STR(marks(was.fd), was.marks);

	fd = SYS(open("file", O_RDWR));
	t_write(fd, "a", 1);
	SYS(lseek(fd, 0, SEEK_SET));
	t_read(fd, &byte, 1);
	expect(FAN_ACCESS, was.file);
	SYS(close(fd));
	expect(FAN_CLOSE_WRITE, was.file);
	fd = SYS(open("ignored", O_RDONLY));
	EXPECT_EQ(SYS(read(fd, &byte, 1)), 0);
	SYS(close(fd));
	EXPECT_ERRNO(read(was.fd, &e, sizeof(e)), EAGAIN);
	fd = SYS(open("dir/file", O_WRONLY));
	t_write(fd, "a", 1);
	expect(FAN_MODIFY, was.dir);
	SYS(close(fd));

	SYS(fanotify_mark(was.fd, FAN_MARK_REMOVE | FAN_MARK_MOUNT, FAN_ACCESS, AT_FDCWD, "."));
	fd = SYS(open("dir/file", O_RDONLY));
	t_read(fd, &byte, 1);
	SYS(close(fd));
	EXPECT_ERRNO(read(was.fd, &e, sizeof(e)), EAGAIN);
}

ZDTM_TEST = {
	.doc = "a fanotify group keeps its marks",
	.object = "fanotify",
	.flavors = ZDTM_HOST | ZDTM_NS, /* the capability must be of the initial user namespace */
	.needs = LIST("fanotify.mount_mark"),
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* fanotify_init() */
	.setup = setup,
	.check = check,
};
