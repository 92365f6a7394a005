// SPDX-License-Identifier: GPL-2.0-only
/*
 * A memfd sealed against writing, and mapped nevertheless: shared by those who only read, from a
 * descriptor that was open for reading or, since v6.7, any; and privately by one who writes. An
 * engine that maps first and seals then finds it busy, unless no mapping may become writable. criu
 * 4.2 does.
 */
#include "zdtm.h"

enum { READER, WRITER, PRIVATE };

static struct {
	int fd;
	char *at;
	struct blob data, own;
} was;

static void setup(void)
{
	bool private = variant->arg == PRIVATE;
	int fd;

	was.fd = SYS(memfd_create("sealed", MFD_ALLOW_SEALING));
	was.data = t_fill(was.fd, 2 * T_PAGE);
	SYS(fcntl(was.fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK));
	fd = variant->arg == READER ? t_reopen(was.fd, O_RDONLY) : was.fd;
	was.at = mmap(NULL, 2 * T_PAGE, private ? PROT_READ | PROT_WRITE : PROT_READ,
		      private ? MAP_PRIVATE : MAP_SHARED, fd, 0);
	if (variant->arg == WRITER && was.at == MAP_FAILED && errno == EPERM)
		t_skip("before Linux 6.7 a descriptor for writing could not be mapped when sealed");
	SYS(was.at);
	if (private)
		was.own = t_fill_mem(was.at + T_PAGE, T_PAGE);
}

static void check(void)
{
	EXPECT_EQ(fcntl(was.fd, F_GET_SEALS), F_SEAL_WRITE | F_SEAL_SHRINK);
	EXPECT_DATA(was.fd, &was.data);
	EXPECT_ERRNO(write(was.fd, "x", 1), EPERM);
	if (variant->arg == PRIVATE) {
		EXPECT_MEM_IS(was.at + T_PAGE, &was.own);
		was.at[0] ^= 0xff;
		EXPECT_DATA(was.fd, &was.data);
		return;
	}
	EXPECT_MEM_IS(was.at, &was.data);
	EXPECT_EQ(t_vma(was.at).perms[3], 's');
	EXPECT(!t_vma_has(was.at, "mw"));
	EXPECT_ERRNO(mprotect(was.at, T_PAGE, PROT_READ | PROT_WRITE), EACCES);
}

ZDTM_TEST = {
	.doc = "a memfd sealed against writing stays mapped as it was",
	.object = "memfd",
	.variants = VARIANTS({ "reader", READER }, { "writer", WRITER }, { "private", PRIVATE }),
	.setup = setup,
	.check = check,
};
