// SPDX-License-Identifier: GPL-2.0-only
/* userfaultfd: pages brought when they are asked for, and writes seen as they happen. */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "probe.h"
#include "uapi/fs.h"
#include "uapi/mman.h"
#include "uapi/userfaultfd.h"

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_USERFAULTFD",                                         \
	.source = "userfaultfd(2), ioctl_userfaultfd(2)"

static int create(int flags)
{
	return syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | flags);
}

static int handshake(int fd, uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };

	return ioctl(fd, UFFDIO_API, &api);
}

/* One that handles faults of user mode only is for everybody, from 5.11 on. */
static int create_any(void)
{
	int fd = create(UFFD_USER_MODE_ONLY);

	return fd < 0 && errno == EINVAL ? create(0) : fd;
}

static int uffd_plain(void)
{
	int fd = create_any();

	if (fd < 0 && errno == EPERM)
		ABSENT("privilege: CAP_SYS_PTRACE or vm.unprivileged_userfaultfd");
	return fd < 0 ? OFFERED(create_any(), "userfaultfd") : fd;
}

static int uffd(uint64_t features, const char *what)
{
	int fd = uffd_plain();

	OFFERED(handshake(fd, features), what, EINVAL);
	return fd;
}

static int watch(int fd, void *p, size_t count, int mode)
{
	struct uffdio_register reg = {
		.range = { (uintptr_t)p, count * page_size() },
		.mode = mode,
	};

	return ioctl(fd, UFFDIO_REGISTER, &reg);
}

static int copy_page(int fd, void *to, const void *from)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)to,
		.src = (uintptr_t)from,
		.len = page_size(),
	};

	return ioctl(fd, UFFDIO_COPY, &copy);
}

