// SPDX-License-Identifier: GPL-2.0-only
/*
 * A memfd in flight between the ends of a socket pair, sealed, at an offset: open nowhere else, or by
 * the sender, who has the same open file and so the same offset.
 */
#include "socket.h"

enum { ONLY, KEPT };

static struct {
	int sk[2], fd;
	struct blob data;
	char *path;
} was;

static void setup(void)
{
	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, was.sk));
	was.fd = SYS(memfd_create("in flight", MFD_ALLOW_SEALING));
	was.data = t_fill(was.fd, 3 * T_PAGE);
	was.path = t_fd_path(was.fd);
	SYS(lseek(was.fd, 1000, SEEK_SET));
	SYS(fcntl(was.fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
	t_send_fds(was.sk[0], "take", &was.fd, 1);
	if (variant->arg == ONLY)
		SYS(close(was.fd));
}

static void check(void)
{
	int fd = -1;

	EXPECT_RECV_FDS(was.sk[1], "take", &fd, 1);
	EXPECT_STR(t_fd_path(fd), was.path);
	EXPECT_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW);
	EXPECT_DATA(fd, &was.data);
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 1000);
	t_write(fd, "x", 1);
	if (variant->arg == KEPT)
		EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), 1001);
}

ZDTM_TEST = {
	.doc = "a memfd in flight arrives with bytes, offset and seals",
	.object = "memfd",
	.variants = VARIANTS({ "only", ONLY }, { "kept", KEPT }),
	.setup = setup,
	.check = check,
};
