// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "numbers.h"

struct call {
	int (*fn)(void *arg);
	void *arg;
	int ret;
};

static int run(void *arg)
{
	struct call *c = arg;

	c->ret = c->fn(c->arg);
	return 0;
}

/*
 * We stand still meanwhile (CLONE_VFORK). Signal handlers must be in common, as that is where a
 * signalfd is watched, not in the process.
 */
int numbers_in_copy(int (*fn)(void *arg), void *arg)
{
	static char stack[64 << 10] __attribute__((aligned(16)));
	struct call c = { fn, arg, 0 };
	pid_t pid;
	int status;

	pid = clone(run, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | CLONE_SIGHAND | SIGCHLD,
		    &c);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return log_err(-errno, "a process with a table of its own");
	if (status)
		return log_err(-ECHILD, "a process with a table of its own ended with %#x", status);
	return c.ret;
}

int numbers_put(int fd, int number, int *there)
{
	*there = fcntl(number, F_DUPFD_CLOEXEC, 0);
	if (*there < 0 && errno != EBADF)
		return -errno;
	if (dup3(fd, number, O_CLOEXEC) < 0)
		return -errno;
	if (number == log_fd())
		log_set_fd(*there);
	return 0;
}

int numbers_put_back(int number, int there)
{
	int r = there < 0 ? close(number) : dup3(there, number, O_CLOEXEC);

	r = r < 0 ? -errno : 0;
	if (there >= 0 && there == log_fd())
		log_set_fd(number);
	if (there >= 0)
		close(there);
	return r;
}
