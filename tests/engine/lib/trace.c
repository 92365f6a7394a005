// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "lib.h"
#include "spawn.h"

#define SYSCALL_STOP (SIGTRAP | 0x80)

pid_t traced(const char *fmt, ...)
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC;
	va_list ap;
	int status;
	pid_t pid;

	va_start(ap, fmt);
	pid = spawn(true, refcr_command(), fmt, ap);
	va_end(ap);
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_REQUIRE_MSG(WIFSTOPPED(status), "status %#x", status);
	ATF_REQUIRE_EQ(ptrace(PTRACE_SETOPTIONS, pid, 0, options), 0);
	return pid;
}

bool traced_step(pid_t pid, long *nr, int *status)
{
	struct __ptrace_syscall_info info;
	int sig = 0;

	for (;;) {
		ATF_REQUIRE_EQ(ptrace(PTRACE_SYSCALL, pid, 0, sig), 0);
		while (waitpid(pid, status, __WALL) < 0)
			ATF_REQUIRE_EQ(errno, EINTR);
		if (!WIFSTOPPED(*status))
			return false;
		sig = WSTOPSIG(*status);
		if (sig == SYSCALL_STOP)
			break;
		if (*status >> 16)
			sig = 0; /* an event, not a signal */
	}
	ATF_REQUIRE(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0);
	*nr = info.op == PTRACE_SYSCALL_INFO_ENTRY ? (long)info.entry.nr : -1;
	return true;
}

bool traced_until(pid_t pid, long from, unsigned int n, unsigned int *stops, int *status)
{
	unsigned int count = 0;
	bool begun = false;
	long nr;

	while (traced_step(pid, &nr, status)) {
		begun |= nr == from;
		if (begun && count++ == n)
			return true;
	}
	if (stops)
		*stops = count;
	return false;
}

unsigned int count_stops(long from, const char *args)
{
	pid_t pid = traced("%s", args);
	unsigned int stops;
	int status;

	ATF_REQUIRE(!traced_until(pid, from, -1, &stops, &status));
	ATF_REQUIRE_EQ(traced_ended(pid, status).status, 0);
	return stops;
}

struct ran traced_ended(pid_t pid, int status)
{
	return ended(pid, status);
}

void traced_kill(pid_t pid)
{
	int status;

	ATF_REQUIRE_EQ(kill(pid, SIGKILL), 0);
	do
		ATF_REQUIRE_EQ(waitpid(pid, &status, __WALL), pid);
	while (WIFSTOPPED(status));
	ATF_REQUIRE_MSG(WIFSIGNALED(status), "status %#x", status);
	ended(pid, status);
}

void traced_let_go(pid_t pid)
{
	ATF_REQUIRE_EQ(ptrace(PTRACE_DETACH, pid, 0, 0), 0);
}

void at_moments(unsigned int stops, unsigned int rounds, void (*fn)(unsigned int n, void *arg),
		void *arg)
{
	const char *wish = getenv("REFCR_TEST_ROUNDS");

	if (wish)
		rounds = strcmp(wish, "all") == 0 ? stops : (unsigned int)atoi(wish);
	if (rounds > stops)
		rounds = stops;
	ATF_REQUIRE(rounds > 0);
	for (unsigned int i = 0; i < rounds; i++) {
		unsigned int n = ((uint64_t)stops * (2 * i + 1)) / (2 * rounds);

		printf("---- moment %u of %u\n", n, stops);
		fn(n, arg);
	}
}
