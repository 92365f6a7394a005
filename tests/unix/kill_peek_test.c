// SPDX-License-Identifier: GPL-2.0-only
/*
 * To look at a queue without taking anything from it a dump changes options of the socket. Killed in
 * that moment, it leaves them as they were, and what waits where it was.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/engine/lib/lib.h"

/* The first options that are set are those of a socket of the target. */
#define FROM SYS_setsockopt

static const struct {
	int option, value;
} options[] = { { SO_PEEK_OFF, -1 }, { SO_PASSCRED, 0 }, { SO_OOBINLINE, 0 } };
#define OPTIONS (sizeof(options) / sizeof(options[0]))

/* A stream with an out-of-band byte, datagrams: each with several messages. */
static void make_queues(int sk[4])
{
	socketpair(AF_UNIX, SOCK_STREAM, 0, sk);
	socketpair(AF_UNIX, SOCK_DGRAM, 0, sk + 2);
	for (int i = 0; i < 4; i += 2) {
		send(sk[i], "first", 5, 0);
		send(sk[i], "second", 6, i ? 0 : MSG_OOB);
		send(sk[i], "third", 5, 0);
	}
}

static pid_t start_target(void)
{
	pid_t pid = fork();
	int status, sk[4];

	ATF_REQUIRE(pid >= 0);
	if (pid > 0) {
		ATF_REQUIRE_EQ(waitpid(pid, &status, WUNTRACED), pid);
		ATF_REQUIRE(WIFSTOPPED(status));
		ATF_REQUIRE_EQ(kill(pid, SIGCONT), 0);
		await_state(pid, 'S');
		return pid;
	}
	setsid();
	closefrom(0);
	for (int fd = 0; fd < 3; fd++)
		open("/dev/null", O_RDWR);
	make_queues(sk);
	raise(SIGSTOP);
	for (;;)
		pause();
}

struct moment {
	char args[64];
	pid_t pid;
	int sk[2]; /* the two that receive */
};

static bool as_before(const struct moment *m)
{
	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < OPTIONS; k++) {
			socklen_t len = sizeof(int);
			int now = 0;

			if (getsockopt(m->sk[i], SOL_SOCKET, options[k].option, &now, &len) < 0 ||
			    now != options[k].value)
				return false;
		}
	return true;
}

static void expect_as_before(const struct moment *m)
{
	/* Whoever puts them back may only just have heard of it. */
	for (int i = 0; i < 5000 && !as_before(m); i++)
		usleep(1000);
	ATF_CHECK_MSG(as_before(m), "options have changed");
	await_state(m->pid, 'S');
}

static void kill_dump(unsigned int n, void *arg)
{
	const struct moment *m = arg;
	pid_t pid = traced("%s", m->args);
	int status;

	if (traced_until(pid, FROM, n, NULL, &status))
		traced_kill(pid);
	expect_as_before(m);
	/* The one that puts them back goes, too. */
	expect_nobody_but((const pid_t[]){ m->pid, 0 });
}

static void expect_recv(int sk, const char *text)
{
	char got[32] = "";

	ATF_CHECK(recv(sk, got, strlen(text), MSG_DONTWAIT) >= 0);
	ATF_CHECK_STREQ(got, text);
}

ROOT_TC(kill_peek, "a dump that is killed while it looks at queues leaves sockets as they were")
{
	struct moment m;
	int pidfd;

	arena();
	one_cpu();
	m.pid = start_target();
	pidfd = pidfd_open(m.pid, 0);
	m.sk[0] = pidfd_getfd(pidfd, 4, 0);
	m.sk[1] = pidfd_getfd(pidfd, 6, 0);
	ATF_REQUIRE(m.sk[0] >= 0 && m.sk[1] >= 0);
	empty("img");
	snprintf(m.args, sizeof(m.args), "dump -R -t %d -D img", m.pid);
	at_moments(count_stops(FROM, m.args), 60, kill_dump, &m);

	expect_recv(m.sk[0], "first");
	expect_recv(m.sk[0], "secon");
	expect_recv(m.sk[0], "third");
	expect_recv(m.sk[1], "first");
	expect_recv(m.sk[1], "second");
	expect_recv(m.sk[1], "third");
	kill(m.pid, SIGKILL);
	waitpid(m.pid, NULL, 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, kill_peek);
	return atf_no_error();
}
