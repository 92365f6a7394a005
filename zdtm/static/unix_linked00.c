// SPDX-License-Identifier: GPL-2.0-only
/*
 * A socket whose file has several names, or another than it was bound by: as servers do that make it
 * ready under a temporary name and publish it by link(2). Clients come by any of them.
 *
 * criu 4.2 restores the name it was bound by, and no other.
 */
#include "socket.h"

enum { BESIDE, ABSOLUTE, PUBLISHED, ELSEWHERE };

static int listener, client, server;
static const char *name, *place[3];
static char absolute[108];

static void setup(void)
{
	name = "socket";
	place[0] = "socket";
	place[1] = "another";
	place[2] = "more";
	if (variant->arg == ABSOLUTE) {
		char cwd[96];

		if (!getcwd(cwd, sizeof(cwd)))
			t_skip("no socket can be bound to a path as long as this directory's");
		snprintf(absolute, sizeof(absolute), "%s/socket", cwd);
		name = absolute;
	}
	if (variant->arg == ELSEWHERE) {
		SYS(mkdir("dir", 0700));
		place[2] = "dir/more";
	}
	listener = t_unix_listener(SOCK_STREAM, name, 3);
	SYS(link("socket", place[1]));
	SYS(link("socket", place[2]));
	client = t_unix_to(SOCK_STREAM, place[1]);
	server = SYS(accept(listener, NULL, NULL));
	if (variant->arg == PUBLISHED) {
		SYS(unlink(place[0]));
		place[0] = NULL;
	}
}

static void check(void)
{
	struct stat first, st;

	EXPECT_NAME(listener, name);
	EXPECT_NAME(server, name);
	EXPECT_PEER(client, name);
	t_send(client, "connected");
	EXPECT_RECV(server, "connected");
	SYS(stat(place[1], &first));
	EXPECT(S_ISSOCK(first.st_mode));
	EXPECT_EQ(first.st_nlink, place[0] ? 3 : 2);
	for (int i = 0; i < 3; i++) {
		if (!place[i]) {
			EXPECT_ERRNO(access("socket", F_OK), ENOENT);
			continue;
		}
		SYS(stat(place[i], &st));
		EXPECT_EQ(st.st_ino, first.st_ino);
		t_send(t_unix_to(SOCK_STREAM, place[i]), place[i]);
		EXPECT_RECV(SYS(accept(listener, NULL, NULL)), place[i]);
	}
}

ZDTM_TEST = {
	.doc = "a socket whose file has several names",
	.object = "unix",
	.variants =
		VARIANTS({ "beside", BESIDE }, { "absolute", ABSOLUTE }, { "published", PUBLISHED },
			 { "elsewhere", ELSEWHERE, .demand = KEEP_OR_REFUSE }),
	.setup = setup,
	.check = check,
};
