// SPDX-License-Identifier: GPL-2.0-only
/* What belongs to a file rather than to whoever has it open: mode, times, attributes, extents. */
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>

#include "probe.h"

#ifndef SYS_setxattrat
#define SYS_setxattrat 463 /* 6.13 */
#define SYS_getxattrat 464
#endif
#ifndef SYS_file_getattr
#define SYS_file_getattr 468 /* 6.17 */
#define SYS_file_setattr 469
#endif

#define DECLARED(release, page) .since = release, .source = page

PROBE(times, .what = "times of access and change are set to the nanosecond, of links too",
      DECLARED("2.6.22", "utimensat(2)"))
{
	const struct timespec want[2] = { { 12345, 678900000 }, { 1234567890, 123456789 } };
	const struct timespec keep[2] = { { 0, UTIME_OMIT }, { 7, 0 } };
	int fd = workfile("file");
	struct stat st;

	NEED(futimens(fd, want));
	NEED(fstat(fd, &st));
	PROMISE_EQ(st.st_atim.tv_sec, want[0].tv_sec);
	PROMISE_EQ(st.st_mtim.tv_sec, want[1].tv_sec);
	/* As fine as the file system keeps them. */
	PROMISE(st.st_mtim.tv_nsec == want[1].tv_nsec || want[1].tv_nsec % 1000 == 789);
	NEED(symlink("file", "link"));
	NEED(utimensat(AT_FDCWD, "link", keep, AT_SYMLINK_NOFOLLOW));
	NEED(lstat("link", &st));
	PROMISE_EQ(st.st_mtim.tv_sec, 7);
	NEED(fstat(fd, &st));
	PROMISE_EQ(st.st_mtim.tv_sec, want[1].tv_sec);
}

GAP(change_time, .what = "nobody sets the time a file's inode was changed, nor that of its birth",
    .source = "utimensat(2), statx(2)")
{
	const struct timespec want[4] = { { 11, 0 }, { 22, 0 }, { 33, 0 }, { 44, 0 } };
	int fd = workfile("file");
	struct statx stx;

	NEED(futimens(fd, want));
	NEED(statx(fd, "", AT_EMPTY_PATH, STATX_BTIME | STATX_BASIC_STATS, &stx));
	if (stx.stx_ctime.tv_sec < 1000 ||
	    (stx.stx_mask & STATX_BTIME && stx.stx_btime.tv_sec < 1000))
		NEW("utimensat sets times of change or birth");
	TRIED("utimensat");
	for (int flag = 0x2000; flag < 0x10000; flag <<= 1)
		TRIED_TO("a flag of utimensat unknown yet", utimensat(fd, "", want, flag));
}

PROBE(mode, .what = "mode and owner are set as they were, bits of setuid and stickiness too",
      DECLARED("2.6", "fchmod(2), fchown(2)"), .capability = "CAP_CHOWN")
{
	int fd = workfile("file");
	struct stat st;

	need_privilege("CAP_CHOWN");
	if (fchown(fd, 7, 8) < 0 && errno == EINVAL)
		MACHINE_LACKS("this user namespace has no second user");
	/* After the owner, for changing that takes them away. */
	NEED(fchmod(fd, 07751));
	NEED(fstat(fd, &st));
	PROMISE_EQ(st.st_mode, S_IFREG | 07751);
	PROMISE_EQ(st.st_uid, 7);
	PROMISE_EQ(st.st_gid, 8);
	NEED(fchown(fd, 9, -1));
	NEED(fstat(fd, &st));
	PROMISE_EQ(st.st_mode & 07000, 01000);
}

PROBE(xattr, .what = "attributes of users are listed, and read back byte for byte",
      DECLARED("2.6", "xattr(7)"))
{
	char value[8] = "", list[256], want[] = { 'a', 0, 'b', '\n' };
	int fd = workfile("file");
	bool found = false;
	ssize_t n;

	if (fsetxattr(fd, "user.probe", want, 4, 0) < 0 && errno == EOPNOTSUPP)
		MACHINE_LACKS("the file system of the work directory has no attributes");
	NEED(fsetxattr(fd, "user.probe", want, 4, 0));
	PROMISE_FAILS(fsetxattr(fd, "user.probe", want, 4, XATTR_CREATE), EEXIST);
	PROMISE_EQ(NEED(fgetxattr(fd, "user.probe", value, sizeof(value))), 4);
	PROMISE_MEM(value, want, 4);
	n = NEED(flistxattr(fd, list, sizeof(list)));
	for (char *name = list; name < list + n; name += strlen(name) + 1)
		found |= streq(name, "user.probe");
	PROMISE(found);
	NEED(fremovexattr(fd, "user.probe"));
	PROMISE_FAILS(fgetxattr(fd, "user.probe", value, sizeof(value)), ENODATA);
}

