// SPDX-License-Identifier: GPL-2.0-only
/* Resource limits: /proc/PID/limits and prlimit(2). */
#include <sys/resource.h>

#include "probe.h"

static const struct {
	int resource;
	const char *words;
} names[] = {
	{ RLIMIT_CPU, "Max cpu time" },
	{ RLIMIT_FSIZE, "Max file size" },
	{ RLIMIT_DATA, "Max data size" },
	{ RLIMIT_STACK, "Max stack size" },
	{ RLIMIT_CORE, "Max core file size" },
	{ RLIMIT_RSS, "Max resident set" },
	{ RLIMIT_NPROC, "Max processes" },
	{ RLIMIT_NOFILE, "Max open files" },
	{ RLIMIT_MEMLOCK, "Max locked memory" },
	{ RLIMIT_AS, "Max address space" },
	{ RLIMIT_LOCKS, "Max file locks" },
	{ RLIMIT_SIGPENDING, "Max pending signals" },
	{ RLIMIT_MSGQUEUE, "Max msgqueue size" },
	{ RLIMIT_NICE, "Max nice priority" },
	{ RLIMIT_RTPRIO, "Max realtime priority" },
	{ RLIMIT_RTTIME, "Max realtime timeout" },
};

#define LIMITS .since = "2.6.24", .kconfig = "CONFIG_PROC_FS", .source = "proc_pid_limits(5)"

static rlim_t parse(const char *word)
{
	return str_after(word, "unlimited") ? RLIM_INFINITY : strtoull(word, NULL, 10);
}

PROBE(file, .what = "/proc/PID/limits tells soft and hard limit of each resource, to everybody",
      LIMITS)
{
	pid_t pid = spawn();
	const struct rlimit files = { 77, 88 }, core = { 12345, 54321 };
	struct rlimit limit;

	if (pid == 0) {
		NEED(setrlimit(RLIMIT_NOFILE, &files));
		if (setrlimit(RLIMIT_CORE, &core) < 0)
			NOTE("RLIMIT_CORE stays 0");
		reach(1);
		linger();
	}
	await(1);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *text = NEED(slurp("/proc/%d/limits", pid)),
		     *line = strstr(text, names[i].words);
		char soft[32], hard[32];

		PROMISE(line);
		PROMISE_EQ(sscanf(line + strlen(names[i].words), " %31s %31s", soft, hard), 2);
		NEED(prlimit(pid, names[i].resource, NULL, &limit));
		PROMISE_EQ(parse(soft), limit.rlim_cur);
		PROMISE_EQ(parse(hard), limit.rlim_max);
	}
}

PROBE(known, .what = "every resource in /proc/PID/limits is one we have a word for", LIMITS)
{
	int lines = 0;

	for_each_line(line, NEED(slurp("/proc/self/limits"))) {
		bool known = lines++ == 0;

		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			known |= str_after(line, names[i].words) != NULL;
		if (!known)
			NEW("a limit '%.25s'", line);
	}
}

#define PRLIMIT .since = "2.6.36", .commit = "c022a0acad53", .source = "prlimit(2)"

PROBE(remote, .what = "prlimit reads and lowers the limits of another task of the same user",
      PRLIMIT)
{
	const struct rlimit lower = { 33, 44 };
	struct rlimit old;
	pid_t pid = spawn();

	if (pid == 0) {
		await(1);
		NEED(getrlimit(RLIMIT_NOFILE, &old));
		PROMISE_EQ(old.rlim_cur, 33);
		PROMISE_EQ(old.rlim_max, 44);
		_exit(0);
	}
	NEED(prlimit(pid, RLIMIT_NOFILE, &lower, &old));
	PROMISE_GT(old.rlim_cur, 44);
	reach(1);
	reap_good(pid);
	NEED(getrlimit(RLIMIT_NOFILE, &old));
	PROMISE_GT(old.rlim_cur, 44);
}

PROBE(raise, .what = "a hard limit is raised by who has CAP_SYS_RESOURCE", PRLIMIT,
      .capability = "CAP_SYS_RESOURCE in the initial user namespace")
{
	const struct rlimit low = { 10, 10 }, high = { 20, 20 };
	struct rlimit now;

	NEED(setrlimit(RLIMIT_SIGPENDING, &low));
	NEED(setrlimit(RLIMIT_SIGPENDING, &high));
	NEED(getrlimit(RLIMIT_SIGPENDING, &now));
	PROMISE_EQ(now.rlim_max, 20);
}

PROBE(raise_refused, .what = "without it a hard limit only goes down: EPERM", PRLIMIT)
{
	const struct rlimit low = { 10, 10 }, high = { 10, 20 }, wrong = { 20, 10 };
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		NEED(setrlimit(RLIMIT_SIGPENDING, &low));
		PROMISE_FAILS(setrlimit(RLIMIT_SIGPENDING, &high), EPERM);
		PROMISE_FAILS(setrlimit(RLIMIT_SIGPENDING, &wrong), EINVAL);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(refused,
      .what = "prlimit of another user's task wants CAP_SYS_RESOURCE, limits are told to all",
      PRLIMIT)
{
	pid_t pid = spawn_idle(), asker;
	uid_t uid = getuid();

	asker = spawn();
	if (asker == 0) {
		struct rlimit now;

		lose_privileges();
		NEED(slurp("/proc/%d/limits", pid));
		/* As nobody we are that user ourselves. */
		if (getuid() != uid)
			PROMISE_FAILS(prlimit(pid, RLIMIT_NOFILE, NULL, &now), EPERM);
		_exit(0);
	}
	reap_good(asker);
}

PROBE(nr_open,
      .what = "fs.nr_open bounds RLIMIT_NOFILE, and that the numbers of files: EPERM, EBADF",
      .since = "2.6.25", .commit = "9cfe015aa424", .kconfig = "CONFIG_SYSCTL",
      .source = "proc_sys_fs(5)")
{
	long most = atol(NEED(slurp("/proc/sys/fs/nr_open")));
	struct rlimit now, over = { 100, most + 1 };

	/* With CAP_SYS_RESOURCE as well as without. */
	PROMISE_FAILS(setrlimit(RLIMIT_NOFILE, &over), EPERM);
	NEED(getrlimit(RLIMIT_NOFILE, &now));
	now.rlim_cur = 100;
	NEED(setrlimit(RLIMIT_NOFILE, &now));
	NEED(dup2(0, 99));
	PROMISE_FAILS(dup2(0, 100), EBADF);
	PROMISE_FAILS(fcntl(0, F_DUPFD, 100), EINVAL);
	/* What is open above a limit that was lowered stays open. */
	now.rlim_cur = 50;
	NEED(setrlimit(RLIMIT_NOFILE, &now));
	NEED(fcntl(99, F_GETFD));
	PROMISE_FAILS(dup2(0, 99), EBADF);
}
