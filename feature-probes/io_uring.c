// SPDX-License-Identifier: GPL-2.0-only
/* io_uring: making an idle ring again, and what can be seen of one. */
#include <linux/io_uring.h>

#include "probe.h"

static int setup(unsigned int entries, struct io_uring_params *p)
{
	int fd = syscall(SYS_io_uring_setup, entries, p), saved = errno;
	char *disabled = slurp("/proc/sys/kernel/io_uring_disabled");

	if (fd < 0 && saved == EPERM && disabled && atoi(disabled) > 0)
		FORBIDDEN("kernel.io_uring_disabled is %d", atoi(disabled));
	return fd < 0 ? OFFERED((int)syscall(SYS_io_uring_setup, entries, p), "io_uring") : fd;
}

PROBE(same_layout, .what = "equal parameters give rings of equal sizes and offsets", .since = "5.1",
      .kconfig = "CONFIG_IO_URING", .source = "io_uring_setup(2)")
{
	struct io_uring_params a = { .flags = IORING_SETUP_CQSIZE, .cq_entries = 64 }, b = a;
	int fd = setup(8, &a);

	setup(8, &b);
	PROMISE_EQ(a.sq_entries, 8);
	PROMISE_EQ(a.cq_entries, 64);
	PROMISE_MEM(&a.sq_off, &b.sq_off, sizeof(a.sq_off));
	PROMISE_MEM(&a.cq_off, &b.cq_off, sizeof(a.cq_off));
	PROMISE_STR(link_text("/proc/self/fd/%d", fd), "anon_inode:[io_uring]");
}

PROBE(fdinfo, .what = "fdinfo shows the heads and tails that are in the mapped rings",
      .since = "5.18", .kconfig = "CONFIG_IO_URING CONFIG_PROC_FS", .source = "io_uring/fdinfo.c")
{
	struct io_uring_params p = {};
	int fd = setup(8, &p);
	char *ring = mmap(NULL, p.sq_off.array + 4 * p.sq_entries, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQ_RING);
	char *sqes = mmap(NULL, p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQES);
	struct io_uring_sqe *sqe = (void *)sqes;

	NEED(ring);
	NEED(sqes);
	PROMISE_EQ(atoi(OFFERED(fdinfo_field(0, fd, "SqTail"), "SqTail in fdinfo", ENODATA)), 0);
	for (unsigned int i = 0; i < 3; i++) {
		sqe[i] = (struct io_uring_sqe){ .opcode = IORING_OP_NOP, .user_data = i };
		((uint32_t *)(ring + p.sq_off.array))[i] = i;
	}
	*(_Atomic uint32_t *)(ring + p.sq_off.tail) = 3;
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, fd, "SqTail"))), 3);
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, fd, "SqHead"))), 0);
	PROMISE_EQ(NEED(syscall(SYS_io_uring_enter, fd, 3, 3, IORING_ENTER_GETEVENTS, NULL, 0)), 3);
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, fd, "SqHead"))), 3);
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, fd, "CqTail"))), 3);
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, fd, "CqHead"))), 0);
}
