// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of what was sent in one piece a part has been read. The rest waits, and what comes behind it: another
 * piece, a descriptor, the end, an error.
 *
 * criu 4.2 loses the descriptor; the error already by looking, so that the target has not got it any more.
 */
#include "socket.h"

enum { ALONE, MORE, WITH_FILE, END, ERROR };

static int sk, other, null;

static void setup(void)
{
	int pair[2];

	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	sk = pair[0];
	other = pair[1];
	null = SYS(open("/dev/null", O_RDONLY));
	t_send(other, "read, left");
	EXPECT_RECV(sk, "read, ");
	if (variant->arg == MORE)
		t_send(other, " and more");
	if (variant->arg == WITH_FILE)
		t_send_fds(other, "file", &null, 1);
	if (variant->arg == END)
		SYS(shutdown(other, SHUT_WR));
	if (variant->arg == ERROR) {
		t_send(sk, "never read");
		SYS(close(other));
	}
}

static void check(void)
{
	int fd;

	EXPECT_RECV(sk, variant->arg == MORE ? "left and more" : "left");
	if (variant->arg == WITH_FILE) {
		EXPECT_RECV_FDS(sk, "file", &fd, 1);
		EXPECT(t_same_file(fd, null));
	}
	if (variant->arg == ERROR)
		EXPECT_ERRNO(recv(sk, &(char){ 0 }, 1, MSG_DONTWAIT), ECONNRESET);
	if (variant->arg == END || variant->arg == ERROR)
		EXPECT_EOF(sk);
	else
		EXPECT_EMPTY(sk);
}

ZDTM_TEST = {
	.doc = "the rest of what was read in part, and what comes behind it",
	.object = "unix",
	/* Where the kernel does not tell where the rest ends, looking for it would take the error. */
	.variants = VARIANTS({ "alone", ALONE }, { "more", MORE }, { "with_file", WITH_FILE },
			     { "end", END }, { "error", ERROR, .needs = LIST("unix.length_left") }),
	.setup = setup,
	.check = check,
};
