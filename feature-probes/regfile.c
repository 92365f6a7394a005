// SPDX-License-Identifier: GPL-2.0-only
/* Regular files: those without a name, those with holes, and how to reach them. */
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>

#include "probe.h"

#ifndef F_DUPFD_QUERY
#define F_DUPFD_QUERY 1027 /* 6.10 */
#endif
#ifndef F_CREATED_QUERY
#define F_CREATED_QUERY 1028 /* 6.12 */
#endif

#define DECLARED(release, page) .since = release, .source = page

/* linkat() by the link in /proc, which wants no capability. */
static int link_fd(int fd, const char *to)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, AT_FDCWD, to, AT_SYMLINK_FOLLOW);
}

PROBE(tmpfile_link, .what = "a file made with O_TMPFILE has no name and can be given one",
      DECLARED("3.11", "open(2)"))
{
	struct stat st, named;
	int fd;

	workdir();
	fd = OFFERED(open(".", O_RDWR | O_TMPFILE, 0640), "O_TMPFILE here", EOPNOTSUPP, EISDIR);
	NEED(write(fd, "data", 4));
	NEED(fstat(fd, &st));
	PROMISE_EQ(st.st_nlink, 0);
	NEED(link_fd(fd, "named"));
	NEED(stat("named", &named));
	PROMISE_EQ(named.st_ino, st.st_ino);
	PROMISE_EQ(named.st_nlink, 1);
	PROMISE_EQ(named.st_size, 4);
	PROMISE_EQ(named.st_mode & 07777, 0640);
}

PROBE(tmpfile_excl, .what = "a file made with O_TMPFILE and O_EXCL can never be given a name",
      DECLARED("3.11", "open(2)"))
{
	int fd;

	workdir();
	fd = OFFERED(open(".", O_RDWR | O_TMPFILE | O_EXCL, 0640), "O_TMPFILE here", EOPNOTSUPP,
		     EISDIR);
	PROMISE_FAILS(link_fd(fd, "named"), ENOENT);
}

PROBE(link_unlinked, .what = "an open file gets a name back while it has one, and else never",
      DECLARED("2.6.39", "linkat(2)"))
{
	int fd = workfile("one");
	struct stat st;

	NEED(link("one", "two"));
	NEED(unlink("one"));
	NEED(link_fd(fd, "one again"));
	NEED(fstat(fd, &st));
	PROMISE_EQ(st.st_nlink, 2);
	NEED(unlink("two"));
	NEED(unlink("one again"));
	PROMISE_FAILS(link_fd(fd, "back"), ENOENT);
	NEED(fstat(fd, &st));
	PROMISE_EQ(st.st_nlink, 0);
}

PROBE(empty_path, .what = "AT_EMPTY_PATH gives an open file a name, to who may read everything",
      DECLARED("2.6.39", "linkat(2)"),
      .capability = "CAP_DAC_READ_SEARCH in the initial user namespace")
{
	int fd = workfile("file"), path = NEED(open("file", O_PATH));
	struct stat st;

	need_privilege("CAP_DAC_READ_SEARCH in the initial user namespace");
	NEED(linkat(path, "", AT_FDCWD, "by O_PATH", AT_EMPTY_PATH));
	NEED(linkat(fd, "", AT_FDCWD, "by fd", AT_EMPTY_PATH));
	NEED(fstatat(path, "", &st, AT_EMPTY_PATH));
	PROMISE_EQ(st.st_nlink, 3);
	NEED(unlink("file"));
	NEED(unlink("by fd"));
	NEED(unlink("by O_PATH"));
	PROMISE_FAILS(linkat(fd, "", AT_FDCWD, "back", AT_EMPTY_PATH), ENOENT);
}

