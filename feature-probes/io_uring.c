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

static long uring_register(int fd, unsigned int op, void *arg, unsigned int n)
{
	return syscall(SYS_io_uring_register, fd, op, arg, n);
}

PROBE(registered,
      .what = "fdinfo lists what was registered with a ring by its slots: files, buffers",
      .since = "5.18", .kconfig = "CONFIG_IO_URING CONFIG_PROC_FS", .source = "io_uring/fdinfo.c")
{
	struct io_uring_params p = {};
	int ring = setup(8, &p), files[3] = { -1, 0, -1 };
	char *memory = pages(1), *text;
	struct iovec iov = { memory, page_size() };

	files[0] = workfile("registered");
	OFFERED(uring_register(ring, IORING_REGISTER_FILES, files, 3), "IORING_REGISTER_FILES",
		EINVAL);
	NEED(uring_register(ring, IORING_REGISTER_BUFFERS, &iov, 1));
	text = NEED(slurp("/proc/self/fdinfo/%d", ring));
	PROMISE_EQ(atoi(OFFERED(text_field(text, "UserFiles"), "UserFiles in fdinfo", ENODATA)), 3);
	PROMISE(strstr(text, "registered"));
	PROMISE_EQ(atoi(NEED(text_field(text, "UserBufs"))), 1);
	NEED(uring_register(ring, IORING_UNREGISTER_FILES, NULL, 0));
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, ring, "UserFiles"))), 0);
}

PROBE(personality,
      .what = "a ring gives a number for the credentials of whoever asks, to be given back",
      .since = "5.6", .kconfig = "CONFIG_IO_URING", .source = "io_uring_register(2)")
{
	struct io_uring_params p = {};
	int ring = setup(8, &p), a, b;

	a = OFFERED((int)uring_register(ring, IORING_REGISTER_PERSONALITY, NULL, 0),
		    "IORING_REGISTER_PERSONALITY", EINVAL);
	b = NEED(uring_register(ring, IORING_REGISTER_PERSONALITY, NULL, 0));
	PROMISE_GT(a, 0);
	PROMISE_NE(a, b);
	NEED(uring_register(ring, IORING_UNREGISTER_PERSONALITY, NULL, a));
	PROMISE_FAILS(uring_register(ring, IORING_UNREGISTER_PERSONALITY, NULL, a), EINVAL);
}

PROBE(restrictions, .what = "a ring that was restricted takes what it was allowed, and says EACCES",
      .since = "5.10", .commit = "21b55dbc0653", .kconfig = "CONFIG_IO_URING",
      .source = "io_uring_register(2)")
{
	struct io_uring_params p = { .flags = IORING_SETUP_R_DISABLED };
	struct io_uring_restriction only = { .opcode = IORING_RESTRICTION_REGISTER_OP,
					     .register_op = IORING_REGISTER_ENABLE_RINGS };
	int ring = setup(8, &p);

	OFFERED(uring_register(ring, IORING_REGISTER_RESTRICTIONS, &only, 1),
		"IORING_REGISTER_RESTRICTIONS", EINVAL);
	NEED(uring_register(ring, IORING_REGISTER_ENABLE_RINGS, NULL, 0));
	PROMISE_FAILS(uring_register(ring, IORING_REGISTER_PERSONALITY, NULL, 0), EACCES);
}

PROBE(own_memory, .what = "a ring lies in memory of the task's own, where the task says",
      .since = "6.5", .commit = "03d89a2de25b", .kconfig = "CONFIG_IO_URING",
      .source = "io_uring_setup(2)")
{
	struct io_uring_params p = { .flags = 1U << 14 /* IORING_SETUP_NO_MMAP */ };
	char *rings = share(page_size()), *sqes = share(page_size());
	struct vma v;

	memset(rings, 0, page_size());
	memset(sqes, 0, page_size());
	p.sq_off.resv2 = (uintptr_t)sqes;
	p.cq_off.resv2 = (uintptr_t)rings;
	OFFERED((int)syscall(SYS_io_uring_setup, 8, &p), "IORING_SETUP_NO_MMAP", EINVAL);
	PROMISE_EQ(*(uint32_t *)(rings + p.sq_off.ring_entries), 8);
	NEED(vma_at(0, rings, &v));
	PROMISE(!strstr(v.name, "io_uring"));
}

