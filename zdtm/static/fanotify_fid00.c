// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups that are told of files by handle and name: of one directory, with marks of newer kinds,
 * and of a whole file system. criu 4.2 cannot restore these.
 */
#include <sys/fanotify.h>

#include "zdtm.h"

enum { DIRECTORY, KINDS, FILESYSTEM, NAMELESS, PIDFDS };

static struct {
	int fd, file;
	char *text;
} was;

static char *info(void)
{
	char path[64], *text;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", was.fd);
	text = t_slurp(path);
	return SYS_PTR(strstr(text, "fanotify "));
}

static void mark(unsigned int flags, uint64_t mask, const char *path)
{
	if (fanotify_mark(was.fd, FAN_MARK_ADD | flags, mask, AT_FDCWD, path) == 0)
		return;
	if (errno == EINVAL || errno == EOPNOTSUPP)
		t_skip("marks with flags %#x: %s", flags, strerror(errno));
	if (errno == ENODEV)
		t_skip("this kernel has no fsid for the file system of this directory");
	t_fail("fanotify_mark: %s", strerror(errno));
}

static void setup(void)
{
	SYS(mkdir("dir", 0700));
	was.file = SYS(open("dir/file", O_CREAT | O_WRONLY, 0600));
	was.fd = SYS(fanotify_init(
		FAN_CLASS_NOTIF | FAN_NONBLOCK | FAN_CLOEXEC | FAN_UNLIMITED_QUEUE |
			(variant->arg == PIDFDS ? FAN_REPORT_PIDFD
						: FAN_REPORT_DFID_NAME | FAN_REPORT_FID),
		O_RDONLY));
	switch (variant->arg) {
	case DIRECTORY:
		mark(0, FAN_CREATE | FAN_DELETE | FAN_ONDIR, "dir");
		break;
	case KINDS:
		mark(FAN_MARK_EVICTABLE, FAN_CREATE | FAN_ONDIR, "dir");
		mark(FAN_MARK_IGNORE | FAN_MARK_IGNORED_SURV_MODIFY, FAN_DELETE | FAN_ONDIR, "dir");
		mark(0, FAN_MODIFY | FAN_DELETE_SELF, "dir/file");
		break;
	case FILESYSTEM:
		mark(FAN_MARK_FILESYSTEM, FAN_CREATE | FAN_ONDIR, "dir");
		break;
	case PIDFDS:
		mark(0, FAN_CLOSE_WRITE, "dir/file");
		break;
	case NAMELESS:
		mark(0, FAN_MODIFY, "dir/file");
		SYS(unlink("dir/file"));
		break;
	}
	was.text = info();
}

/* The next event, with the name it is about. */
static void expect(uint64_t mask, const char *name)
{
	struct {
		struct fanotify_event_metadata e;
		struct fanotify_event_info_fid info;
		struct file_handle handle;
		char room[512];
	} got;
	ssize_t n = SYS(read(was.fd, &got, sizeof(got)));

	EXPECT_EQ(got.e.event_len, n);
	EXPECT_EQ(got.e.mask, mask);
	EXPECT_EQ(got.e.pid, getpid());
	EXPECT_EQ(got.e.fd, FAN_NOFD);
	if (name) {
		EXPECT_EQ(got.info.hdr.info_type, FAN_EVENT_INFO_TYPE_DFID_NAME);
		EXPECT_STR(got.room + got.handle.handle_bytes, name);
	}
}

/* The next event, with a descriptor of who did it. */
static void expect_pidfd(uint64_t mask)
{
	struct {
		struct fanotify_event_metadata e;
		struct fanotify_event_info_pidfd info;
	} got;
	char path[64];

	t_read(was.fd, &got, sizeof(got));
	EXPECT_EQ(got.e.mask, mask);
	EXPECT_EQ(got.info.hdr.info_type, FAN_EVENT_INFO_TYPE_PIDFD);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", got.info.pidfd);
	EXPECT_EQ(t_field_num(path, "Pid", 10), getpid());
}

static void check(void)
{
	char byte;

	EXPECT_ERRNO(read(was.fd, &byte, 1), EAGAIN);
	/* Of what was made anew the handle is another. */
	if (variant->arg != NAMELESS)
		EXPECT_STR(info(), was.text);
	EXPECT_EQ(SYS(fcntl(was.fd, F_GETFD)), FD_CLOEXEC);
	if (variant->arg == PIDFDS) {
		SYS(close(was.file));
		expect_pidfd(FAN_CLOSE_WRITE);
		EXPECT_ERRNO(read(was.fd, &byte, 1), EAGAIN);
		return;
	}
	if (variant->arg == NAMELESS) {
		t_write(was.file, "a", 1);
		expect(FAN_MODIFY, NULL);
		EXPECT_ERRNO(read(was.fd, &byte, 1), EAGAIN);
		return;
	}
	SYS(mkdir("dir/new", 0700));
	expect(FAN_CREATE | FAN_ONDIR, "new");
	SYS(rmdir("dir/new"));
	if (variant->arg == DIRECTORY)
		expect(FAN_DELETE | FAN_ONDIR, "new");
	if (variant->arg == KINDS) {
		t_write(was.file, "a", 1);
		expect(FAN_MODIFY, NULL);
	}
	EXPECT_ERRNO(read(was.fd, &byte, 1), EAGAIN);
}

ZDTM_TEST = {
	.doc = "a fanotify group that reports handles and names keeps its marks",
	.object = "fanotify",
	.flavors = ZDTM_HOST | ZDTM_NS, /* the capability must be of the initial user namespace */
	.needs = LIST("fanotify.mount_mark"),
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* FAN_UNLIMITED_QUEUE, marks on file systems */
	.variants = VARIANTS({ "directory", DIRECTORY }, { "kinds", KINDS },
			     { "filesystem", FILESYSTEM }, { "nameless", NAMELESS },
			     { "pidfds", PIDFDS }),
	.setup = setup,
	.check = check,
};
