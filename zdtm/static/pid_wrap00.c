// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pids count up to a limit and begin again, so that children can be older than their parents by
 * number, and threads than their processes. The number of a task that has gone is not given away
 * while a group has it: neither before nor afterwards.
 */
#include <sys/prctl.h>

#include "zdtm.h"

#define NS_LAST_PID "/proc/sys/kernel/ns_last_pid"

enum { HIGHEST, CHILD, IN_GROUP, TASKS };
enum { READY, IN_FAMILY, GO };

static struct {
	pid_t pid[TASKS], tid, group;
} * was; /* shared */

static void next_pid(pid_t pid)
{
	char text[32];
	int fd = SYS(open(NS_LAST_PID, O_WRONLY));

	snprintf(text, sizeof(text), "%d", pid - 1);
	t_write(fd, text, strlen(text));
	SYS(close(fd));
}

static void thread(long unused)
{
	was->tid = gettid();
	t_wake(IN_FAMILY);
	t_wait(GO);
	EXPECT_EQ(gettid(), was->tid);
}

static void lives(long i)
{
	was->pid[i] = getpid();
	t_wake(i == CHILD ? IN_FAMILY : READY);
	t_wait(GO);
	EXPECT_EQ(getpid(), was->pid[i]);
	if (i == IN_GROUP)
		EXPECT_EQ(getpgrp(), was->group);
	if (i == CHILD)
		EXPECT_EQ(getppid(), was->pid[HIGHEST]);
}

static void has_family(long unused)
{
	pthread_t younger = t_thread(thread, 0);
	pid_t child;

	t_wait(IN_FAMILY);
	child = t_fork(lives, CHILD);
	t_wait(IN_FAMILY);
	lives(HIGHEST);
	t_thread_join(younger);
	t_join(child);
}

static void leads_and_goes(long unused)
{
	SYS(setpgid(0, 0));
	was->group = getpid();
	was->pid[IN_GROUP] = t_fork(lives, IN_GROUP);
}

static void nothing(long unused)
{
}

static void expect_group_number_taken(void)
{
	pid_t pid;

	EXPECT_ERRNO(kill(was->group, 0), ESRCH);
	next_pid(was->group);
	pid = t_fork(nothing, 0);
	EXPECT_GT(pid, was->group);
	t_join(pid);
}

static void setup(void)
{
	char *text = t_slurp("/proc/sys/kernel/pid_max");
	pid_t max = atoi(text);

	free(text);
	was = SYS(mmap(NULL, sizeof(*was), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		       0));
	next_pid(max - 1);
	EXPECT_EQ(t_fork(has_family, 0), max - 1);
	t_wait(READY);
	EXPECT_LT(was->tid, max - 1);
	EXPECT_LT(was->pid[CHILD], max - 1);
	/* Orphans come to us. */
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	t_join(t_fork(leads_and_goes, 0));
	t_wait(READY);
	expect_group_number_taken();
}

static void check(void)
{
	expect_group_number_taken();
	next_pid(was->pid[HIGHEST]);
	EXPECT_LT(t_fork(nothing, 0), was->pid[HIGHEST]);
	for (int i = 0; i < TASKS + 1; i++)
		t_wake(GO);
	t_join(was->pid[HIGHEST]);
	t_join(was->pid[IN_GROUP]);
}

ZDTM_TEST = {
	.doc = "pids, tids and group numbers from both ends of the range, none given away twice",
	.object = "task",
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* ns_last_pid */
	.setup = setup,
	.check = check,
};
