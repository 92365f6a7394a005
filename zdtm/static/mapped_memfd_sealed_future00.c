// SPDX-License-Identifier: GPL-2.0-only
/*
 * A memfd sealed against future writing while it was mapped writable: that mapping writes on, and
 * nothing else may. An engine that seals first cannot map it.
 */
#include "zdtm.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static struct {
	int fd;
	unsigned char *at;
	struct blob data;
} was;

static void setup(void)
{
	was.fd = SYS(memfd_create("sealed", MFD_ALLOW_SEALING));
	was.data = t_fill(was.fd, T_PAGE);
	was.at = SYS(mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, was.fd, 0));
	SYS(fcntl(was.fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
}

static void check(void)
{
	unsigned char byte;

	EXPECT_EQ(fcntl(was.fd, F_GET_SEALS) & F_SEAL_FUTURE_WRITE, F_SEAL_FUTURE_WRITE);
	EXPECT_DATA(was.fd, &was.data);
	was.at[7] ^= 0xff;
	SYS(pread(was.fd, &byte, 1, 7));
	EXPECT_EQ(byte, was.at[7]);
	EXPECT_EQ(mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, was.fd, 0), MAP_FAILED);
	EXPECT_EQ(errno, EPERM);
	EXPECT_ERRNO(write(was.fd, "x", 1), EPERM);
}

ZDTM_TEST = {
	.doc = "a memfd sealed against future writes is written by the mapping there was, and no other",
	.object = "memfd",
	.needs = LIST("memfd.future_write"),
	.setup = setup,
	.check = check,
};
