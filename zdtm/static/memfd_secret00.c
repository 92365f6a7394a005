// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of memfd_secret(): nobody but its own task reads it, not even through /proc/PID/mem. Either
 * that is so again afterwards, bytes and all, or an engine says that it cannot.
 */
#include "zdtm.h"

static struct {
	unsigned char *at;
	struct blob data;
} was;

static void setup(void)
{
	int fd = SYS(syscall(SYS_memfd_secret, O_CLOEXEC));

	SYS(ftruncate(fd, 2 * T_PAGE));
	was.at = SYS(mmap(NULL, 2 * T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	SYS(close(fd));
	was.data = t_fill_mem(was.at, 2 * T_PAGE);
}

static void check(void)
{
	int mem = SYS(open("/proc/self/mem", O_RDONLY));
	char byte;

	EXPECT_MEM_IS(was.at, &was.data);
	EXPECT_EQ(pread(mem, &byte, 1, (uintptr_t)was.at), -1);
}

ZDTM_TEST = {
	.doc = "secret memory is kept and still secret, or the dump is refused",
	.object = "mm",
	.demand = KEEP_OR_REFUSE,
	.needs = LIST("memfd.secret"),
	.setup = setup,
	.check = check,
};
