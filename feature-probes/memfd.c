// SPDX-License-Identifier: GPL-2.0-only
/* Files of memory: memfd_create(2), its seals, and memfd_secret(2). */
#include <linux/memfd.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "probe.h"
#include "uapi/mman.h"
#include "uapi/syscalls.h"

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_MEMFD_CREATE", .source = "memfd_create(2)"

static int sealable(void)
{
	int fd = OFFERED(memfd_create("sealed", MFD_ALLOW_SEALING), "memfd_create");

	NEED(ftruncate(fd, 2 * page_size()));
	return fd;
}

PROBE(name, .what = "a memfd has its name in /proc, no link, and can be opened again",
      DECLARED("3.17"))
{
	int fd = OFFERED(memfd_create("some name", 0), "memfd_create"), again;
	struct stat a, b;
	char path[64];

	PROMISE_STR(link_text("/proc/self/fd/%d", fd), "/memfd:some name (deleted)");
	NEED(fstat(fd, &a));
	PROMISE_EQ(a.st_nlink, 0);
	NEED(write(fd, "data", 4));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = NEED(open(path, O_RDONLY));
	NEED(fstat(again, &b));
	PROMISE_EQ(a.st_ino, b.st_ino);
	PROMISE_EQ(NEED(lseek(again, 0, SEEK_CUR)), 0);
	PROMISE_FAILS(write(again, "x", 1), EBADF);
	PROMISE_EQ(NEED(fcntl(fd, F_GET_SEALS)), F_SEAL_SEAL);
}

