// SPDX-License-Identifier: GPL-2.0-only
/* The files of sockets have owners and modes, set while they were listening or by umask(2). */
#include "socket.h"

static int listener, bound;

static void setup(void)
{
	umask(0137);
	listener = t_unix_listener(SOCK_STREAM, "listener", 3);
	SYS(chown("listener", 123, 456));
	SYS(chmod("listener", 02711));
	umask(027);
	bound = t_unix(SOCK_DGRAM, "@not_a_file");
	bound = t_unix(SOCK_DGRAM, "bound");
	umask(077);
}

static void check(void)
{
	struct stat st;

	SYS(stat("listener", &st));
	EXPECT_EQ(st.st_mode, S_IFSOCK | 02711);
	EXPECT_EQ(st.st_uid, 123);
	EXPECT_EQ(st.st_gid, 456);
	EXPECT_EQ(st.st_nlink, 1);
	SYS(stat("bound", &st));
	EXPECT_EQ(st.st_mode, S_IFSOCK | 0750);
	EXPECT_EQ(st.st_uid, 0);
	t_unix_to(SOCK_STREAM, "listener");
	t_send(t_unix_to(SOCK_DGRAM, "bound"), "hello");
	EXPECT_RECV(bound, "hello");
	EXPECT_EQ(umask(0), 077);
}

ZDTM_TEST = {
	.doc = "owner and mode of the files that sockets are bound to",
	.object = "unix",
	/* to give files away */
	.caps = CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_FSETID) | CAP_BIT(CAP_FOWNER) |
		CAP_BIT(CAP_DAC_OVERRIDE),
	.setup = setup,
	.check = check,
};
