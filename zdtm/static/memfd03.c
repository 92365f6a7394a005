// SPDX-License-Identifier: GPL-2.0-only
/*
 * A memfd sealed against writing, and against nothing else: other seals can still be added. Nobody
 * writes it any more, be it through another descriptor; who maps it for himself reads what it holds.
 */
#include "zdtm.h"

static struct {
	int fd;
	struct blob data;
} was;

static void setup(void)
{
	was.fd = SYS(memfd_create("sealed", MFD_ALLOW_SEALING));
	was.data = t_fill(was.fd, 5);
	SYS(fcntl(was.fd, F_ADD_SEALS, F_SEAL_WRITE));
}

static void check(void)
{
	int again = t_reopen(was.fd, O_RDWR);
	char *p;

	EXPECT_EQ(fcntl(was.fd, F_GET_SEALS), F_SEAL_WRITE);
	EXPECT_EQ(fcntl(again, F_GET_SEALS), F_SEAL_WRITE);
	EXPECT_ERRNO(write(was.fd, "x", 1), EPERM);
	EXPECT_ERRNO(write(again, "x", 1), EPERM);
	EXPECT_ERRNO(mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0), EPERM);
	p = SYS(mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, again, 0));
	EXPECT_MEM_IS(p, &was.data);
	p[0] ^= 0xff;
	EXPECT_DATA(was.fd, &was.data);
	SYS(fcntl(was.fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SEAL));
	EXPECT_EQ(fcntl(again, F_GET_SEALS), F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SEAL);
}

ZDTM_TEST = {
	.doc = "a memfd sealed against writing has that seal and no other",
	.object = "memfd",
	.setup = setup,
	.check = check,
};
