// SPDX-License-Identifier: GPL-2.0-only
#include "sockets.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

long must(long r, const char *text)
{
	ATF_REQUIRE_MSG(r >= 0, "%s: %m", text);
	return r;
}

struct sockaddr_un sock_path(const char *name)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	strcpy(un.sun_path, name);
	return un;
}

int bound(int type, const char *name)
{
	struct sockaddr_un un = sock_path(name);
	int sk = MUST(socket(AF_UNIX, type | SOCK_CLOEXEC, 0));

	unlink(name);
	MUST(bind(sk, (struct sockaddr *)&un, sizeof(un)));
	return sk;
}

int connected(int type, const char *name)
{
	struct sockaddr_un un = sock_path(name);
	int sk = MUST(socket(AF_UNIX, type | SOCK_CLOEXEC, 0));

	MUST(connect(sk, (struct sockaddr *)&un, sizeof(un)));
	return sk;
}

void expect_recv(int sk, const char *text)
{
	const struct timeval patience = { 5, 0 };
	char got[64] = "";

	MUST(setsockopt(sk, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)));
	MUST(recv(sk, got, sizeof(got) - 1, 0));
	ATF_CHECK_STREQ(got, text);
}

int task_other = -1;
static int task_sk;

static void say_something(int sig)
{
	(void)!send(task_sk, "tick", 4, MSG_DONTWAIT | MSG_NOSIGNAL);
}

pid_t task(int (*make)(void *arg), void *arg)
{
	pid_t pid = MUST(fork());
	int status;

	if (pid > 0) {
		MUST(waitpid(pid, &status, WUNTRACED));
		ATF_REQUIRE_MSG(WIFSTOPPED(status), "the task ended: %#x", status);
		MUST(kill(pid, SIGCONT));
		await_state(pid, 'S');
		return pid;
	}
	setsid();
	task_sk = make(arg);
	/* At numbers nobody else has: 3 for it, 4 for the other one, if there is one. */
	task_sk = dup2(fcntl(task_sk, F_DUPFD, 10), 3);
	if (task_other >= 0)
		dup2(task_other, 4);
	closefrom(task_other >= 0 ? 5 : 4);
	for (int fd = 0; fd < 3; fd++)
		dup2(open("/dev/null", O_RDWR), fd);
	closefrom(task_other >= 0 ? 5 : 4);
	signal(SIGUSR1, say_something);
	raise(SIGSTOP);
	for (;;)
		pause();
}

void expect_tick(pid_t pid, int sk)
{
	MUST(kill(pid, SIGUSR1));
	expect_recv(sk, "tick");
}

void end(pid_t pid)
{
	MUST(kill(pid, SIGKILL));
	if (waitpid(pid, NULL, 0) < 0)
		expect_nobody();
}

void expect_refused(pid_t pid, const char *options, const char *says)
{
	struct ran r;

	empty("img");
	r = refcr("dump -t %d -D img %s", pid, options);
	expect_failed(&r, says);
	expect_empty("img");
}
