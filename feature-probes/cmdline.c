// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/cmdline and environ: memory of the task, wherever it has put it. */
#include <sys/prctl.h>

#include "probe.h"

#define DECLARED                                                                                   \
	.since = "2.6.0", .kconfig = "CONFIG_PROC_FS",                                             \
	.source = "proc_pid_cmdline(5), proc_pid_environ(5)"

/* The bytes of a /proc file, NULs and all. */
static ssize_t bytes_of(pid_t pid, const char *name, char *to, size_t room)
{
	_cleanup_close_ int fd = -1;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -1 : read(fd, to, room);
}

PROBE(bytes, .what = "cmdline and environ are the memory between the addresses that stat tells",
      DECLARED)
{
	static char shown[65536];
	const char *start = (const char *)strtoul(NEED(stat_field(0, 48)), NULL, 10),
		   *end = (const char *)strtoul(NEED(stat_field(0, 49)), NULL, 10);
	ssize_t n = NEED(bytes_of(getpid(), "cmdline", shown, sizeof(shown)));

	PROMISE_EQ(n, end - start);
	PROMISE_MEM(shown, start, n);
	start = (const char *)strtoul(NEED(stat_field(0, 50)), NULL, 10);
	end = (const char *)strtoul(NEED(stat_field(0, 51)), NULL, 10);
	n = NEED(bytes_of(getpid(), "environ", shown, sizeof(shown)));
	PROMISE_EQ(n, MIN(end - start, (ssize_t)sizeof(shown)));
	PROMISE_MEM(shown, start, n);
}

PROBE(rewritten, .what = "what a task writes over its arguments is what others read", DECLARED)
{
	pid_t pid = spawn();
	char shown[8];

	if (pid == 0) {
		char *start = (char *)strtoul(NEED(stat_field(0, 48)), NULL, 10);

		/* The NUL at the end stays: without it the line is taken to go on in the environment. */
		start[0] = 'X';
		start[1] = 'Y';
		reach(1);
		linger();
	}
	await(1);
	PROMISE_GE(NEED(bytes_of(pid, "cmdline", shown, sizeof(shown))), 2);
	PROMISE_MEM(shown, "XY", 2);
	PROMISE_GE(NEED(bytes_of(getpid(), "cmdline", shown, sizeof(shown))), 2);
	PROMISE(memcmp(shown, "XY", 2) != 0);
}

PROBE(refused, .what = "cmdline is for everybody, environ for who may trace the task: EACCES",
      DECLARED)
{
	pid_t secretive = spawn(), asker;

	if (secretive == 0) {
		NEED(prctl(PR_SET_DUMPABLE, 0));
		reach(1);
		linger();
	}
	await(1);
	asker = spawn();
	if (asker == 0) {
		char byte;

		lose_privileges();
		NEED(bytes_of(secretive, "cmdline", &byte, 1));
		PROMISE_FAILS(bytes_of(secretive, "environ", &byte, 1), EACCES);
		_exit(0);
	}
	reap_good(asker);
}

PROBE(zombie, .what = "a zombie has an empty cmdline", DECLARED)
{
	pid_t pid = spawn_idle();
	char byte;

	kill(pid, SIGKILL);
	until_state(pid, 'Z');
	PROMISE_EQ(NEED(bytes_of(pid, "cmdline", &byte, 1)), 0);
}
