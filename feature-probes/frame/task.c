// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <time.h>

#include "ask.h"

/* Longer than anything takes on a busy machine, shorter than a probe's own deadline. */
#define WAIT_MS (6000 * patience())

static void tie_to(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* 0 is a parent outside our pid namespace. */
	if (getppid() != parent && getppid() != 0)
		_exit(1);
}

pid_t spawn(void)
{
	pid_t self = getpid(), pid = fork();

	if (pid < 0)
		BROKEN("fork: %s", errno_name(errno));
	if (pid == 0)
		tie_to(self);
	return pid;
}

void linger(void)
{
	for (;;)
		pause();
}

pid_t spawn_idle(void)
{
	pid_t pid = spawn();

	if (pid == 0)
		linger();
	return pid;
}

static void namespace_refused(const char *call)
{
	const char *missing = privilege_missing("CAP_SYS_ADMIN");

	if ((errno == EPERM || errno == EACCES) && missing)
		ABSENT("privilege: %s", missing);
	if (errno == EINVAL)
		ABSENT("no such kind of namespace");
	if (errno == ENOSPC)
		FORBIDDEN("a limit of namespaces is reached (user.max_*_namespaces)");
	BROKEN("%s: %s", call, errno_name(errno));
}

static void hide_mounts(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		BROKEN("cannot make the mounts private: %s", errno_name(errno));
}

void own_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0)
		namespace_refused("unshare");
	hide_mounts();
}

pid_t spawn_in(int namespaces)
{
	pid_t self = getpid(), pid;

	pid = syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		namespace_refused("clone");
	if (pid > 0)
		return pid;

	tie_to(self);
	if (namespaces & CLONE_NEWNS)
		hide_mounts();
	if ((namespaces & CLONE_NEWNS) && (namespaces & CLONE_NEWPID) &&
	    mount("proc", "/proc", "proc", 0, NULL) < 0)
		BROKEN("mount /proc: %s", errno_name(errno));
	return 0;
}

void own_users(void)
{
	static const char *const settings[] = { "unprivileged_userns_clone",
						"apparmor_restrict_unprivileged_userns" };

	if (unshare(CLONE_NEWUSER) == 0)
		return;
	for (size_t i = 0; errno == EPERM && i < ARRAY_SIZE(settings); i++) {
		char *value = slurp("/proc/sys/kernel/%s", settings[i]);

		/* The first allows, the second forbids. */
		if (value && atoi(value) == (int)i)
			FORBIDDEN("kernel.%s is %d", settings[i], (int)i);
		errno = EPERM;
	}
	namespace_refused("unshare");
}

void own_root(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char map[32];

	own_users();
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (write_text(map, "/proc/self/uid_map") < 0)
		BROKEN("uid_map: %s", errno_name(errno));
	/* Without a capability outside, groups can only be mapped once nobody can drop them. */
	snprintf(map, sizeof(map), "0 %u 1", gid);
	if (write_text("deny", "/proc/self/setgroups") < 0 ||
	    write_text(map, "/proc/self/gid_map") < 0)
		BROKEN("gid_map: %s", errno_name(errno));
}

void exec_idle(void)
{
	execl("/proc/self/exe", IDLE_PROGRAM, NULL);
	BROKEN("exec: %s", errno_name(errno));
}

void wait_longer(unsigned int *pause_us)
{
	usleep(*pause_us);
	*pause_us = *pause_us < 3000 ? *pause_us * 2 : *pause_us;
}

void until_exec(pid_t pid)
{
	uint64_t until = now_ms() + WAIT_MS;
	unsigned int pause_us = 200;

	for (;;) {
		char *line = slurp("/proc/%d/cmdline", pid);
		bool is = line && streq(line, IDLE_PROGRAM);

		free(line);
		if (is)
			return;
		if (now_ms() > until)
			BROKEN("task %d does not exec", pid);
		wait_longer(&pause_us);
	}
}

int reap(pid_t pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), status, r;
	struct pollfd fds = { .fd = pidfd, .events = POLLIN };

	if (pidfd < 0)
		BROKEN("pidfd_open(%d): %s", pid, errno_name(errno));
	r = poll(&fds, 1, WAIT_MS);
	close(pidfd);
	if (r == 0)
		BROKEN("task %d does not end", pid);
	if (waitpid(pid, &status, __WALL) != pid)
		BROKEN("waitpid(%d): %s", pid, errno_name(errno));
	return status;
}

void reap_good(pid_t pid)
{
	int status = reap(pid);

	if (status != 0)
		BROKEN("task %d ended with wait status %#x", pid, status);
}

void end_task(pid_t pid)
{
	kill(pid, SIGKILL);
	reap(pid);
}

void until_state(pid_t pid, char state)
{
	uint64_t until = now_ms() + WAIT_MS;
	unsigned int pause_us = 200;

	for (;;) {
		char *now = stat_field(pid, 3), is = now ? now[0] : '?';

		free(now);
		if (is == state)
			return;
		if (now_ms() > until)
			BROKEN("task %d is in state %c, not in %c", pid, is, state);
		wait_longer(&pause_us);
	}
}

/* Weak: a C library before 2.35 has no area and no such symbols. */
extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned int __rseq_size __attribute__((weak));

void *drop_libc_rseq(uint32_t *len)
{
	const int unregister = 1;
	char *area;

	*len = 0;
	if (!&__rseq_size || __rseq_size == 0)
		return NULL;
	area = (char *)__builtin_thread_pointer() + __rseq_offset;
	/* __rseq_size is what of it is in use; the length at registration is known to nobody. */
	for (uint32_t n = 20; n <= 512; n += 4) {
		if (syscall(SYS_rseq, area, n, unregister, LIBC_RSEQ_SIGNATURE) == 0) {
			*len = n;
			return area;
		}
	}
	BROKEN("the C library's rseq area cannot be unregistered: %s", errno_name(errno));
}

void reach(int stage)
{
	int now = answer->stage;

	while (now < stage && !atomic_compare_exchange_weak(&answer->stage, &now, stage))
		;
	syscall(SYS_futex, &answer->stage, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void await(int stage)
{
	uint64_t until = now_ms() + WAIT_MS;
	const struct timespec tick = { .tv_nsec = 100 * 1000 * 1000 };
	int now;

	while ((now = answer->stage) < stage) {
		if (now_ms() > until)
			BROKEN("stage %d was not reached, only %d", stage, now);
		syscall(SYS_futex, &answer->stage, FUTEX_WAIT, now, &tick, NULL, 0);
	}
}