PROBE(seals, .what = "F_GET_SEALS tells the seals that were added, none of which can be taken off",
      DECLARED("3.17"))
{
	int fd = sealable();
	char byte = 0;

	PROMISE_EQ(NEED(fcntl(fd, F_GET_SEALS)), 0);
	NEED(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	NEED(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	PROMISE_EQ(NEED(fcntl(fd, F_GET_SEALS)), F_SEAL_SHRINK | F_SEAL_GROW);
	PROMISE_FAILS(ftruncate(fd, 0), EPERM);
	PROMISE_FAILS(ftruncate(fd, 3 * page_size()), EPERM);
	NEED(pwrite(fd, &byte, 1, 0));
	NEED(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	PROMISE_FAILS(pwrite(fd, &byte, 1, 0), EPERM);
	PROMISE_FAILS(mmap(NULL, page_size(), PROT_WRITE, MAP_SHARED, fd, 0), EPERM);
	NEED(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	PROMISE_FAILS(fcntl(fd, F_ADD_SEALS, 0), EPERM);
	PROMISE_EQ(NEED(fcntl(fd, F_GET_SEALS)),
		   F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
}

PROBE(seal_write_busy, .what = "F_SEAL_WRITE waits for no writable mapping: EBUSY",
      DECLARED("3.17"))
{
	int fd = sealable();
	char *p = map(fd, 1, PROT_READ | PROT_WRITE, MAP_SHARED);

	PROMISE_FAILS(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	NEED(munmap(p, page_size()));
	NEED(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
}

PROBE(future_write, .what = "F_SEAL_FUTURE_WRITE leaves mappings there are and allows no new ones",
      DECLARED("5.1"), .commit = "ab3948f58ff8", .guards = "memfd-future-write-seal")
{
	int fd = sealable(), again;
	char *p = map(fd, 1, PROT_READ | PROT_WRITE, MAP_SHARED), *ro, path[64];

	OFFERED(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), "F_SEAL_FUTURE_WRITE", EINVAL);
	PROMISE_EQ(NEED(fcntl(fd, F_GET_SEALS)), F_SEAL_FUTURE_WRITE);
	strcpy(p, "written");
	PROMISE_FAILS(pwrite(fd, "x", 1, 0), EPERM);
	PROMISE_FAILS(mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), EPERM);
	ro = map(fd, 1, PROT_READ, MAP_SHARED);
	PROMISE_STR(ro, "written");
	PROMISE_FAILS(mprotect(ro, page_size(), PROT_READ | PROT_WRITE), EACCES);
	/* Who opens it anew can write no more than we. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = NEED(open(path, O_RDWR));
	PROMISE_FAILS(pwrite(again, "x", 1, 0), EPERM);
	PROMISE_FAILS(mmap(NULL, page_size(), PROT_WRITE, MAP_SHARED, again, 0), EPERM);
}

PROBE(exec_seal, .what = "MFD_NOEXEC_SEAL and MFD_EXEC say whether a memfd may be executed",
      DECLARED("6.3"), .commit = "105ff5339f49")
{
	int fd = OFFERED(memfd_create("x", MFD_NOEXEC_SEAL), "MFD_NOEXEC_SEAL", EINVAL);
	struct stat st;

	NEED(fstat(fd, &st));
	PROMISE_EQ(st.st_mode & 0777, 0666);
	PROMISE_EQ(NEED(fcntl(fd, F_GET_SEALS)) & F_SEAL_EXEC, F_SEAL_EXEC);
	PROMISE_FAILS(fchmod(fd, 0777), EPERM);
	PROMISE_FAILS(memfd_create("x", MFD_NOEXEC_SEAL | MFD_EXEC), EINVAL);
	fd = memfd_create("x", MFD_EXEC);
	/* vm.memfd_noexec=2 allows none. */
	if (fd < 0)
		PROMISE_EQ(errno, EACCES);
	else
		PROMISE_EQ((NEED(fstat(fd, &st)), st.st_mode & 0777), 0777);
}

PROBE(hugetlb, .what = "a memfd of huge pages is had, or refused with EINVAL, ENOENT or ENODEV",
      DECLARED("4.14"), .commit = "749df87bd7be",
      .guards = "memfd-hugetlb-enoent memfd-hugetlb-seals")
{
	static const unsigned int sizes[] = { 0, 21 << MFD_HUGE_SHIFT, 30 << MFD_HUGE_SHIFT,
					      62U << MFD_HUGE_SHIFT };
	struct stat st;
	int had = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		int fd = memfd_create("huge", MFD_HUGETLB | sizes[i]);

		if (fd < 0) {
			PROMISE(errno == EINVAL || errno == ENOENT || errno == ENODEV ||
				errno == ENOSYS);
			continue;
		}
		had++;
		NEED(fstat(fd, &st));
		PROMISE_GT(st.st_blksize, page_size());
		if (sizes[i])
			PROMISE_EQ(st.st_blksize, 1L << (sizes[i] >> MFD_HUGE_SHIFT));
		PROMISE_EQ(NEED(fcntl(fd, F_GET_SEALS)), F_SEAL_SEAL);
		close(fd);
		fd = NEED(memfd_create("huge", MFD_HUGETLB | MFD_ALLOW_SEALING | sizes[i]));
		NEED(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
		PROMISE_EQ(NEED(fcntl(fd, F_GET_SEALS)), F_SEAL_GROW);
		close(fd);
	}
	if (!had)
		ABSENT("no memfd of huge pages");
	PROMISE_FAILS(memfd_create("huge", MFD_HUGETLB | 62U << MFD_HUGE_SHIFT), EINVAL, ENOENT,
		      ENODEV);
}

/* Off by default before 6.5. */
static int secret_file(void)
{
	int fd = syscall(SYS_memfd_secret, 0), saved = errno;
	char *enabled = slurp("/sys/module/secretmem/parameters/enable");

	if (fd < 0 && saved == ENOSYS && enabled && *enabled == 'N')
		FORBIDDEN("secretmem.enable is off");
	errno = saved;
	return OFFERED(fd, "memfd_secret", ENOSYS);
}

PROBE(secret, .what = "what memfd_secret gives is read by its own task and nobody from outside",
      .since = "5.14", .commit = "1507f51255c9", .kconfig = "CONFIG_SECRETMEM",
      .source = "memfd_secret(2)")
{
	int fd = secret_file();
	char *p, got[8], path[32];
	struct iovec mine = { got, 4 }, theirs;
	struct vma v;
	pid_t pid;
	int mem;

	NEED(ftruncate(fd, page_size()));
	p = map(fd, 1, PROT_READ | PROT_WRITE, MAP_SHARED);
	theirs = (struct iovec){ p, 4 };
	strcpy(p, "own");
	PROMISE_STR(p, "own");
	NEED(vma_at(0, p, &v));
	PROMISE_STR(v.name, "/secretmem (deleted)");
	PROMISE(vma_flag(0, p, "dd"));
	pid = spawn_idle();
	PROMISE_FAILS(process_vm_readv(pid, &mine, 1, &theirs, 1, 0), EFAULT);
	seize_stopped(pid, 0);
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	mem = NEED(open(path, O_RDWR));
	PROMISE_FAILS(pread(mem, got, 4, (off_t)p), EIO);
	errno = 0;
	ptrace(PTRACE_PEEKDATA, pid, p, 0);
	PROMISE_EQ(errno, EIO);
}

GAP(secret_remote, .what = "nobody but its own task reads the memory of memfd_secret",
    .kconfig = "CONFIG_SECRETMEM", .source = "memfd_secret(2)")
{
	int fd = secret_file(), ends[2], mem;
	char got[8], path[64], *p;
	struct iovec mine = { got, 4 }, theirs;
	pid_t pid;

	NEED(ftruncate(fd, page_size()));
	p = map(fd, 1, PROT_READ | PROT_WRITE, MAP_SHARED);
	strcpy(p, "own");
	theirs = (struct iovec){ p, 4 };
	NEED(pipe(ends));
	pid = spawn_idle();
	TRIED_TO("process_vm_readv", process_vm_readv(pid, &mine, 1, &theirs, 1, 0));
	seize_stopped(pid, 0);
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	mem = NEED(open(path, O_RDONLY));
	TRIED_TO("/proc/PID/mem", pread(mem, got, 4, (off_t)p));
	errno = 0;
	TRIED_TO("PTRACE_PEEKDATA", (ptrace(PTRACE_PEEKDATA, pid, p, 0), errno ? -1 : 0));
	TRIED_TO("read", pread(fd, got, 4, 0));
	TRIED_TO("sendfile", sendfile(ends[1], fd, NULL, 4));
	TRIED_TO("vmsplice", vmsplice(ends[1], &theirs, 1, SPLICE_F_NONBLOCK));
}