static int protect_page(int fd, void *p, bool on)
{
	struct uffdio_writeprotect wp = {
		.range = { (uintptr_t)p, page_size() },
		.mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	return ioctl(fd, UFFDIO_WRITEPROTECT, &wp);
}

static struct uffd_msg next_message(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct uffd_msg msg;

	if (poll(&p, 1, 5000) != 1)
		DEVIATES("no message from userfaultfd");
	PROMISE_EQ(NEED(read(fd, &msg, sizeof(msg))), sizeof(msg));
	return msg;
}

static bool quiet(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

static char *anon(size_t count)
{
	char *p = map(-1, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	madvise(p, count * page_size(), MADV_NOHUGEPAGE);
	return p;
}

/* Passes the userfaultfd of a task that is about to do something on to its parent. */
static int sock[2];

/* A thread that reads or writes a byte, which may take until somebody helps. */
struct access {
	volatile char *at;
	bool write;
	_Atomic bool done;
	_Atomic char got;
};

static void *do_access(void *arg)
{
	struct access *a = arg;

	if (a->write)
		*a->at = 'W';
	a->got = *a->at;
	a->done = true;
	return NULL;
}

static pthread_t start_access(struct access *a)
{
	pthread_t t;

	NEED(-pthread_create(&t, NULL, do_access, a));
	return t;
}

PROBE(handshake, .what = "a userfaultfd wants UFFDIO_API first, and says what it is",
      DECLARED("4.3"))
{
	int fd = uffd_plain();
	char *p = anon(1);

	PROMISE_STR(link_text("/proc/self/fd/%d", fd), "anon_inode:[userfaultfd]");
	PROMISE_FAILS(watch(fd, p, 1, UFFDIO_REGISTER_MODE_MISSING), EINVAL);
	PROMISE_FAILS(handshake(fd, 1ULL << 62), EINVAL);
	NEED(handshake(fd, 0));
	PROMISE_FAILS(handshake(fd, 0), EINVAL);
	NEED(watch(fd, p, 1, UFFDIO_REGISTER_MODE_MISSING));
}

PROBE(copy, .what = "a fault waits until UFFDIO_COPY brings the page, which is then the one there",
      DECLARED("4.3"))
{
	int fd = uffd(0, "userfaultfd");
	char *p = anon(2), *from = pages(1);
	struct access a = { .at = p + page_size() + 5 };
	struct uffd_msg msg;
	pthread_t t;

	from[5] = 'c';
	OFFERED(watch(fd, p, 2, UFFDIO_REGISTER_MODE_MISSING), "UFFDIO_REGISTER_MODE_MISSING");
	PROMISE(vma_flag(0, p, "um"));
	t = start_access(&a);
	msg = next_message(fd);
	PROMISE_EQ(msg.event, UFFD_EVENT_PAGEFAULT);
	PROMISE_EQ(msg.arg.pagefault.address & ~(page_size() - 1), p + page_size());
	PROMISE_EQ(msg.arg.pagefault.flags & (UFFD_PAGEFAULT_FLAG_WRITE | UFFD_PAGEFAULT_FLAG_WP),
		   0);
	PROMISE(!a.done);
	NEED(copy_page(fd, p + page_size(), from));
	NEED(-pthread_join(t, NULL));
	PROMISE_EQ(a.got, 'c');
	PROMISE_FAILS(copy_page(fd, p + page_size(), from), EEXIST);
	PROMISE_EQ(pagemap_of(0, p) & PM_PRESENT, 0);
}

PROBE(zeropage, .what = "UFFDIO_ZEROPAGE answers a fault with zeroes", DECLARED("4.3"))
{
	int fd = uffd(0, "userfaultfd");
	char *p = anon(1);
	struct uffdio_zeropage zero = { .range = { (uintptr_t)p, page_size() } };
	struct access a = { .at = p, .write = true };
	pthread_t t;

	OFFERED(watch(fd, p, 1, UFFDIO_REGISTER_MODE_MISSING), "UFFDIO_REGISTER_MODE_MISSING");
	t = start_access(&a);
	PROMISE(next_message(fd).arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WRITE);
	NEED(ioctl(fd, UFFDIO_ZEROPAGE, &zero));
	NEED(-pthread_join(t, NULL));
	PROMISE_EQ(p[0], 'W');
	PROMISE_EQ(p[1], 0);
}

PROBE(shmem, .what = "faults on shared memory are answered, too", DECLARED("4.11"))
{
	int fd = uffd(UFFD_FEATURE_MISSING_SHMEM, "UFFD_FEATURE_MISSING_SHMEM");
	char *p = map(-1, 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS), *from = pages(1);
	struct access a = { .at = p };
	pthread_t t;

	from[0] = 's';
	NEED(watch(fd, p, 1, UFFDIO_REGISTER_MODE_MISSING));
	t = start_access(&a);
	PROMISE_EQ(next_message(fd).arg.pagefault.address & ~(page_size() - 1), p);
	NEED(copy_page(fd, p, from));
	NEED(-pthread_join(t, NULL));
	PROMISE_EQ(a.got, 's');
}

PROBE(hugetlb, .what = "faults on memory of huge pages can be watched for", .since = "4.11",
      .kconfig = "CONFIG_USERFAULTFD CONFIG_HUGETLBFS", .source = "ioctl_userfaultfd(2)")
{
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = uffd(UFFD_FEATURE_MISSING_HUGETLBFS, "UFFD_FEATURE_MISSING_HUGETLBFS");
	size_t size =
		strtoul(NEED(text_field(NEED(slurp("/proc/meminfo")), "Hugepagesize")), NULL, 10) *
		1024;

	/* Reserved by nobody, and never touched: the pool may be empty. */
	reg.range.start = (uintptr_t)OFFERED(
		mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE, -1, 0),
		"huge mappings", EINVAL, ENODEV, ENOENT);
	reg.range.len = size;
	NEED(ioctl(fd, UFFDIO_REGISTER, &reg));
	PROMISE(reg.ioctls & 1ULL << _UFFDIO_COPY);
	PROMISE_EQ(reg.ioctls & 1ULL << _UFFDIO_ZEROPAGE, 0);
	PROMISE(vma_flag(0, (void *)reg.range.start, "um"));
}

PROBE(mm_gone, .what = "UFFDIO_COPY into a task that ended says ESRCH", .since = "4.13",
      .commit = "e86b298bebf7", .kconfig = "CONFIG_USERFAULTFD", .source = "UFFDIO_COPY(2const)",
      .guards = "uffd-copy-esrch")
{
	char *p = anon(2);
	pid_t pid;
	int fd;

	NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, sock));
	pid = spawn();
	if (pid == 0) {
		fd = uffd(0, "userfaultfd");
		NEED(watch(fd, p, 2, UFFDIO_REGISTER_MODE_MISSING));
		NEED(send_fd(sock[1], fd));
		reach(1);
		linger();
	}
	await(1);
	fd = NEED(recv_fd(sock[0]));
	OFFERED(copy_page(fd, p, pages(1)), "UFFDIO_COPY into another task");
	end_task(pid);
	PROMISE_FAILS(copy_page(fd, p + page_size(), pages(1)), ESRCH);
}