PROBE(xattrat,
      .what = "attributes are set and read below a directory, of what cannot be opened too",
      DECLARED("6.13", "setxattrat(2)"))
{
	struct {
		uint64_t value;
		uint32_t size, flags;
	} args = { (uintptr_t) "value", 5, 0 };
	char value[8] = "";
	int dir;

	close(workfile("file"));
	if (setxattr("file", "user.x", "", 0, 0) < 0 && errno == EOPNOTSUPP)
		MACHINE_LACKS("the file system of the work directory has no attributes");
	dir = NEED(open(".", O_PATH));
	OFFERED(syscall(SYS_setxattrat, dir, "file", 0, "user.probe", &args, sizeof(args)),
		"setxattrat");
	args.value = (uintptr_t)value;
	args.size = sizeof(value);
	PROMISE_EQ(NEED(syscall(SYS_getxattrat, dir, "file", 0, "user.probe", &args, sizeof(args))),
		   5);
	PROMISE_STR(value, "value");
}

PROBE(flags, .what = "the flags of an inode are set and read back",
      DECLARED("2.6", "ioctl_iflags(2)"))
{
	int fd = workfile("file"), was = 0, now = 0, want;

	if (ioctl(fd, FS_IOC_GETFLAGS, &was) < 0 && (errno == ENOTTY || errno == EOPNOTSUPP))
		MACHINE_LACKS("inodes have no flags on the file system of the work directory");
	want = was | FS_NODUMP_FL | FS_NOATIME_FL;
	NEED(ioctl(fd, FS_IOC_SETFLAGS, &want));
	NEED(ioctl(fd, FS_IOC_GETFLAGS, &now));
	PROMISE_EQ(now, want);
	lose_privileges();
	want |= FS_IMMUTABLE_FL;
	PROMISE_FAILS(ioctl(fd, FS_IOC_SETFLAGS, &want), EPERM, EACCES);
}

PROBE(file_attr, .what = "file_getattr and file_setattr do the same by path, without opening it",
      DECLARED("6.17", "file_getattr(2)"))
{
	struct {
		uint64_t xflags;
		uint32_t extsize, nextents, projid, cowextsize;
	} attr = {}, again = {};
	const uint64_t nodump = 0x80;

	close(workfile("file"));
	OFFERED(syscall(SYS_file_getattr, AT_FDCWD, "file", &attr, sizeof(attr), 0),
		"file attributes by path", EOPNOTSUPP);
	attr.xflags |= nodump;
	NEED(syscall(SYS_file_setattr, AT_FDCWD, "file", &attr, sizeof(attr), 0));
	NEED(syscall(SYS_file_getattr, AT_FDCWD, "file", &again, sizeof(again), 0));
	PROMISE_EQ(again.xflags & nodump, nodump);
}

PROBE(fiemap, .what = "FIEMAP tells the extents of a file, as far as SEEK_DATA finds it",
      DECLARED("2.6.28", "Documentation/filesystems/fiemap.rst"))
{
	enum { MIB = 1 << 20 };
	struct {
		struct fiemap head;
		struct fiemap_extent extent[8];
	} map = {
		.head = { .fm_length = ~0ULL, .fm_flags = FIEMAP_FLAG_SYNC, .fm_extent_count = 8 }
	};
	int fd = workfile("file");
	uint64_t told = 0;

	NEED(ftruncate(fd, 4 * MIB));
	for (int i = 0; i < 16; i++)
		NEED(pwrite(fd, pages(1), page_size(), 2 * MIB + i * page_size()));
	if (ioctl(fd, FS_IOC_FIEMAP, &map) < 0 && (errno == EOPNOTSUPP || errno == ENOTTY))
		MACHINE_LACKS("the file system of the work directory tells no extents");
	PROMISE_GT(map.head.fm_mapped_extents, 0);
	PROMISE_EQ(map.extent[0].fe_logical, NEED(lseek(fd, 0, SEEK_DATA)));
	for (unsigned int i = 0; i < map.head.fm_mapped_extents; i++)
		told += map.extent[i].fe_length;
	PROMISE_GE(told, 16 * page_size());
	PROMISE(map.extent[map.head.fm_mapped_extents - 1].fe_flags & FIEMAP_EXTENT_LAST);
}

