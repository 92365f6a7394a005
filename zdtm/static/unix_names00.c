// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of every kind: given by the kernel (autobind), as long as can be, with a path that fills all of
 * sun_path and has no NUL behind it, in a directory reached by "..", one abstract name for sockets of
 * each type.
 *
 * criu 4.2 refuses paths with dots.
 */
#include "socket.h"

static int autobound, longest, dotted, same[3];
static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
static char autoname[16], longpath[109], longname[109];

static void setup(void)
{
	struct t_un un = { .addr.sun_family = AF_UNIX, .len = sizeof(sa_family_t) };

	autobound = t_unix(SOCK_DGRAM, NULL);
	SYS(bind(autobound, (struct sockaddr *)&un.addr, un.len));
	un.len = sizeof(un.addr);
	SYS(getsockname(autobound, (struct sockaddr *)&un.addr, &un.len));
	snprintf(autoname, sizeof(autoname), "@%.5s", un.addr.sun_path + 1);

	memset(longpath, 'p', 108);
	longest = t_unix(SOCK_STREAM, longpath);
	memset(longname, 'n', 108);
	longname[0] = '@';
	t_unix(SOCK_DGRAM, longname);
	SYS(mkdir("a", 0755));
	SYS(mkdir("b", 0755));
	dotted = t_unix(SOCK_DGRAM, "a/../b//./x");
	for (int i = 0; i < 3; i++)
		same[i] = t_unix(types[i], "@same");
}

static void check(void)
{
	int sk;

	EXPECT_EQ(strlen(autoname), 6);
	EXPECT_NAME(autobound, autoname);
	t_send(t_unix_to(SOCK_DGRAM, autoname), "by number");
	EXPECT_RECV(autobound, "by number");

	EXPECT_NAME(longest, longpath);
	SYS(listen(longest, 1));
	sk = t_unix_to(SOCK_STREAM, longpath);
	EXPECT_PEER(sk, longpath);
	sk = t_unix_to(SOCK_DGRAM, longname);
	EXPECT_PEER(sk, longname);

	EXPECT_NAME(dotted, "a/../b//./x");
	t_send(t_unix_to(SOCK_DGRAM, "b/x"), "dotted");
	EXPECT_RECV(dotted, "dotted");
	for (int i = 0; i < 3; i++) {
		struct t_un un = t_un("@same");

		EXPECT_NAME(same[i], "@same");
		sk = t_unix(types[i], NULL);
		EXPECT_ERRNO(bind(sk, (struct sockaddr *)&un.addr, un.len), EADDRINUSE);
	}
}

ZDTM_TEST = {
	.doc = "names that the kernel gave, that are as long as can be, that are relative",
	.known_as = "static/unix_abstract_ns00",
	.object = "unix",
	.setup = setup,
	.check = check,
};