PROBE(fdinfo, .what = "fdinfo of a userfaultfd counts the faults that wait", DECLARED("4.3"))
{
	int fd = uffd(0, "userfaultfd");
	char *p = anon(1);
	struct access a = { .at = p };
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	unsigned int version;
	pthread_t t;

	NEED(watch(fd, p, 1, UFFDIO_REGISTER_MODE_MISSING));
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, fd, "pending"))), 0);
	t = start_access(&a);
	PROMISE_EQ(NEED(poll(&wait, 1, 5000)), 1);
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, fd, "pending"))), 1);
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, fd, "total"))), 1);
	PROMISE_EQ(sscanf(NEED(fdinfo_field(0, fd, "API")), "%x:", &version), 1);
	PROMISE_EQ(version, UFFD_API);
	NEED(copy_page(fd, p, pages(1)));
	NEED(-pthread_join(t, NULL));
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, fd, "total"))), 0);
}

PROBE(user_mode_only, .what = "everybody may handle faults of user mode; others as sysctl says",
      .since = "5.11", .commit = "d0d4730ac2e4", .kconfig = "CONFIG_USERFAULTFD",
      .source = "userfaultfd(2)", .guards = "uffd-unpriv-sysctl")
{
	char *sysctl = slurp("/proc/sys/vm/unprivileged_userfaultfd");
	pid_t pid;

	/* The system call first: whether it is there at all. */
	if (create(UFFD_USER_MODE_ONLY) < 0 && errno == EINVAL)
		ABSENT("no UFFD_USER_MODE_ONLY (EINVAL)");
	PROMISE(sysctl);
	pid = spawn();
	if (pid == 0) {
		lose_privileges();
		OFFERED(create(UFFD_USER_MODE_ONLY), "UFFD_USER_MODE_ONLY");
		if (atoi(sysctl))
			NEED(create(0));
		else
			PROMISE_FAILS(create(0), EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(fork_cap, .what = "without CAP_SYS_PTRACE UFFD_FEATURE_EVENT_FORK is refused: EPERM",
      .since = "5.5", .commit = "3c1c24d91ffd", .kconfig = "CONFIG_USERFAULTFD",
      .source = "UFFDIO_API(2const)", .guards = "uffd-event-fork-cap")
{
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		PROMISE_FAILS(handshake(uffd_plain(), UFFD_FEATURE_EVENT_FORK), EPERM);
		NEED(handshake(uffd_plain(), UFFD_FEATURE_EVENT_REMAP));
		_exit(0);
	}
	reap_good(pid);
}

PROBE(event_fork, .what = "a fork tells the watcher and hands it a userfaultfd of the child",
      .since = "4.11", .commit = "893e26e61d04", .kconfig = "CONFIG_USERFAULTFD",
      .capability = "CAP_SYS_PTRACE in the initial user namespace", .source = "UFFDIO_API(2const)")
{
	char *p = anon(1), *from = pages(1);
	struct uffd_msg msg;
	int fd;

	need_privilege("CAP_SYS_PTRACE in the initial user namespace");
	NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, sock));
	/* Who forks waits until the event is read: somebody else has to. */
	if (spawn() == 0) {
		fd = uffd(UFFD_FEATURE_EVENT_FORK, "UFFD_FEATURE_EVENT_FORK");
		NEED(watch(fd, p, 1, UFFDIO_REGISTER_MODE_MISSING));
		NEED(send_fd(sock[1], fd));
		if (spawn() == 0) {
			PROMISE_EQ(*(volatile char *)p, 'f');
			reach(1);
		}
		linger();
	}
	fd = NEED(recv_fd(sock[0]));
	msg = next_message(fd);
	PROMISE_EQ(msg.event, UFFD_EVENT_FORK);
	from[0] = 'f';
	fd = msg.arg.fork.ufd;
	msg = next_message(fd);
	PROMISE_EQ(msg.event, UFFD_EVENT_PAGEFAULT);
	PROMISE_EQ(msg.arg.pagefault.address & ~(page_size() - 1), p);
	NEED(copy_page(fd, p, from));
	await(1);
}

