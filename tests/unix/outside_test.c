// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unix sockets whose other end is outside the tree: refused by name, or left there by --ext-unix-sk and
 * --external, and found again or handed over at restore.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/engine/lib/sockets.h"

static void dump_well(pid_t pid, const char *options)
{
	struct ran r;

	empty("img");
	r = refcr("dump -t %d -D img %s", pid, options);
	expect_fine(&r);
	MUST(waitpid(pid, NULL, 0));
}

/* refcr restore, with a descriptor of ours as its 9. */
static struct ran restore_with(int fd, const char *options)
{
	char command[512];
	struct ran r = {};
	int status;
	pid_t pid;

	snprintf(command, sizeof(command), "exec %s restore -d -D img %s >out 2>err 3>&-",
		 built("sbin/refcr"), options);
	fflush(NULL);
	pid = MUST(fork());
	if (pid == 0) {
		/* It may be there already, and would then be closed. */
		if (dup2(fd, 9) < 0 || fcntl(9, F_SETFD, 0) < 0)
			_exit(126);
		closefrom(10);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	MUST(waitpid(pid, &status, 0));
	r.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
	r.out = read_file("out", NULL);
	r.err = read_file("err", NULL);
	return r;
}

/* ---- datagrams ---- */

static int client_of(void *name)
{
	return connected(SOCK_DGRAM, name);
}

static void server_comes_back(const char *name)
{
	int server = bound(SOCK_DGRAM, "server");
	pid_t pid = task(client_of, (char *)name);
	struct ran r;

	dump_well(pid, "--ext-unix-sk");
	/* What it had sent stays there, it did not come back with the client. */
	r = refcr("restore -d -D img --ext-unix-sk");
	expect_fine(&r);
	expect_tick(pid, server);
	end(pid);
}

ROOT_TC(server, "--ext-unix-sk: a datagram client is connected to the server outside again")
{
	char name[128];

	arena();
	server_comes_back("server");
	ATF_REQUIRE(getcwd(name, sizeof(name) - 10));
	strcat(name, "/server");
	server_comes_back(name);
	expect_nobody();
}

ROOT_TC(server_short, "-x is the same")
{
	int server;
	struct ran r;
	pid_t pid;

	arena();
	server = bound(SOCK_DGRAM, "server");
	pid = task(client_of, "server");
	dump_well(pid, "-x");
	r = refcr("restore -d -D img -x");
	expect_fine(&r);
	expect_tick(pid, server);
	end(pid);
}

ROOT_TC(server_refused, "without the option a datagram client of a server outside is refused")
{
	int server;
	pid_t pid;

	arena();
	server = bound(SOCK_DGRAM, "server");
	pid = task(client_of, "server");
	expect_refused(pid, "", "connected to a socket outside the tree");
	expect_refused(pid, "--external 'unix[1]'", "connected to a socket outside the tree");
	expect_tick(pid, server);
	end(pid);
}

ROOT_TC(server_gone, "where the server outside is not there any more the restore says so")
{
	struct ran r;
	pid_t pid;

	arena();
	bound(SOCK_DGRAM, "server");
	pid = task(client_of, "server");
	dump_well(pid, "--ext-unix-sk");
	MUST(unlink("server"));
	r = refcr("restore -d -D img --ext-unix-sk");
	expect_failed(&r, "/server: No such file or directory");
	expect_nobody();
}

ROOT_TC(server_moved, "a server outside whose path does not lead to it is refused")
{
	int server;
	pid_t pid;

	arena();
	server = bound(SOCK_DGRAM, "server");
	pid = task(client_of, "server");
	MUST(rename("server", "moved"));
	expect_refused(pid, "--ext-unix-sk", "cannot be reached by its path, server");
	expect_tick(pid, server);
	end(pid);
}

/* ---- connections ---- */

struct pair {
	int outside, inside;
	unsigned int ino;
};

static struct pair new_pair(int type)
{
	struct pair p;
	struct stat st;
	int sk[2];

	MUST(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, sk));
	MUST(fstat(sk[1], &st));
	p = (struct pair){ sk[0], sk[1], st.st_ino };
	return p;
}

static int end_of(void *pair)
{
	return ((struct pair *)pair)->inside;
}

static void handed_over(int type, const char *format)
{
	struct pair p = new_pair(type), now;
	char options[64], byte;
	struct ran r;
	pid_t pid;

	pid = task(end_of, &p);
	close(p.inside);
	snprintf(options, sizeof(options), "--external 'unix[%u]'", p.ino);
	dump_well(pid, options);
	ATF_CHECK_EQ(recv(p.outside, &byte, 1, MSG_DONTWAIT), type == SOCK_DGRAM ? -1 : 0);

	now = new_pair(type);
	snprintf(options, sizeof(options), format, p.ino);
	r = restore_with(now.inside, options);
	ATF_CHECK_EQ(r.status, 0);
	ATF_CHECK_STREQ(r.err, "");
	close(now.inside);
	expect_tick(pid, now.outside);
	end(pid);
}

ROOT_TC(pair,
	"--external and --inherit-fd: another socket takes the place of one whose peer is outside")
{
	arena();
	handed_over(SOCK_STREAM, "--inherit-fd 'fd[9]:socket:[%u]'");
	handed_over(SOCK_SEQPACKET, "--inherit-fd 'fd[9]:socket[%u]'");
	handed_over(SOCK_DGRAM, "--inherit-fd 'fd[9]:socket:[%u]'");
	expect_nobody();
}

