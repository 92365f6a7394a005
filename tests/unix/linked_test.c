// SPDX-License-Identifier: GPL-2.0-only
/* Names of a socket's file that a restore has made go with it when it fails. */
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/engine/lib/sockets.h"

static int make_linked(void *unused)
{
	int sk = bound(SOCK_STREAM, "socket");

	return link("socket", "a") < 0 || link("socket", "z") < 0 ? -1 : sk;
}

ROOT_TC(taken, "where another name is taken, no name is left")
{
	char path[100], says[120];
	struct ran r;
	pid_t pid;

	arena();
	empty("img");
	pid = task(make_linked, NULL);
	r = refcr("dump -t %d -D img", pid);
	expect_fine(&r);
	waitpid(pid, NULL, 0);
	unlink("socket");
	unlink("a");
	unlink("z");
	write_file("z", "file", 4);
	r = refcr("restore -d -D img");
	snprintf(says, sizeof(says), "there is something else at %s/z by now",
		 getcwd(path, sizeof(path)));
	expect_failed(&r, says);
	expect_nobody();
	ATF_CHECK(!exists("socket") && !exists("a") && exists("z"));

	unlink("z");
	r = refcr("restore -d -D img");
	expect_fine(&r);
	ATF_CHECK(exists("socket") && exists("a") && exists("z"));
	end(pid);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, taken);
	return atf_no_error();
}