PROBE(events, .what = "mremap, MADV_DONTNEED and munmap of watched memory tell the watcher",
      .since = "4.11", .kconfig = "CONFIG_USERFAULTFD", .source = "UFFDIO_API(2const)")
{
	const uint64_t features =
		UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_EVENT_UNMAP;
	struct event {
		char *from, *to;
	} *at = share(sizeof(*at));
	struct uffd_msg msg;
	int fd;

	NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, sock));
	if (spawn() == 0) {
		at->from = anon(4);
		at->to = anon(4);
		fd = uffd(features, "UFFD_FEATURE_EVENT_REMAP, _REMOVE and _UNMAP");
		NEED(watch(fd, at->from, 4, UFFDIO_REGISTER_MODE_MISSING));
		NEED(send_fd(sock[1], fd));
		NEED(mremap(at->from, 4 * page_size(), 4 * page_size(),
			    MREMAP_MAYMOVE | MREMAP_FIXED, at->to));
		NEED(madvise(at->to + page_size(), page_size(), MADV_DONTNEED));
		NEED(munmap(at->to, 2 * page_size()));
		reach(1);
		linger();
	}
	fd = NEED(recv_fd(sock[0]));
	do /* What lay there before may have been watched by nobody, or be told as unmapped. */
		msg = next_message(fd);
	while (msg.event == UFFD_EVENT_UNMAP);
	PROMISE_EQ(msg.event, UFFD_EVENT_REMAP);
	PROMISE_EQ(msg.arg.remap.from, at->from);
	PROMISE_EQ(msg.arg.remap.to, at->to);
	PROMISE_EQ(msg.arg.remap.len, 4 * page_size());
	msg = next_message(fd);
	if (msg.event == UFFD_EVENT_UNMAP) /* of the old place */
		msg = next_message(fd);
	PROMISE_EQ(msg.event, UFFD_EVENT_REMOVE);
	PROMISE_EQ(msg.arg.remove.start, at->to + page_size());
	PROMISE_EQ(msg.arg.remove.end, at->to + 2 * page_size());
	msg = next_message(fd);
	PROMISE_EQ(msg.event, UFFD_EVENT_UNMAP);
	PROMISE_EQ(msg.arg.remove.start, at->to);
	PROMISE_EQ(msg.arg.remove.end, at->to + 2 * page_size());
	await(1);
}

PROBE(write_protect, .what = "a write to a protected page waits for its watcher, a read does not",
      .since = "5.7", .kconfig = "CONFIG_HAVE_ARCH_USERFAULTFD_WP",
      .source = "UFFDIO_WRITEPROTECT(2const)")
{
	int fd = uffd(UFFD_FEATURE_PAGEFAULT_FLAG_WP, "UFFD_FEATURE_PAGEFAULT_FLAG_WP");
	char *p = anon(2);
	struct access a = { .at = p, .write = true };
	struct uffd_msg msg;
	pthread_t t;

	p[0] = 'r';
	p[page_size()] = 'r';
	OFFERED(watch(fd, p, 2, UFFDIO_REGISTER_MODE_WP), "UFFDIO_REGISTER_MODE_WP", EINVAL);
	NEED(protect_page(fd, p, true));
	PROMISE_EQ(*(volatile char *)p, 'r');
	*(volatile char *)(p + page_size()) = 'w';
	PROMISE(quiet(fd));
	t = start_access(&a);
	msg = next_message(fd);
	PROMISE_EQ(msg.event, UFFD_EVENT_PAGEFAULT);
	PROMISE(msg.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP);
	PROMISE_EQ(*(volatile char *)p, 'r');
	NEED(protect_page(fd, p, false));
	NEED(-pthread_join(t, NULL));
	PROMISE_EQ(a.got, 'W');
}