PROBE(empty_path_own, .what = "AT_EMPTY_PATH works for the credentials that opened the file",
      DECLARED("6.10", "linkat(2)"))
{
	pid_t pid;

	workdir();
	NEED(chmod(".", 0777));
	pid = spawn();
	if (pid == 0) {
		int fd;

		lose_privileges();
		fd = NEED(open("mine", O_RDWR | O_CREAT, 0600));
		OFFERED(linkat(fd, "", AT_FDCWD, "again", AT_EMPTY_PATH),
			"AT_EMPTY_PATH without CAP_DAC_READ_SEARCH", ENOENT);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(protected_hardlinks, .what = "root of a user namespace links the files of its users",
      DECLARED("4.3", "proc_sys_fs(5)"), .commit = "f2ca379642d7", .capability = "CAP_FOWNER",
      .guards = "linkat-capfowner-userns")
{
	int fd = workfile("theirs");

	need_privilege("CAP_FOWNER");
	need_privilege("CAP_CHOWN");
	if (fchown(fd, NOBODY, NOBODY) < 0)
		MACHINE_LACKS("this user namespace has no second user");
	NEED(fchmod(fd, 04600));
	NEED(link("theirs", "linked"));
	NEED(link_fd(fd, "linked again"));
}

PROBE(setuid_kept, .what = "who has CAP_FSETID writes a setuid file without its losing that bit",
      DECLARED("4.8", "chmod(2)"), .capability = "CAP_FSETID",
      .guards = "suid-cleared-userns-write")
{
	int fd = workfile("file");
	struct stat st;
	pid_t pid;

	/* Held in a user namespace it is not enough: a restorer has to set the mode last. */
	need_privilege("CAP_FSETID in the initial user namespace");
	NEED(fchmod(fd, 04755));
	NEED(write(fd, "x", 1));
	NEED(fstat(fd, &st));
	PROMISE_EQ(st.st_mode & 07777, 04755);
	pid = spawn();
	if (pid == 0) {
		lose_privileges();
		NEED(write(fd, "x", 1));
		NEED(fstat(fd, &st));
		PROMISE_EQ(st.st_mode & 07777, 0755);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(seek_hole, .what = "SEEK_DATA and SEEK_HOLE walk a sparse file", DECLARED("3.1", "lseek(2)"))
{
	enum { MIB = 1 << 20 };
	int fd = workfile("sparse");

	NEED(ftruncate(fd, 4 * MIB));
	NEED(pwrite(fd, pages(1), page_size(), 2 * MIB));
	errno = 0;
	/* A file system without them shows one piece of data: the whole file. */
	if (NEED(lseek(fd, 0, SEEK_DATA)) == 0)
		MACHINE_LACKS("the file system of the work directory shows no holes");
	PROMISE_EQ(NEED(lseek(fd, 0, SEEK_DATA)), 2 * MIB);
	PROMISE_EQ(NEED(lseek(fd, 0, SEEK_HOLE)), 0);
	PROMISE_EQ(NEED(lseek(fd, 2 * MIB, SEEK_HOLE)), 2 * MIB + page_size());
	PROMISE_FAILS(lseek(fd, 3 * MIB, SEEK_DATA), ENXIO);
	PROMISE_EQ(NEED(lseek(fd, 3 * MIB, SEEK_HOLE)), 3 * MIB);
	PROMISE_FAILS(lseek(fd, 4 * MIB, SEEK_HOLE), ENXIO);
}

PROBE(opath, .what = "an O_PATH file cannot be read but can be opened, by its link in /proc",
      DECLARED("2.6.39", "open(2)"))
{
	int fd = workfile("file"), path = NEED(open("file", O_PATH)), again;
	struct stat a, b;
	char link[64];

	PROMISE_FAILS(read(path, link, 1), EBADF);
	PROMISE_FAILS(fchmod(path, 0600), EBADF);
	NEED(unlink("file"));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", path);
	again = NEED(open(link, O_RDWR));
	NEED(fstat(again, &a));
	NEED(fstat(fd, &b));
	PROMISE_EQ(a.st_ino, b.st_ino);
}

PROBE(dupfd_query, .what = "F_DUPFD_QUERY tells whether two descriptors are one open file",
      DECLARED("6.10", "fcntl(2)"), .commit = "c62b758bae6a")
{
	int fd = workfile("file"), copy = NEED(dup(fd)), again = NEED(open("file", O_RDWR));

	PROMISE_EQ(OFFERED(fcntl(fd, F_DUPFD_QUERY, copy), "F_DUPFD_QUERY", EINVAL), 1);
	PROMISE_EQ(NEED(fcntl(fd, F_DUPFD_QUERY, again)), 0);
	PROMISE_FAILS(fcntl(fd, F_DUPFD_QUERY, 900), EBADF);
}

PROBE(created_query, .what = "F_CREATED_QUERY tells whether an open has made its file",
      DECLARED("6.12", "fcntl(2)"))
{
	int fd = workfile("file"), again = NEED(open("file", O_RDWR | O_CREAT, 0644));

	PROMISE_EQ(OFFERED(fcntl(fd, F_CREATED_QUERY, 0), "F_CREATED_QUERY", EINVAL), 1);
	PROMISE_EQ(NEED(fcntl(again, F_CREATED_QUERY, 0)), 0);
}

PROBE(owner, .what = "F_GETOWN_EX and F_GETSIG give back what was set, of every kind",
      DECLARED("2.6.32", "fcntl(2)"))
{
	const struct f_owner_ex owners[] = {
		{ F_OWNER_TID, gettid() },
		{ F_OWNER_PID, getpid() },
		{ F_OWNER_PGRP, getpgrp() },
	};
	int p[2];

	NEED(pipe(p));
	for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
		struct f_owner_ex got = {};

		NEED(fcntl(p[0], F_SETOWN_EX, &owners[i]));
		NEED(fcntl(p[0], F_GETOWN_EX, &got));
		PROMISE_EQ(got.type, owners[i].type);
		PROMISE_EQ(got.pid, owners[i].pid);
	}
	NEED(fcntl(p[0], F_SETSIG, SIGRTMIN + 1));
	PROMISE_EQ(NEED(fcntl(p[0], F_GETSIG)), SIGRTMIN + 1);
}

PROBE(owner_uids, .what = "F_GETOWNER_UIDS tells who has set the owner of a file", .since = "3.6",
      .commit = "1d151c337d79", .kconfig = "CONFIG_CHECKPOINT_RESTORE", .source = "fcntl(2)")
{
	const int getowner_uids = 17;
	uid_t uids[2] = { 99, 99 };
	int p[2];
	pid_t pid;

	NEED(pipe(p));
	OFFERED(fcntl(p[0], getowner_uids, uids), "F_GETOWNER_UIDS", EINVAL);
	PROMISE_EQ(uids[0] | uids[1], 0);
	pid = spawn();
	if (pid == 0) {
		lose_privileges();
		NEED(fcntl(p[0], F_SETOWN, getpid()));
		_exit(0);
	}
	reap_good(pid);
	NEED(fcntl(p[0], getowner_uids, uids));
	if (have_cap(CAP_SETUID)) {
		PROMISE_EQ(uids[0], NOBODY);
		PROMISE_EQ(uids[1], NOBODY);
	} else {
		PROMISE_EQ(uids[0], getuid());
		PROMISE_EQ(uids[1], geteuid());
	}
}

PROBE(openat2, .what = "openat2 keeps below a directory and refuses what it does not know",
      DECLARED("5.6", "openat2(2)"), .commit = "fddb5d430ad9")
{
	struct {
		struct open_how how;
		uint64_t tail;
	} big = { .how = { .flags = O_RDONLY, .resolve = RESOLVE_BENEATH } };
	struct open_how how = big.how;
	int dir;

	close(workfile("file"));
	NEED(symlink("/", "out"));
	NEED(symlink("file", "in"));
	dir = NEED(open(".", O_PATH));
	OFFERED(syscall(SYS_openat2, dir, "file", &how, sizeof(how)), "openat2");
	NEED(syscall(SYS_openat2, dir, "in", &how, sizeof(how)));
	PROMISE_FAILS(syscall(SYS_openat2, dir, "..", &how, sizeof(how)), EXDEV);
	PROMISE_FAILS(syscall(SYS_openat2, dir, "out", &how, sizeof(how)), EXDEV);
	how.resolve = 1ULL << 60;
	PROMISE_FAILS(syscall(SYS_openat2, dir, "file", &how, sizeof(how)), EINVAL);
	NEED(syscall(SYS_openat2, dir, "file", &big, sizeof(big)));
	big.tail = 1;
	PROMISE_FAILS(syscall(SYS_openat2, dir, "file", &big, sizeof(big)), E2BIG);
}

PROBE(close_range, .what = "close_range closes or marks exactly the numbers of its range",
      DECLARED("5.11", "close_range(2)"), .commit = "582f1fb6b721")
{
	const unsigned int cloexec = 1 << 2;

	for (int i = 0; i < 5; i++)
		NEED(dup2(0, 100 + i));
	OFFERED(syscall(SYS_close_range, 101, 102, 0), "close_range");
	PROMISE_EQ(NEED(fcntl(100, F_GETFD)), 0);
	PROMISE_FAILS(fcntl(101, F_GETFD), EBADF);
	PROMISE_FAILS(fcntl(102, F_GETFD), EBADF);
	PROMISE_EQ(NEED(fcntl(103, F_GETFD)), 0);
	OFFERED(syscall(SYS_close_range, 103, ~0U, cloexec), "CLOSE_RANGE_CLOEXEC", EINVAL);
	PROMISE_EQ(NEED(fcntl(103, F_GETFD)), FD_CLOEXEC);
	PROMISE_EQ(NEED(fcntl(104, F_GETFD)), FD_CLOEXEC);
	PROMISE_EQ(NEED(fcntl(100, F_GETFD)), 0);
	PROMISE_FAILS(syscall(SYS_close_range, 5, 4, 0), EINVAL);
}

struct handle {
	struct file_handle head;
	unsigned char bytes[128];
};

PROBE(file_handle, .what = "a file handle names an inode, by any link to it",
      DECLARED("2.6.39", "name_to_handle_at(2)"), .commit = "990d6c2d7aee",
      .kconfig = "CONFIG_FHANDLE")
{
	struct handle a = { .head.handle_bytes = 128 }, b = a, small = {};
	int mnt, other;

	close(workfile("file"));
	close(workfile("other"));
	NEED(link("file", "link"));
	OFFERED(name_to_handle_at(AT_FDCWD, "file", &a.head, &mnt, 0), "file handles here",
		EOPNOTSUPP);
	NEED(name_to_handle_at(AT_FDCWD, "link", &b.head, &other, 0));
	PROMISE_EQ(other, mnt);
	PROMISE_EQ(b.head.handle_bytes, a.head.handle_bytes);
	PROMISE_MEM(b.bytes, a.bytes, a.head.handle_bytes);
	b.head.handle_bytes = 128;
	NEED(name_to_handle_at(AT_FDCWD, "other", &b.head, &other, 0));
	PROMISE(memcmp(b.bytes, a.bytes, a.head.handle_bytes) != 0);
	PROMISE_FAILS(name_to_handle_at(AT_FDCWD, "file", &small.head, &mnt, 0), EOVERFLOW);
	PROMISE_EQ(small.head.handle_bytes, a.head.handle_bytes);
}

PROBE(file_handle_id, .what = "AT_HANDLE_FID gives a handle that need not open anything again",
      .since = "6.5", .commit = "96b2b072ee62", .kconfig = "CONFIG_FHANDLE",
      .source = "name_to_handle_at(2)")
{
	const int handle_fid = AT_REMOVEDIR;
	struct handle a = { .head.handle_bytes = 128 }, b = a;
	int mnt;

	close(workfile("file"));
	NEED(link("file", "link"));
	OFFERED(name_to_handle_at(AT_FDCWD, "file", &a.head, &mnt, handle_fid), "AT_HANDLE_FID",
		EINVAL);
	NEED(name_to_handle_at(AT_FDCWD, "link", &b.head, &mnt, handle_fid));
	PROMISE_EQ(a.head.handle_bytes, b.head.handle_bytes);
	PROMISE_MEM(a.bytes, b.bytes, a.head.handle_bytes);
	/* Where nothing can be opened by a handle it has one all the same. */
	b.head.handle_bytes = 128;
	OFFERED(name_to_handle_at(AT_FDCWD, "/proc/self/status", &b.head, &mnt, handle_fid),
		"AT_HANDLE_FID of what cannot be opened by a handle");
}

PROBE(file_handle_mnt_id, .what = "AT_HANDLE_MNT_ID_UNIQUE tells the mount as statx tells it",
      .since = "6.12", .commit = "4356d575ef0f", .kconfig = "CONFIG_FHANDLE",
      .source = "name_to_handle_at(2)")
{
	const int mnt_id_unique = 1, statx_mnt_id_unique = 0x4000;
	struct handle a = { .head.handle_bytes = 128 };
	struct statx stx;
	uint64_t mnt = 0;

	close(workfile("file"));
	OFFERED(name_to_handle_at(AT_FDCWD, "file", &a.head, (int *)&mnt, mnt_id_unique),
		"AT_HANDLE_MNT_ID_UNIQUE", EINVAL, EOPNOTSUPP);
	NEED(statx(AT_FDCWD, "file", 0, statx_mnt_id_unique, &stx));
	PROMISE(stx.stx_mask & statx_mnt_id_unique);
	PROMISE_EQ(stx.stx_mnt_id, mnt);
}

PROBE(file_handle_connectable,
      .what = "AT_HANDLE_CONNECTABLE gives a handle whose file is opened with its path",
      .since = "6.13", .commit = "c374196b2b9f", .kconfig = "CONFIG_FHANDLE",
      .capability = "CAP_DAC_READ_SEARCH in the initial user namespace",
      .source = "name_to_handle_at(2)")
{
	const int connectable = 2;
	struct handle a = { .head.handle_bytes = 128 }, plain = a;
	int mnt, dir, fd;

	close(workfile("file"));
	OFFERED(name_to_handle_at(AT_FDCWD, "file", &a.head, &mnt, connectable),
		"AT_HANDLE_CONNECTABLE", EINVAL, EOPNOTSUPP);
	/* It names its directory, too, and says so. */
	NEED(name_to_handle_at(AT_FDCWD, "file", &plain.head, &mnt, 0));
	PROMISE_NE(a.head.handle_type, plain.head.handle_type);
	PROMISE_GT(a.head.handle_bytes, plain.head.handle_bytes);
	dir = NEED(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	fd = NEED(open_by_handle_at(dir, &a.head, O_RDONLY));
	PROMISE(str_ends_with(link_text("/proc/self/fd/%d", fd), "/file"));
}

PROBE(dead_proc_file, .what = "a file of /proc/PID says ESRCH once its task is gone",
      DECLARED("2.6", "proc(5)"))
{
	pid_t pid = spawn_idle();
	char path[64], byte;
	int fd, dir;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = NEED(open(path, O_RDONLY));
	snprintf(path, sizeof(path), "/proc/%d", pid);
	dir = NEED(open(path, O_RDONLY));
	PROMISE_EQ(NEED(read(fd, &byte, 1)), 1);
	end_task(pid);
	NEED(lseek(fd, 0, SEEK_SET));
	PROMISE_FAILS(read(fd, &byte, 1), ESRCH);
	PROMISE_FAILS(openat(dir, "status", O_RDONLY), ESRCH, ENOENT);
}

PROBE(removed_dir, .what = "a removed directory is still somebody's: no links, no entries, no name",
      DECLARED("2.6", "proc_pid_cwd(5)"))
{
	struct stat st;
	pid_t pid;

	workdir();
	NEED(mkdir("gone", 0755));
	pid = spawn();
	if (pid == 0) {
		NEED(chdir("gone"));
		reach(1);
		linger();
	}
	await(1);
	NEED(rmdir("gone"));
	PROMISE(str_ends_with(link_text("/proc/%d/cwd", pid), "/gone (deleted)"));
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cwd", pid);
	NEED(stat(path, &st));
	PROMISE_EQ(st.st_nlink, 0);
	NEED(chdir(path));
	PROMISE_FAILS(open("file", O_CREAT | O_WRONLY, 0600), ENOENT);
}

GAP(advice, .what = "nobody tells what posix_fadvise has said of an open file",
    .source = "posix_fadvise(2)")
{
	int with = workfile("file"), without = NEED(open("file", O_RDWR | O_CLOEXEC));

	NEED(-posix_fadvise(with, 0, 0, POSIX_FADV_RANDOM));
	tried_files(with, without);
}

GAP(nameless, .what = "nobody gives a file a name again whose last one was removed",
    .source = "linkat(2)")
{
	int fd = workfile("file");

	NEED(unlink("file"));
	TRIED_TO("linkat by /proc/self/fd", link_fd(fd, "again"));
	TRIED_TO("linkat AT_EMPTY_PATH", linkat(fd, "", AT_FDCWD, "again", AT_EMPTY_PATH));
}
