// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors of all kinds that open(2) of a file of the disk does not give: each can be used as before,
 * or the dump is refused. None of them is closed, or another thing, without a word.
 */
#include <linux/perf_event.h>
#include <linux/udmabuf.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

#include "zdtm.h"

enum { SECRET, USERFAULT, PERF, KVM, DMABUF, LOOP, RTC, TUN };

static struct {
	int fd;
	char *link;
} was;

static int device(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		t_skip("%s: %s", path, strerror(errno));
	return fd;
}

static int perf(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_PAGE_FAULTS,
		.exclude_kernel = 1,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static int dma_buffer(void)
{
	int from = device("/dev/udmabuf", O_RDWR), fd;
	struct udmabuf_create c = { .memfd = SYS(memfd_create("buffer", MFD_ALLOW_SEALING)) };

	c.size = T_PAGE;
	SYS(ftruncate(c.memfd, T_PAGE));
	SYS(fcntl(c.memfd, F_ADD_SEALS, F_SEAL_SHRINK));
	fd = SYS(ioctl(from, UDMABUF_CREATE, &c));
	SYS(close(from));
	SYS(close(c.memfd));
	return fd;
}

static void setup(void)
{
	int kvm;

	switch (variant->arg) {
	case SECRET:
		was.fd = syscall(SYS_memfd_secret, O_CLOEXEC);
		break;
	case USERFAULT:
		was.fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
		break;
	case PERF:
		was.fd = perf();
		break;
	case KVM:
		kvm = device("/dev/kvm", O_RDWR);
		was.fd = ioctl(kvm, 0xae01 /* KVM_CREATE_VM */, 0);
		SYS(close(kvm));
		break;
	case DMABUF:
		was.fd = dma_buffer();
		break;
	case LOOP:
		was.fd = device("/dev/loop-control", O_RDWR);
		break;
	case RTC:
		was.fd = device("/dev/rtc0", O_RDONLY);
		break;
	case TUN:
		was.fd = device("/dev/net/tun", O_RDWR);
		break;
	}
	if (was.fd < 0)
		t_skip("%s: %s", variant->name, strerror(errno));
	was.link = t_fd_path(was.fd);
}

static void check(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	char *link = t_fd_path(was.fd);
	struct stat st;
	uint64_t count;
	char *p;

	EXPECT_STR(link, was.link);
	free(link);
	SYS(fstat(was.fd, &st));
	switch (variant->arg) {
	case SECRET:
		SYS(ftruncate(was.fd, T_PAGE));
		p = SYS(mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, was.fd, 0));
		*p = 1;
		EXPECT_ERRNO(write(was.fd, "x", 1), EINVAL);
		break;
	case USERFAULT:
		SYS(ioctl(was.fd, UFFDIO_API, &api));
		break;
	case PERF:
		EXPECT_EQ(SYS(read(was.fd, &count, sizeof(count))), sizeof(count));
		EXPECT_GT(count, 0);
		break;
	case KVM:
		SYS(ioctl(was.fd, 0xae41 /* KVM_CREATE_VCPU */, 0));
		break;
	case DMABUF:
		p = SYS(mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, was.fd, 0));
		*p = 1;
		break;
	}
}

ZDTM_TEST = {
	.doc = "descriptors of every kind can be used as before, or the dump is refused",
	.object = "device",
	.demand = KEEP_OR_REFUSE,
	.caps = CAP_BIT(CAP_SYS_ADMIN) | CAP_BIT(CAP_SYS_PTRACE), /* loop; userfaultfd() */
	.variants = VARIANTS({ "memfd_secret", SECRET }, { "userfaultfd", USERFAULT },
			     { "perf_event", PERF }, { "kvm_vm", KVM }, { "dma_buf", DMABUF },
			     { "loop_control", LOOP }, { "rtc", RTC }, { "tun", TUN }),
	.setup = setup,
	.check = check,
};
