// SPDX-License-Identifier: GPL-2.0-only
/* rseq(2): the area each thread shares with the scheduler. */
#include <sys/auxv.h>
#include <sys/prctl.h>

#include "probe.h"

#ifndef AT_RSEQ_FEATURE_SIZE
#define AT_RSEQ_FEATURE_SIZE 27 /* 6.3 */
#define AT_RSEQ_ALIGN        28
#endif

#define SIGNATURE  LIBC_RSEQ_SIGNATURE
#define UNREGISTER 1

static long rseq(void *area, uint32_t len, int flags, uint32_t sig)
{
	return syscall(SYS_rseq, area, len, flags, sig);
}

/* The system call in question, once the C library has let go of it. */
static void need_rseq(char *area)
{
	uint32_t len;

	if (syscall(SYS_rseq, NULL, 0, 0, 0) < 0 && errno == ENOSYS)
		ABSENT("no such system call: rseq");
	drop_libc_rseq(&len);
	OFFERED(rseq(area, 32, 0, SIGNATURE), "rseq");
	NEED(rseq(area, 32, UNREGISTER, SIGNATURE));
}

#define DECLARED .since = "4.18", .kconfig = "CONFIG_RSEQ", .source = "kernel/rseq.c"

PROBE(register_rules, .what = "an area is registered once, and given back by the same three values",
      DECLARED)
{
	char *area = pages(1);

	need_rseq(area);
	NEED(rseq(area, 32, 0, SIGNATURE));
	PROMISE_FAILS(rseq(area, 32, 0, SIGNATURE), EBUSY);
	PROMISE_FAILS(rseq(area + 64, 32, 0, SIGNATURE), EINVAL);
	PROMISE_FAILS(rseq(area, 32, 0, SIGNATURE + 1), EPERM);
	PROMISE_FAILS(rseq(area, 32, UNREGISTER, SIGNATURE + 1), EPERM);
	PROMISE_FAILS(rseq(area, 64, UNREGISTER, SIGNATURE), EINVAL);
	PROMISE_FAILS(rseq(area + 64, 32, UNREGISTER, SIGNATURE), EINVAL);
	PROMISE_FAILS(rseq(area, 32, 1 << 20, SIGNATURE), EINVAL);
	NEED(rseq(area, 32, UNREGISTER, SIGNATURE));
	PROMISE_FAILS(rseq(area, 32, UNREGISTER, SIGNATURE), EINVAL);
}

PROBE(sizes, .what = "areas of 32 bytes, and of the size and alignment auxv tells, are taken",
      DECLARED, .guards = "rseq-size-20-32 rseq-register-einval-70")
{
	unsigned long size = getauxval(AT_RSEQ_FEATURE_SIZE), align = getauxval(AT_RSEQ_ALIGN);
	char *area = pages(1);

	need_rseq(area);
	/* The size in use is not one to register with: 20 bytes of the first 32 were, say. */
	PROMISE_FAILS(rseq(area, 20, 0, SIGNATURE), EINVAL);
	PROMISE_FAILS(rseq(area + 4, 32, 0, SIGNATURE), EINVAL);
	PROMISE_FAILS(rseq(area, 0, 0, SIGNATURE), EINVAL);
	if (!size || !align)
		conforms();
	NOTE("AT_RSEQ_FEATURE_SIZE %lu, AT_RSEQ_ALIGN %lu", size, align);
	PROMISE_EQ(align & (align - 1), 0);
	PROMISE_LE(size, 512);
	size = (size + align - 1) & ~(align - 1);
	if (size < 32)
		size = 32;
	/* Whatever a later kernel has added to the struct. */
	OFFERED(rseq(area, size, 0, SIGNATURE), "rseq area as auxv has it");
	NEED(rseq(area, size, UNREGISTER, SIGNATURE));
}

PROBE(cpu_id, .what = "a registered area shows the CPU, an unregistered one that it shows none",
      DECLARED)
{
	uint32_t *area = pages(1);
	unsigned int cpu, before;

	need_rseq((char *)area);
	PROMISE_EQ(area[0], 0);
	PROMISE_EQ(area[1], ~0U);
	NEED(rseq(area, 32, 0, SIGNATURE));
	for (int i = 0; i < 1000; i++) {
		before = *(volatile uint32_t *)&area[1];
		NEED(syscall(SYS_getcpu, &cpu, NULL, NULL));
		if (before == cpu)
			return;
	}
	DEVIATES("cpu_id is %u on CPU %u", before, cpu);
}

PROBE(fork, .what = "a forked child has its rseq area at the same place, and gives it back alone",
      DECLARED)
{
	char *area = pages(1);
	pid_t pid;

	need_rseq(area);
	NEED(rseq(area, 32, 0, SIGNATURE));
	pid = spawn();
	if (pid == 0) {
		PROMISE_FAILS(rseq(area, 32, 0, SIGNATURE), EBUSY);
		NEED(rseq(area, 32, UNREGISTER, SIGNATURE));
		_exit(0);
	}
	reap_good(pid);
	PROMISE_FAILS(rseq(area, 32, 0, SIGNATURE), EBUSY);
}

PROBE(slice_extension, .what = "that a thread may ask for a little more time is told and set",
      .since = "7.0", .kconfig = "CONFIG_RSEQ_SLICE_EXTENSION",
      .source = "Documentation/userspace-api/rseq.rst")
{
	enum { SLICE_EXTENSION = 79, GET = 1, SET = 2, ENABLE = 1 };
	int r = OFFERED(prctl(SLICE_EXTENSION, GET, 0, 0, 0), "PR_RSEQ_SLICE_EXTENSION", EINVAL,
			524 /* ENOTSUPP, the kernel's own */);

	PROMISE_EQ(r, 0);
	r = prctl(SLICE_EXTENSION, SET, ENABLE, 0, 0);
	if (r < 0 && (errno == 524 || errno == EOPNOTSUPP))
		FORBIDDEN("rseq_slice_ext is off");
	if (r < 0 && errno == ENXIO)
		ABSENT("the C library has registered no rseq area");
	NEED(r);
	PROMISE_EQ(NEED(prctl(SLICE_EXTENSION, GET, 0, 0, 0)), ENABLE);
	NEED(prctl(SLICE_EXTENSION, SET, 0, 0, 0));
	PROMISE_EQ(NEED(prctl(SLICE_EXTENSION, GET, 0, 0, 0)), 0);
	PROMISE_FAILS(prctl(SLICE_EXTENSION, SET, ~0UL, 0, 0), EINVAL);
}
