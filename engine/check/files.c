// SPDX-License-Identifier: GPL-2.0-only
/* Open files: what is told of them, and what brings them back. Those that are none: special.c. */
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "engine/kernel/mounts.h"
#include "engine/kernel/procfs.h"
#include "feature.h"
#include "places.h"

/* ---- every file ---- */

FEATURE(fdinfo, NEEDED, "flags and positions of open files", "CONFIG_PROC_FS, CAP_SYS_PTRACE")
{
	const struct companion *c = anybody();
	_cleanup_buf_ struct buf text = {};
	uint64_t flags, pos;
	char name[32];
	int r;

	if (!c)
		return NO;
	snprintf(name, sizeof(name), "fdinfo/%d", ANYBODYS_PIPE);
	r = proc_read_single(c->proc, name, &text);
	if (r == 0)
		r = kv_u64(text.data, "flags", 8, &flags);
	if (r == 0)
		r = kv_u64(text.data, "pos", 10, &pos);
	return r < 0 ? no_err(r, "/proc/PID/fdinfo") : YES;
}

FEATURE(mnt_id, UNUSED, "the mounts that files were opened on", "Linux 3.15")
{
	_cleanup_close_ int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_buf_ struct buf text = {};
	uint64_t id;
	int r = fd < 0 ? -errno : read_fdinfo(fd, &text);

	if (r == 0)
		r = kv_u64(text.data, "mnt_id", 10, &id);
	return r < 0 ? no_err(r, "mnt_id in /proc/PID/fdinfo") : YES;
}

FEATURE(statx_mnt_id, EXTRA,
	"telling files that were unlinked from those that never were on a disk", "Linux 5.8")
{
	_cleanup_close_ int root = open("/", O_PATH | O_CLOEXEC), nowhere = new_file();
	int there, r;

	if (root < 0 || nowhere < 0)
		return no_err(-errno, "a file");
	there = mounts_has_file(root);
	if (there < 0)
		return no_err(there, "STATX_MNT_ID");
	r = mounts_has_file(nowhere);
	return there == 1 && r == 0 ? YES : no("STATX_MNT_ID is wrong");
}

FEATURE(f_getowner_uids, EXTRA, "files with an owner who gets their signals: F_SETOWN",
	"CONFIG_CHECKPOINT_RESTORE")
{
	_cleanup_close_ int fd = new_file();
	uint32_t ids[2] = {};

	if (fd < 0 || fcntl(fd, F_SETOWN, getpid()) < 0)
		return no_err(-errno, "F_SETOWN");
	if (fcntl(fd, 17 /* F_GETOWNER_UIDS */, ids) < 0)
		return no_err(-errno, "F_GETOWNER_UIDS");
	return ids[0] == getuid() && ids[1] == geteuid() ? YES : no("F_GETOWNER_UIDS is wrong");
}

FEATURE(fdinfo_lock, EXTRA, "file locks", "CONFIG_FILE_LOCKING, Linux 4.1")
{
	_cleanup_close_ int fd = new_file();
	_cleanup_buf_ struct buf text = {};
	int r;

	if (fd < 0)
		return no_err(-errno, "a file");
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == ENOSYS ? nobody("flock: %s", strerror(errno))
				       : no_err(-errno, "flock");
	r = read_fdinfo(fd, &text);
	if (r < 0)
		return no_err(r, "/proc/PID/fdinfo");
	return kv_find(text.data, "lock") ? YES : no("/proc/PID/fdinfo does not tell of a lock");
}

/* Also who waits for a lock, which fdinfo does not tell. */
FEATURE(proc_locks, EXTRA, "file locks: whether others wait for them",
	"CONFIG_FILE_LOCKING, CONFIG_PROC_FS")
{
	_cleanup_close_ int fd = new_file();
	_cleanup_buf_ struct buf text = {};
	char of_file[64];
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return no_err(-errno, "a file");
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == ENOSYS ? nobody("flock: %s", strerror(errno))
				       : no_err(-errno, "flock");
	r = read_file_at(AT_FDCWD, "/proc/locks", &text);
	if (r < 0)
		return no_err(r, "/proc/locks");
	snprintf(of_file, sizeof(of_file), "%02x:%02x:%ju ", major(st.st_dev), minor(st.st_dev),
		 (uintmax_t)st.st_ino);
	return strstr(text.data, of_file) ? YES : no("/proc/locks lacks a lock");
}

FEATURE(lease, EXTRA, "leases on files of other users", "CONFIG_FILE_LOCKING, CAP_LEASE, CAP_CHOWN")
{
	_cleanup_close_ int fd = new_file(), reader = -EBADF;
	char link[FD_LINK_SIZE];

	if (fd >= 0)
		reader = open(fd_link(fd, link), O_RDONLY | O_CLOEXEC);
	if (reader < 0 || fchown(fd, geteuid() + 1, getegid() + 1) < 0)
		return no_err(-errno, "a file of another user");
	return fcntl(reader, F_SETLEASE, F_RDLCK) < 0 ? no_err(-errno, "F_SETLEASE") : YES;
}

