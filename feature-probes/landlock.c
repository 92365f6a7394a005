// SPDX-License-Identifier: GPL-2.0-only
/* Landlock: what a task has taken from itself, which nobody can read back. */
#include <linux/landlock.h>
#include <pthread.h>
#include <sys/prctl.h>

#include "probe.h"
#include "uapi/syscalls.h"

#define VERSION 1

#define DECLARED                                                                                   \
	.since = "5.13", .kconfig = "CONFIG_SECURITY_LANDLOCK",                                    \
	.source = "Documentation/userspace-api/landlock.rst"

/* A ruleset that takes the right to read files away; but below one directory, if there is one. */
static int ruleset(const char *but)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE };
	/* Without the fields that came later. */
	int fd = syscall(SYS_landlock_create_ruleset, &attr, 8, 0);

	if (fd < 0 && errno == EOPNOTSUPP)
		FORBIDDEN("landlock is not among the security modules that were booted with");
	OFFERED(fd, "landlock");
	if (but) {
		struct landlock_path_beneath_attr rule = {
			.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
			.parent_fd = NEED(open(but, O_PATH)),
		};

		NEED(syscall(SYS_landlock_create_ruleset + 1, fd, LANDLOCK_RULE_PATH_BENEATH, &rule,
			     0));
		close(rule.parent_fd);
	}
	return fd;
}

static int restrict_self(int fd)
{
	return syscall(SYS_landlock_create_ruleset + 2, fd, 0);
}

PROBE(version, .what = "landlock tells the version of its interface", DECLARED)
{
	int version;

	ruleset(NULL);
	version = NEED(syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION));
	PROMISE_GE(version, 1);
	/* As of 7.3. */
	if (version > 11)
		NEW("landlock version %d", version);
}

PROBE(restricts,
      .what = "a restriction holds for the task and its children, and is never taken back",
      DECLARED)
{
	pid_t child;

	workdir();
	NEED(mkdir("in", 0755));
	close(NEED(open("in/file", O_RDWR | O_CREAT, 0644)));
	close(NEED(open("out", O_RDWR | O_CREAT, 0644)));
	NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	NEED(restrict_self(ruleset("in")));
	close(NEED(open("in/file", O_RDONLY)));
	PROMISE_FAILS(open("out", O_RDONLY), EACCES);
	/* A further one takes more; none gives back. */
	NEED(restrict_self(ruleset(".")));
	PROMISE_FAILS(open("out", O_RDONLY), EACCES);
	child = spawn();
	if (child == 0) {
		PROMISE_FAILS(open("out", O_RDONLY), EACCES);
		_exit(0);
	}
	reap_good(child);
}

static void *reads(void *path)
{
	int fd = open(path, O_RDONLY);

	await(1);
	close(fd);
	fd = open(path, O_RDONLY);
	return (void *)(long)(fd < 0 ? errno : 0);
}

PROBE(per_thread, .what = "a restriction is that of one thread", DECLARED)
{
	pthread_t thread;
	void *result;

	close(workfile("file"));
	NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	NEED(-pthread_create(&thread, NULL, reads, "file"));
	NEED(restrict_self(ruleset(NULL)));
	reach(1);
	NEED(-pthread_join(thread, &result));
	PROMISE_EQ(result, 0);
	PROMISE_FAILS(open("file", O_RDONLY), EACCES);
}

PROBE(layers, .what = "restrictions lie one over the other, 16 of them: E2BIG", DECLARED)
{
	int fd = ruleset(NULL);

	NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	for (int i = 0; i < 16; i++)
		NEED(restrict_self(fd));
	PROMISE_FAILS(restrict_self(fd), E2BIG);
}

PROBE(refused,
      .what = "who may gain privileges by exec restricts himself only with CAP_SYS_ADMIN: EPERM",
      DECLARED)
{
	pid_t pid = spawn();

	if (pid == 0) {
		int fd = ruleset(NULL);

		lose_privileges();
		PROMISE_FAILS(restrict_self(fd), EPERM);
		_exit(0);
	}
	reap_good(pid);
}

GAP(rules, .what = "nobody reads the rules of a ruleset back",
    .kconfig = "CONFIG_SECURITY_LANDLOCK", .source = "Documentation/userspace-api/landlock.rst")
{
	char byte[64];
	int with = ruleset("/"), without = ruleset(NULL);

	PROMISE_STR(link_text("/proc/self/fd/%d", with), "anon_inode:[landlock-ruleset]");
	tried_files(with, without);
	TRIED_TO("read", read(with, byte, sizeof(byte)));
}

GAP(domain, .what = "nobody tells which restrictions a task has laid on itself",
    .kconfig = "CONFIG_SECURITY_LANDLOCK", .source = "Documentation/userspace-api/landlock.rst")
{
	int fd = ruleset(NULL);
	pid_t with, without;

	NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	with = spawn();
	if (with == 0) {
		NEED(restrict_self(fd));
		reach(1);
		linger();
	}
	await(1);
	without = spawn_idle();
	tried_tasks(with, without);
}
