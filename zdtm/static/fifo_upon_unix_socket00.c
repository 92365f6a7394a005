// SPDX-License-Identifier: GPL-2.0-only
/*
 * A datagram socket and one that is connected to it. Its file is gone, and at the path there is a
 * fifo by now, which is open as well: the one must not be taken for the other.
 */
#include "socket.h"

static int bound, connected, fifo;

static void setup(void)
{
	char path[108], dir[100];

	if (!getcwd(dir, sizeof(dir)))
		t_skip("no socket can be bound to a path as long as this directory's");
	snprintf(path, sizeof(path), "%s/place", dir);
	bound = t_unix(SOCK_DGRAM, path);
	connected = t_unix_to(SOCK_DGRAM, path);
	SYS(unlink(path));
	SYS(mkfifo(path, 0640));
	fifo = SYS(open(path, O_RDWR));
	t_send(connected, "before");
	EXPECT_RECV(bound, "before");
}

static void check(void)
{
	struct stat st;
	char byte = 0;

	SYS(stat("place", &st));
	EXPECT(S_ISFIFO(st.st_mode));
	EXPECT_EQ(st.st_mode & 07777, 0640);
	t_send(connected, "to the socket");
	EXPECT_RECV(bound, "to the socket");
	t_write(fifo, "f", 1);
	t_read(fifo, &byte, 1);
	EXPECT_EQ(byte, 'f');
	EXPECT_EMPTY(bound);
}

ZDTM_TEST = {
	.doc = "a socket whose path a fifo has taken, and the fifo",
	.object = "unix",
	.setup = setup,
	.check = check,
};