PROBE(write_protect_pagemap, .what = "pagemap tells write-protected pages", .since = "5.13",
      .kconfig = "CONFIG_HAVE_ARCH_USERFAULTFD_WP CONFIG_PROC_PAGE_MONITOR",
      .source = "Documentation/admin-guide/mm/pagemap.rst")
{
	int fd = uffd(UFFD_FEATURE_PAGEFAULT_FLAG_WP, "UFFD_FEATURE_PAGEFAULT_FLAG_WP");
	char *p = anon(2);

	p[0] = 1;
	p[page_size()] = 1;
	OFFERED(watch(fd, p, 2, UFFDIO_REGISTER_MODE_WP), "UFFDIO_REGISTER_MODE_WP", EINVAL);
	NEED(protect_page(fd, p, true));
	if (!(pagemap_of(0, p) & PM_UFFD_WP))
		ABSENT("pagemap does not tell write-protected pages");
	PROMISE_EQ(pagemap_of(0, p + page_size()) & PM_UFFD_WP, 0);
	NEED(protect_page(fd, p, false));
	PROMISE_EQ(pagemap_of(0, p) & PM_UFFD_WP, 0);
}

PROBE(wp_async, .what = "UFFD_FEATURE_WP_ASYNC and PAGEMAP_SCAN track writes without a watcher",
      .since = "6.7", .commit = "d61ea1cb0095",
      .kconfig = "CONFIG_PTE_MARKER_UFFD_WP CONFIG_PROC_PAGE_MONITOR",
      .source = "Documentation/admin-guide/mm/pagemap.rst")
{
	enum { N = 8 };
	int fd = uffd(UAPI_UFFD_FEATURE_WP_ASYNC, "UFFD_FEATURE_WP_ASYNC");
	int pm = NEED(open("/proc/self/pagemap", O_RDONLY));
	char *p = anon(N);
	struct uapi_page_region found[N];
	struct uapi_pm_scan_arg arg = {
		.size = sizeof(arg),
		.flags = UAPI_PM_SCAN_WP_MATCHING | UAPI_PM_SCAN_CHECK_WPASYNC,
		.start = (uintptr_t)p,
		.end = (uintptr_t)(p + N * page_size()),
		.vec = (uintptr_t)found,
		.vec_len = N,
		.category_mask = UAPI_PAGE_IS_WRITTEN,
		.return_mask = UAPI_PAGE_IS_WRITTEN,
	};

	for (int i = 0; i < N; i++)
		p[i * page_size()] = 1;
	OFFERED(watch(fd, p, N, UFFDIO_REGISTER_MODE_WP), "UFFDIO_REGISTER_MODE_WP", EINVAL);
	PROMISE_EQ(NEED(ioctl(pm, UAPI_PAGEMAP_SCAN, &arg)), 1);
	PROMISE_EQ(found[0].start, p);
	PROMISE_EQ(found[0].end, p + N * page_size());
	PROMISE_EQ(NEED(ioctl(pm, UAPI_PAGEMAP_SCAN, &arg)), 0);
	*(volatile char *)(p + 3 * page_size()) = 2;
	(void)*(volatile char *)(p + 5 * page_size());
	PROMISE_EQ(NEED(ioctl(pm, UAPI_PAGEMAP_SCAN, &arg)), 1);
	PROMISE_EQ(found[0].start, p + 3 * page_size());
	PROMISE_EQ(found[0].end, p + 4 * page_size());
	PROMISE_EQ(NEED(ioctl(pm, UAPI_PAGEMAP_SCAN, &arg)), 0);
	PROMISE(quiet(fd));
}