PROBE(write_hint, .what = "how long data will live is told as it was said",
      DECLARED("4.13", "fcntl(2)"), .commit = "c75b1d9421f8")
{
	uint64_t hint = 77;
	int fd = workfile("file");

	OFFERED(fcntl(fd, F_GET_RW_HINT, &hint), "F_GET_RW_HINT", EINVAL);
	PROMISE_EQ(hint, RWH_WRITE_LIFE_NOT_SET);
	hint = RWH_WRITE_LIFE_LONG;
	NEED(fcntl(fd, F_SET_RW_HINT, &hint));
	hint = 77;
	NEED(fcntl(NEED(open("file", O_RDONLY)), F_GET_RW_HINT, &hint));
	PROMISE_EQ(hint, RWH_WRITE_LIFE_LONG);
	hint = 77;
	PROMISE_FAILS(fcntl(fd, F_SET_RW_HINT, &hint), EINVAL);
}

/* While another file is being made with the number of the one that is gone, the kernel says ENOMEM. */
static int open_patiently(int mount, struct file_handle *h)
{
	int fd = open_by_handle_at(mount, h, O_RDONLY);

	for (int i = 0; fd < 0 && errno == ENOMEM && i < 1000; i++) {
		usleep(1000);
		fd = open_by_handle_at(mount, h, O_RDONLY);
	}
	return fd;
}

PROBE(stale_handle, .what = "a file handle of what is gone opens nothing: ESTALE",
      DECLARED("2.6.39", "open_by_handle_at(2)"),
      .capability = "CAP_DAC_READ_SEARCH in the initial user namespace")
{
	struct {
		struct file_handle head;
		char bytes[MAX_HANDLE_SZ];
	} h = { .head.handle_bytes = 1 };
	int fd = workfile("file"), mount, id;

	need_privilege("CAP_DAC_READ_SEARCH in the initial user namespace");
	if (name_to_handle_at(fd, "", &h.head, &id, AT_EMPTY_PATH) < 0 && errno == EOPNOTSUPP)
		MACHINE_LACKS("no file handles on the file system of the work directory");
	/* How much room it wants is told first. */
	PROMISE_GT(h.head.handle_bytes, 1);
	NEED(name_to_handle_at(fd, "", &h.head, &id, AT_EMPTY_PATH));
	mount = NEED(open(".", O_RDONLY | O_DIRECTORY));
	close(NEED(open_by_handle_at(mount, &h.head, O_RDONLY)));
	NEED(unlink("file"));
	/* As long as somebody has it open it is not gone. */
	close(NEED(open_by_handle_at(mount, &h.head, O_RDONLY)));
	close(fd);
	PROMISE_FAILS(open_patiently(mount, &h.head), ESTALE);
}

PROBE(device, .what = "a device opened by its number is the device, whatever its node is called",
      DECLARED("1.0", "mknod(2)"), .capability = "CAP_MKNOD in the initial user namespace")
{
	char bytes[16] = "x";
	struct stat st;
	int fd;

	need_privilege("CAP_MKNOD in the initial user namespace");
	workdir();
	NEED(stat("/dev/zero", &st));
	NEED(mknod("a zero", S_IFCHR | 0600, st.st_rdev));
	fd = open("a zero", O_RDWR);
	if (fd < 0 && errno == EACCES)
		MACHINE_LACKS("the work directory is on a mount without devices");
	PROMISE_EQ(read(NEED(fd), bytes, sizeof(bytes)), sizeof(bytes));
	PROMISE_EQ(bytes[0], 0);
	NEED(stat("/dev/full", &st));
	NEED(mknod("a full", S_IFCHR | 0600, st.st_rdev));
	PROMISE_FAILS(write(NEED(open("a full", O_WRONLY)), "x", 1), ENOSPC);
}

PROBE(device_refused, .what = "no user namespace makes device nodes: EPERM",
      DECLARED("3.8", "mknod(2)"))
{
	pid_t pid = spawn();

	if (pid == 0) {
		workdir();
		own_root();
		PROMISE_FAILS(mknod("node", S_IFCHR | 0600, 0x103), EPERM);
		NEED(mkfifo("fifo", 0600));
		_exit(0);
	}
	reap_good(pid);
}