PROBE(buffer_ring, .what = "a ring of buffers is registered where it lies, once for each group",
      .since = "5.19", .commit = "c7fb19428d67", .kconfig = "CONFIG_IO_URING",
      .source = "io_uring_register(2)")
{
	enum { REGISTER = 22, UNREGISTER = 23 };
	struct io_uring_params p = {};
	/* struct io_uring_buf_reg */
	struct {
		uint64_t addr;
		uint32_t entries;
		uint16_t group, flags;
		uint64_t resv[3];
	} reg = { .addr = (uintptr_t)share(page_size()), .entries = 8, .group = 5 };
	int ring = setup(8, &p);

	OFFERED(uring_register(ring, REGISTER, &reg, 1), "IORING_REGISTER_PBUF_RING", EINVAL);
	PROMISE_FAILS(uring_register(ring, REGISTER, &reg, 1), EEXIST);
	NEED(uring_register(ring, UNREGISTER, &reg, 1));
	NEED(uring_register(ring, REGISTER, &reg, 1));
}

PROBE(operations_known, .what = "every operation of a ring is one we have a word for",
      .since = "5.6", .kconfig = "CONFIG_IO_URING", .source = "io_uring_register(2)")
{
	/* As of 6.18. */
	enum { LAST_KNOWN = 64 };
	struct io_uring_params p = {};
	struct {
		struct io_uring_probe head;
		struct io_uring_probe_op op[256];
	} q = {};
	int ring = setup(8, &p);

	OFFERED(uring_register(ring, IORING_REGISTER_PROBE, &q, 256), "IORING_REGISTER_PROBE",
		EINVAL);
	if (q.head.last_op > LAST_KNOWN)
		NEW("operations of io_uring up to %d", q.head.last_op);
}

/* A ring with one poll request on the way, that carries a number. */
static int ring_polling(int target, uint64_t data)
{
	struct io_uring_params p = {};
	int ring = setup(8, &p);
	char *sq = NEED(mmap(NULL, p.sq_off.array + 4 * p.sq_entries, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING));
	struct io_uring_sqe *sqe =
		NEED(mmap(NULL, p.sq_entries * sizeof(*sqe), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES));

	sqe[0] = (struct io_uring_sqe){ .opcode = IORING_OP_POLL_ADD,
					.fd = target,
					.poll32_events = POLLIN,
					.user_data = data };
	((uint32_t *)(sq + p.sq_off.array))[0] = 0;
	*(_Atomic uint32_t *)(sq + p.sq_off.tail) = 1;
	PROMISE_EQ(NEED(syscall(SYS_io_uring_enter, ring, 1, 0, 0, NULL, 0)), 1);
	/* What was asked is the kernel's by now: the memory can say anything. */
	memset(sqe, 0, sizeof(*sqe));
	return ring;
}

GAP(in_flight, .what = "nobody tells what exactly a ring was asked for that is not done yet",
    .kconfig = "CONFIG_IO_URING", .source = "io_uring/fdinfo.c")
{
	static const char *const own[] = { "ino:", "pos:", "SqThread", NULL };
	int ends[2], a, b;

	NEED(pipe(ends));
	a = ring_polling(ends[0], 1);
	b = ring_polling(ends[0], 2);
	tried_texts("fdinfo", slurp("/proc/self/fdinfo/%d", a), slurp("/proc/self/fdinfo/%d", b),
		    own);
}

GAP(setup_flags, .what = "nobody tells the flags a ring was set up with",
    .kconfig = "CONFIG_IO_URING", .source = "io_uring/fdinfo.c")
{
	struct io_uring_params with = { .flags = IORING_SETUP_CLAMP }, without = {};

	tried_files(setup(8, &with), setup(8, &without));
}

GAP(restricted, .what = "nobody tells to what a ring was restricted", .kconfig = "CONFIG_IO_URING",
    .source = "io_uring/fdinfo.c")
{
	struct io_uring_params with = { .flags = IORING_SETUP_R_DISABLED }, without = with;
	struct io_uring_restriction only = { .opcode = IORING_RESTRICTION_REGISTER_OP,
					     .register_op = IORING_REGISTER_ENABLE_RINGS };
	int a = setup(8, &with), b = setup(8, &without);

	OFFERED(uring_register(a, IORING_REGISTER_RESTRICTIONS, &only, 1),
		"IORING_REGISTER_RESTRICTIONS", EINVAL);
	NEED(uring_register(a, IORING_REGISTER_ENABLE_RINGS, NULL, 0));
	NEED(uring_register(b, IORING_REGISTER_ENABLE_RINGS, NULL, 0));
	tried_files(a, b);
}

GAP(buffer_rings, .what = "nobody tells which rings of buffers were registered with a ring",
    .kconfig = "CONFIG_IO_URING", .source = "io_uring/fdinfo.c")
{
	struct io_uring_params with = {}, without = {};
	struct {
		uint64_t addr;
		uint32_t entries;
		uint16_t group, flags;
		uint64_t resv[3];
	} reg = { .addr = (uintptr_t)share(page_size()), .entries = 8, .group = 5 };
	int a = setup(8, &with), b = setup(8, &without);

	OFFERED(uring_register(a, 22, &reg, 1), "IORING_REGISTER_PBUF_RING", EINVAL);
	tried_files(a, b);
}
