// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/mem: another task's memory as a file. */
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include "probe.h"

#define DECLARED                                                                                   \
	.since = "2.6.39", .kconfig = "CONFIG_PROC_FS", .source = "proc_pid_mem(5), fs/proc/base.c"

static int mem_of(pid_t pid, int mode)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	return open(path, mode | O_CLOEXEC);
}

static ssize_t put(int fd, const char *text, const void *at)
{
	return pwrite(fd, text, strlen(text), (off_t)at);
}

PROBE(read_write, .what = "/proc/PID/mem reads and writes what the task sees, and EIO in a hole",
      DECLARED)
{
	char *p = pages(3), *q = p + page_size(), got[8];
	pid_t pid;
	int fd;

	strcpy(p, "parent");
	pid = spawn();
	if (pid == 0) {
		strcpy(p, "child");
		NEED(munmap(q, page_size()));
		reach(1);
		await(2);
		PROMISE_STR(p, "wrote");
		_exit(0);
	}
	await(1);
	fd = NEED(mem_of(pid, O_RDWR));
	PROMISE_EQ(NEED(pread(fd, got, 6, (off_t)p)), 6);
	PROMISE_STR(got, "child");
	PROMISE_FAILS(pread(fd, got, 1, (off_t)q), EIO);
	/* Up to the hole. */
	PROMISE_EQ(NEED(pread(fd, got, 8, (off_t)(q - 4))), 4);
	PROMISE_EQ(NEED(put(fd, "wrote", p)), 5);
	PROMISE_STR(p, "parent");
	reach(2);
	reap_good(pid);
}

/* A choice of who built or booted the kernel. */
static void need_force(ssize_t r)
{
	if (r < 0 && errno == EIO)
		forced_write_refused();
}

PROBE(forced_write, .what = "/proc/PID/mem writes read-only private memory, and a copy of it",
      .since = "2.6.39",
      .kconfig = "CONFIG_PROC_FS !CONFIG_PROC_MEM_NO_FORCE !CONFIG_PROC_MEM_FORCE_PTRACE",
      .source = "proc_pid_mem(5), security/Kconfig")
{
	int file = workfile("file"), fd;
	char *p, *other, got[6] = "";

	NEED(pwrite(file, "file", 4, 0));
	p = map(file, 1, PROT_READ, MAP_PRIVATE);
	other = map(file, 1, PROT_READ, MAP_PRIVATE);
	fd = NEED(mem_of(getpid(), O_RDWR));
	need_force(put(fd, "mine", p));
	PROMISE_MEM(p, "mine", 4);
	PROMISE_MEM(other, "file", 4);
	PROMISE_EQ(NEED(pread(file, got, 4, 0)), 4);
	PROMISE_STR(got, "file");
	NEED(mprotect(p, page_size(), PROT_NONE));
	PROMISE_EQ(NEED(put(fd, "more", p)), 4);
	NEED(mprotect(p, page_size(), PROT_READ));
	PROMISE_MEM(p, "more", 4);
}

PROBE(forced_write_shared, .what = "/proc/PID/mem does not write a shared mapping without w: EIO",
      DECLARED)
{
	int file = workfile("file"), ro, fd;
	char *p;

	NEED(pwrite(file, "file", 4, 0));
	ro = NEED(open("file", O_RDONLY));
	p = map(ro, 1, PROT_READ, MAP_SHARED);
	fd = NEED(mem_of(getpid(), O_RDWR));
	PROMISE_FAILS(put(fd, "mine", p), EIO);
	PROMISE_MEM(p, "file", 4);
}

PROBE(force_traced, .what = "a tracer may write read-only memory through /proc/PID/mem",
      .since = "2.6.39", .kconfig = "CONFIG_PROC_FS !CONFIG_PROC_MEM_NO_FORCE",
      .source = "security/Kconfig, fs/proc/base.c")
{
	char *p = map(-1, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);
	pid_t pid = spawn_idle();
	int fd, status;

	NEED(ptrace(PTRACE_SEIZE, pid, 0, 0));
	NEED(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
	NEED(waitpid(pid, &status, __WALL));
	fd = NEED(mem_of(pid, O_RDWR));
	need_force(put(fd, "text", p));
	PROMISE_EQ((uint32_t)NEED(ptrace(PTRACE_PEEKDATA, pid, p, 0)), 0x74786574);
	PROMISE_EQ(p[0], 0);
}

PROBE(exec, .what = "/proc/PID/mem stays with the memory it was opened on: empty after exec",
      DECLARED)
{
	char *p = pages(1), byte;
	pid_t pid = spawn();
	int fd;

	if (pid == 0) {
		await(1);
		exec_idle();
	}
	fd = NEED(mem_of(pid, O_RDONLY));
	PROMISE_EQ(NEED(pread(fd, &byte, 1, (off_t)p)), 1);
	reach(1);
	until_exec(pid);
	PROMISE_EQ(pread(fd, &byte, 1, (off_t)p), 0);
}

PROBE(refused, .what = "/proc/PID/mem of a task that may not be traced cannot be opened", DECLARED)
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
		lose_privileges();
		NEED(mem_of(getpid(), O_RDWR));
		PROMISE_FAILS(mem_of(secretive, O_RDONLY), EACCES, EPERM);
		_exit(0);
	}
	reap_good(asker);
}
