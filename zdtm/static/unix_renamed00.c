// SPDX-License-Identifier: GPL-2.0-only
/*
 * A socket whose file is no longer where it was bound to: moved to another directory, by a name of its
 * own; behind a directory that was renamed; with something else in its old place. The name it tells
 * stays, and clients find it where the file is.
 *
 * criu 4.2 refuses them.
 */
#include "socket.h"

enum { MOVED, DIR_MOVED, REPLACED, ROOTED };

static int bound, client;
static const char *name, *place;
static char absolute[108];

static void setup(void)
{
	SYS(mkdir("dir", 0755));
	SYS(mkdir("other", 0755));
	name = "dir/socket";
	place = variant->arg == DIR_MOVED ? "moved/socket" : "other/place";
	if (variant->arg == ROOTED) {
		char cwd[96];

		if (!getcwd(cwd, sizeof(cwd)))
			t_skip("no socket can be bound to a path as long as this directory's");
		snprintf(absolute, sizeof(absolute), "%s/dir/socket", cwd);
		name = absolute;
	}
	bound = t_unix(SOCK_DGRAM, name);
	client = t_unix_to(SOCK_DGRAM, name);
	if (variant->arg == DIR_MOVED)
		SYS(rename("dir", "moved"));
	else
		SYS(rename("dir/socket", place));
	if (variant->arg == REPLACED) {
		int fd = SYS(open("dir/socket", O_CREAT | O_WRONLY, 0600));

		t_write(fd, "file", 4);
		SYS(close(fd));
	}
}

static void check(void)
{
	struct stat st;

	EXPECT_NAME(bound, name);
	EXPECT_PEER(client, name);
	SYS(stat(place, &st));
	EXPECT(S_ISSOCK(st.st_mode));
	t_send(client, "connected");
	EXPECT_RECV(bound, "connected");
	t_send(t_unix_to(SOCK_DGRAM, place), "by its place");
	EXPECT_RECV(bound, "by its place");
	if (variant->arg == REPLACED) {
		SYS(stat("dir/socket", &st));
		EXPECT(S_ISREG(st.st_mode));
		EXPECT_EQ(st.st_size, 4);
	} else {
		EXPECT_ERRNO(access("dir/socket", F_OK), ENOENT);
	}
}

ZDTM_TEST = {
	.doc = "a socket whose file was moved since it was bound",
	.object = "unix",
	.variants = VARIANTS({ "moved", MOVED }, { "dir_moved", DIR_MOVED },
			     { "replaced", REPLACED }, { "absolute", ROOTED }),
	.setup = setup,
	.check = check,
};
