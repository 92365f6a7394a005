// SPDX-License-Identifier: GPL-2.0-only
/* What is in the way of holding a tree still, or comes between while it is. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/lib.h"

#include <linux/ptrace.h>

/* ---- a program that hangs while it is executed ---- */

static pid_t *other; /* thread, in memory that we share */

static _Noreturn void *be_other(void *unused)
{
	*other = gettid();
	for (;;)
		pause();
}

/* Echoes what it reads as another program, which it becomes when there is something to be read. */
static _Noreturn void become_cat(int in, int out)
{
	pthread_t t;
	char byte;

	setsid();
	if (pthread_create(&t, NULL, be_other, NULL) != 0 || read(in, &byte, 1) != 1)
		_exit(1);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	execl("/bin/cat", "cat", NULL);
	_exit(1);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

ROOT_TC(exec_hangs, "a task whose execve() hangs is left alone after --timeout, and unharmed")
{
	int in[2], out[2], status;
	char says[80], echo[8];
	double begun;
	struct ran r;
	pid_t pid;

	arena();
	empty("img");
	other = mmap(NULL, sizeof(*other), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	ATF_REQUIRE(other != MAP_FAILED && pipe(in) == 0 && pipe(out) == 0);
	fflush(NULL);
	pid = fork();
	ATF_REQUIRE(pid >= 0);
	if (pid == 0)
		become_cat(in[0], out[1]);
	while (!*(volatile pid_t *)other)
		sched_yield();
	/* The thread of a tracer is not gone until that has heard of it: execve() waits for us. */
	ATF_REQUIRE_EQ(ptrace(PTRACE_SEIZE, *other, 0, 0), 0);
	ATF_REQUIRE_EQ(write(in[1], "", 1), 1);
	await_state(*other, 'Z');
	await_state(pid, 'D');

	begun = seconds();
	r = refcr("dump -R --timeout 1 -t %d -D img", pid);
	snprintf(says, sizeof(says), "task %d: cannot seize thread %d: an execve()", pid, pid);
	expect_failed(&r, says);
	expect_empty("img");
	ATF_CHECK_MSG(seconds() - begun >= 1, "it gave up after %.3f s", seconds() - begun);
	ATF_CHECK_EQ(tracer_of(pid), 0);

	ATF_REQUIRE_EQ(waitpid(*other, &status, __WALL), *other);
	ATF_REQUIRE_EQ(write(in[1], "hello", 5), 5);
	ATF_REQUIRE_EQ(read(out[0], echo, sizeof(echo)), 5);
	ATF_CHECK(memcmp(echo, "hello", 5) == 0);
	kill(pid, SIGKILL);
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK_MSG(WIFSIGNALED(status), "status %#x", status);
}

/* ---- job control while a task is in the gate ---- */

static pid_t task_of(const struct target *t, const char *what)
{
	for (unsigned int i = 0; i < t->state->n; i++)
		if (strcmp(t->state->slot[i].what, what) == 0)
			return t->state->slot[i].pid;
	atf_tc_fail("the target has no %s", what);
}

/* Until the engine is about to let the task run on, with this signal. */
static void until_resumed(pid_t engine, pid_t task, long sig)
{
	struct __ptrace_syscall_info info;
	int status;
	long nr;

	do {
		ATF_REQUIRE(traced_step(engine, &nr, &status));
		if (nr != SYS_ptrace)
			continue;
		ATF_REQUIRE(ptrace(PTRACE_GET_SYSCALL_INFO, engine, sizeof(info), &info) > 0);
	} while (nr != SYS_ptrace ||
		 (info.entry.args[0] != PTRACE_SYSCALL && info.entry.args[0] != PTRACE_CONT) ||
		 info.entry.args[1] != (uint64_t)task || info.entry.args[3] != (uint64_t)sig);
}

static void bounce(const char *what)
{
	struct target t;
	pid_t engine, task;
	struct ran r;

	arena();
	t = target("many");
	task = task_of(&t, what);
	/* Into the gate, and to several of the stops it makes there. */
	for (int moment = 0; moment < 6; moment++) {
		empty("img");
		engine = traced("dump -R -t %d -D img", t.pid);
		for (int i = 0; i <= moment; i++)
			until_resumed(engine, task, 0);
		/* To this thread: of a process that has another one, too, either may take it. */
		ATF_REQUIRE_EQ(tgkill(task, task, SIGSTOP), 0);
		until_resumed(engine, task, SIGSTOP);
		ATF_REQUIRE_EQ(kill(task, SIGCONT), 0);
		traced_let_go(engine);
		r = refcr_end(engine);
		expect_fine(&r);
		expect_well(&t);
	}
	target_end(&t);
	expect_nobody();
}

ROOT_TC(bounced, "SIGSTOP is taken back before it takes effect in a task that no signal can stop")
{
	bounce("catcher");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, exec_hangs);
	ATF_TP_ADD_TC(tp, bounced);
	return atf_no_error();
}