ROOT_TC(pair_refused, "a connection to outside is refused, and goes on")
{
	struct pair p;
	pid_t pid;

	arena();
	p = new_pair(SOCK_STREAM);
	pid = task(end_of, &p);
	expect_refused(pid, "", "connected to a socket outside the tree");
	/* That is for datagrams. */
	expect_refused(pid, "--ext-unix-sk", "connected to a socket outside the tree");
	expect_tick(pid, p.outside);
	end(pid);
}

ROOT_TC(pair_data, "what came from outside and waits would be lost: refused")
{
	char options[64];
	struct pair p;
	pid_t pid;

	arena();
	p = new_pair(SOCK_STREAM);
	pid = task(end_of, &p);
	MUST(send(p.outside, "waits", 5, 0));
	snprintf(options, sizeof(options), "--external 'unix[%u]'", p.ino);
	expect_refused(pid, options, "data waits that came from outside the tree");
	expect_tick(pid, p.outside);
	expect_recv(p.inside, "waits");
	end(pid);
}

ROOT_TC(pair_not_given, "a socket that was left outside is wanted back at restore")
{
	char options[64], says[64];
	struct pair p;
	struct ran r;
	pid_t pid;

	arena();
	p = new_pair(SOCK_STREAM);
	pid = task(end_of, &p);
	snprintf(options, sizeof(options), "--external 'unix[%u]'", p.ino);
	dump_well(pid, options);
	snprintf(says, sizeof(says), "--inherit-fd fd[N]:socket:[%u]", p.ino);
	r = refcr("restore -d -D img");
	expect_failed(&r, says);
	r = refcr("restore -d -D img --inherit-fd 'fd[77]:socket:[%u]'", p.ino);
	expect_failed(&r, "descriptor 77 is not open");
	expect_nobody();
}

/* ---- other ways to be connected to outside ---- */

/* Both ends are its own, but it did not make them. */
static int pair_of_parent(void *arg)
{
	const int *sk = arg;

	task_other = fcntl(sk[1], F_DUPFD, 20);
	return sk[0];
}

ROOT_TC(made_outside,
	"a pair that a task made which stays outside is refused: SO_PEERCRED would change")
{
	pid_t pid;
	int sk[2];

	arena();
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, sk));
	pid = task(pair_of_parent, sk);
	expect_refused(pid, "",
		       "which lives on outside the tree: SO_PEERCRED would tell of another");
	expect_tick(pid, sk[1]);
	end(pid);
}

static int listener(void *unused)
{
	int sk = bound(SOCK_STREAM, "listener");

	MUST(listen(sk, 4));
	return sk;
}

ROOT_TC(pending_from_outside, "a connection from outside that waits to be accepted is refused")
{
	int client;
	pid_t pid;

	arena();
	pid = task(listener, NULL);
	client = connected(SOCK_STREAM, "listener");
	expect_refused(pid, "", "a connection from outside the tree waits to be accepted");
	MUST(close(client));
	expect_refused(pid, "", "was closed: what was sent on it cannot be seen");
	end(pid);
}

ROOT_TC(place_taken, "a path that somebody else has taken since is left alone")
{
	struct ran r;
	pid_t pid;
	int other;

	arena();
	pid = task(listener, NULL);
	dump_well(pid, "");
	other = bound(SOCK_DGRAM, "listener");
	r = refcr("restore -d -D img");
	expect_failed(&r, "another socket is bound to");
	expect_nobody();
	close(other);
	MUST(unlink("listener"));
	MUST(mkdir("listener", 0755));
	r = refcr("restore -d -D img");
	expect_failed(&r, "there is something else at");
	MUST(rmdir("listener"));
	r = refcr("restore -d -D img");
	expect_fine(&r);
	close(connected(SOCK_STREAM, "listener"));
	end(pid);
}

static int bound_client(void *unused)
{
	struct sockaddr_un server = sock_path("server");
	int sk = bound(SOCK_DGRAM, "client");

	MUST(connect(sk, (struct sockaddr *)&server, sizeof(server)));
	return sk;
}

ROOT_TC(undone,
	"a restore that fails takes away the files it made, and leaves those that were there")
{
	struct stat was, now;
	struct ran r;
	pid_t pid;
	int server;

	arena();
	server = bound(SOCK_DGRAM, "server");
	pid = task(bound_client, NULL);
	dump_well(pid, "-x");
	MUST(rename("server", "moved"));
	for (int there = 1; there >= 0; there--) {
		if (!there)
			MUST(unlink("client"));
		r = refcr("restore -d -D img");
		expect_failed(&r, "No such file or directory");
		ATF_CHECK_EQ(exists("client"), there);
		expect_nobody();
	}
	MUST(rename("moved", "server"));
	r = refcr("restore -d -D img");
	expect_fine(&r);
	MUST(stat("client", &was));
	expect_tick(pid, server);
	end(pid);
	/* Over the file that it left behind. */
	r = refcr("restore -d -D img");
	expect_fine(&r);
	MUST(stat("client", &now));
	ATF_CHECK(now.st_ino != was.st_ino);
	expect_tick(pid, server);
	end(pid);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, server);
	ATF_TP_ADD_TC(tp, server_short);
	ATF_TP_ADD_TC(tp, server_refused);
	ATF_TP_ADD_TC(tp, server_gone);
	ATF_TP_ADD_TC(tp, server_moved);
	ATF_TP_ADD_TC(tp, pair);
	ATF_TP_ADD_TC(tp, pair_refused);
	ATF_TP_ADD_TC(tp, pair_data);
	ATF_TP_ADD_TC(tp, pair_not_given);
	ATF_TP_ADD_TC(tp, made_outside);
	ATF_TP_ADD_TC(tp, pending_from_outside);
	ATF_TP_ADD_TC(tp, place_taken);
	ATF_TP_ADD_TC(tp, undone);
	return atf_no_error();
}