FEATURE(openat2, UNUSED, "files below another root directory", "Linux 5.6")
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	_cleanup_close_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = syscall(SYS_openat2, proc, "/../self/stat", &how, sizeof(how));

	if (fd < 0)
		return no_err(-errno, "openat2");
	close(fd);
	return YES;
}

/* ---- files without a name, and of other users ---- */

FEATURE(memfd, EXTRA, "memfd_create(2)", "CONFIG_MEMFD_CREATE")
{
	_cleanup_close_ int fd = memfd_create("refcr check", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char path[64];
	int r;

	if (fd < 0)
		return nobody("memfd_create: %s", strerror(errno));
	r = fd_path(fd, path, sizeof(path));
	if (r < 0)
		return no_err(r, "/proc/PID/fd");
	if (!streq(path, "/memfd:refcr check (deleted)"))
		return no("a memfd shows as %s", path);
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) < 0 || fcntl(fd, F_GET_SEALS) != F_SEAL_GROW)
		return no_err(-errno, "F_ADD_SEALS, F_GET_SEALS");
	return YES;
}

FEATURE(memfd_hugetlb, EXTRA, "memfds of huge TLB pages", "CONFIG_HUGETLBFS, Linux 4.14")
{
	_cleanup_close_ int fd = memfd_create("refcr check", MFD_CLOEXEC | MFD_HUGETLB);
	struct stat st;

	if (fd < 0)
		return nobody("MFD_HUGETLB: %s", strerror(errno));
	return fstat(fd, &st) == 0 && st.st_blksize > 4096 ? YES : no("MFD_HUGETLB has no effect");
}

FEATURE(memfd_exec, FASTER, "memfds that may be executed, whatever vm.memfd_noexec says",
	"Linux 6.3")
{
	_cleanup_close_ int fd = memfd_create("refcr check", MFD_CLOEXEC | 0x10 /* MFD_EXEC */);

	return fd < 0 ? no_err(-errno, "MFD_EXEC") : YES;
}

FEATURE(chown, EXTRA, "unlinked files and memfds of other users", "CAP_CHOWN")
{
	_cleanup_close_ int fd = new_file();

	if (fd < 0)
		return no_err(-errno, "a file");
	return fchown(fd, geteuid() + 1, getegid() + 1) < 0 ? no_err(-errno, "fchown") : YES;
}

FEATURE(any_file, EXTRA, "files that refcr's user may not open", "CAP_DAC_OVERRIDE")
{
	_cleanup_close_ int fd = new_file(), again = -EBADF;
	char link[FD_LINK_SIZE];

	if (fd < 0 || fchmod(fd, 0) < 0)
		return no_err(-errno, "a file");
	again = open(fd_link(fd, link), O_RDWR | O_CLOEXEC);
	return again < 0 ? no_err(-errno, "to open a file of mode 000") : YES;
}

FEATURE(file_handles, EXTRA, "files that are watched by inotify or fanotify",
	"CONFIG_FHANDLE, CAP_DAC_READ_SEARCH of the first user namespace")
{
	union {
		struct file_handle head;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} handle = { .head.handle_bytes = MAX_HANDLE_SZ };
	_cleanup_close_ int fd = new_file(), again = -EBADF;
	struct stat was, is;
	int mount;

	if (fd < 0)
		return no_err(-errno, "a file");
	if (name_to_handle_at(fd, "", &handle.head, &mount, AT_EMPTY_PATH) < 0)
		return no_err(-errno, "name_to_handle_at");
	again = open_by_handle_at(fd, &handle.head, O_PATH | O_CLOEXEC);
	if (again < 0)
		return no_err(-errno, "open_by_handle_at");
	return fstat(fd, &was) == 0 && fstat(again, &is) == 0 && was.st_ino == is.st_ino
		       ? YES
		       : no("open_by_handle_at gives another file");
}

/* ---- pipes ---- */

FEATURE(pipe_size, EXTRA, "pipes bigger than fs.pipe-max-size", "CAP_SYS_RESOURCE")
{
	_cleanup_close_ int in = -EBADF, out = -EBADF;
	uint64_t most;
	int ends[2], r = proc_u64(AT_FDCWD, "/proc/sys/fs/pipe-max-size", 10, &most);

	if (r < 0)
		return no_err(r, "/proc/sys/fs/pipe-max-size");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return no_err(-errno, "a pipe");
	in = ends[0];
	out = ends[1];
	return fcntl(out, F_SETPIPE_SZ, (int)most * 2) < 0 ? no_err(-errno, "F_SETPIPE_SZ") : YES;
}

/* ---- System V objects ---- */

/* Not written to: somebody else may be about to make one. */
FEATURE(shm_next_id, EXTRA,
	"System V shared memory that has been removed since the dump, or will be",
	"CONFIG_CHECKPOINT_RESTORE, CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN")
{
	_cleanup_close_ int fd = open("/proc/sys/kernel/shm_next_id", O_WRONLY | O_CLOEXEC);
	int err = errno;
	struct shmid_ds ds;

	if (fd >= 0)
		return YES;
	if (shmctl(0, IPC_INFO, &ds) < 0 && errno == ENOSYS)
		return nobody("System V shared memory: %s", strerror(errno));
	return no_err(-err, "/proc/sys/kernel/shm_next_id");
}