PROBE(minor, .what = "UFFDIO_CONTINUE maps a page that the file has already", .since = "5.14",
      .kconfig = "CONFIG_HAVE_ARCH_USERFAULTFD_MINOR", .source = "UFFDIO_CONTINUE(2const)")
{
	int fd = uffd(UFFD_FEATURE_MINOR_SHMEM, "UFFD_FEATURE_MINOR_SHMEM");
	int file = NEED(memfd_create("minor", 0));
	char *p, *other;
	struct access a = {};
	struct uffd_msg msg;
	pthread_t t;

	NEED(ftruncate(file, page_size()));
	p = map(file, 1, PROT_READ | PROT_WRITE, MAP_SHARED);
	other = map(file, 1, PROT_READ | PROT_WRITE, MAP_SHARED);
	other[0] = 'm';
	OFFERED(watch(fd, p, 1, UFFDIO_REGISTER_MODE_MINOR), "UFFDIO_REGISTER_MODE_MINOR", EINVAL);
	a.at = p;
	t = start_access(&a);
	msg = next_message(fd);
	PROMISE(msg.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_MINOR);
	NEED(ioctl(fd, UFFDIO_CONTINUE,
		   &(struct uffdio_continue){ .range = { (uintptr_t)p, page_size() } }));
	NEED(-pthread_join(t, NULL));
	PROMISE_EQ(a.got, 'm');
}

PROBE(move, .what = "UFFDIO_MOVE takes a page from one place and puts it at another",
      .since = "6.8", .commit = "adef440691ba", .kconfig = "CONFIG_USERFAULTFD",
      .source = "UFFDIO_MOVE(2const)")
{
	int fd = uffd(UAPI_UFFD_FEATURE_MOVE, "UFFD_FEATURE_MOVE");
	char *to = anon(1), *gap = anon(1), *from = anon(1);
	struct uapi_uffdio_move move = {
		.dst = (uintptr_t)to,
		.src = (uintptr_t)from,
		.len = page_size(),
	};

	(void)gap;
	from[9] = 'v';
	NEED(watch(fd, to, 1, UFFDIO_REGISTER_MODE_MISSING));
	NEED(ioctl(fd, UAPI_UFFDIO_MOVE, &move));
	PROMISE_EQ(move.move, page_size());
	PROMISE_EQ(to[9], 'v');
	PROMISE_EQ(pagemap_of(0, from) & PM_PRESENT, 0);
}

static sigjmp_buf after_sigbus;

static void on_sigbus(int sig)
{
	siglongjmp(after_sigbus, 1);
}

PROBE(poison, .what = "UFFDIO_POISON makes a page whose reader gets SIGBUS", .since = "6.6",
      .commit = "fc71884a5f59", .kconfig = "CONFIG_USERFAULTFD", .source = "UFFDIO_POISON(2const)")
{
	int fd = uffd(UAPI_UFFD_FEATURE_POISON, "UFFD_FEATURE_POISON");
	char *p = anon(1);
	struct uapi_uffdio_poison poison = { .range = { (uintptr_t)p, page_size() } };

	NEED(watch(fd, p, 1, UFFDIO_REGISTER_MODE_MISSING));
	NEED(ioctl(fd, UAPI_UFFDIO_POISON, &poison));
	signal(SIGBUS, on_sigbus);
	if (sigsetjmp(after_sigbus, 1) == 0) {
		(void)*(volatile char *)p;
		DEVIATES("a poisoned page can be read");
	}
}

GAP(ranges, .what = "nobody tells whose memory a userfaultfd watches, nor where",
    .kconfig = "CONFIG_USERFAULTFD", .source = "fs/userfaultfd.c")
{
	int with = uffd(0, "userfaultfd"), without = uffd(0, "userfaultfd");
	char *p = anon(2);

	NEED(watch(with, p, 2, UFFDIO_REGISTER_MODE_MISSING));
	tried_files(with, without);
	/* Of the memory itself VmFlags tells that it is watched, by no name of the watcher. */
	PROMISE(vma_flag(0, p, "um"));
	TRIED("VmFlags of the memory");
}
