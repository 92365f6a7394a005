// SPDX-License-Identifier: GPL-2.0-only
/* What a restore does besides restoring, and what it leaves when it cannot: nothing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/lib.h"

/* One that was dumped into img/, and is gone. */
static struct target dumped(const char *how)
{
	struct target t = target(how);
	struct ran r;

	empty("img");
	r = refcr("dump -t %d -D img", t.pid);
	expect_fine(&r);
	waitpid(t.pid, NULL, 0);
	expect_nobody();
	return t;
}

static void expect_undone(const char *args, const char *says)
{
	struct ran r = refcr("restore -d -D img %s", args);

	expect_failed(&r, says);
	expect_nobody();
}

static pid_t parent_of(pid_t pid)
{
	char path[64];
	int ppid = -1;
	char *text, *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	text = read_file(path, NULL);
	p = strrchr(text, ')');
	ATF_REQUIRE(p && sscanf(p, ") %*c %d", &ppid) == 1);
	free(text);
	return ppid;
}

/* ---- how it can be asked ---- */

ROOT_TC(detached, "-d returns when the tree runs, which then is nobody's child")
{
	struct target t;
	struct ran r;

	arena();
	t = dumped("many");
	r = refcr("restore -d -D img");
	expect_fine(&r);
	ATF_CHECK_EQ(parent_of(t.pid), 1);
	expect_well(&t);
	target_end(&t);
	expect_nobody();
}

ROOT_TC(sibling, "-S makes the tree a child of the caller")
{
	struct target t;
	struct ran r;

	arena();
	t = dumped("many");
	r = refcr("restore -d -S -D img");
	expect_fine(&r);
	ATF_CHECK_EQ(parent_of(t.pid), getpid());
	expect_well(&t);
	target_end(&t);
	expect_nobody();
}

/* All that there are in the arena, also who comes and goes; but not who was stopped before. */
static void continue_all(const struct target *t)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;

	ATF_REQUIRE(proc);
	while ((e = readdir(proc))) {
		pid_t pid = atoi(e->d_name);

		if (pid > 1 && pid != getpid() && pid != t->state->stopped)
			kill(pid, SIGCONT);
	}
	closedir(proc);
}

ROOT_TC(leave_stopped, "-s leaves every task stopped; SIGCONT lets it run on")
{
	struct target t;
	struct ran r;

	arena();
	t = dumped("many");
	r = refcr("restore -d -s -D img");
	expect_fine(&r);
	for (unsigned int i = 0; i < t.state->n; i++)
		await_state(t.state->slot[i].pid, 'T');
	continue_all(&t);
	expect_well(&t);
	target_end(&t);
	expect_nobody();
}

ROOT_TC(attached, "without -d it stays until the root has ended")
{
	struct target t;
	struct ran r;
	pid_t pid;

	arena();
	t = dumped("many");
	pid = refcr_start("restore -D img");
	expect_rounds(&t);
	expect_well(&t);
	ATF_CHECK_EQ(parent_of(t.pid), pid);
	ATF_CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	target_end(&t);
	r = refcr_end(pid);
	expect_fine(&r);
	expect_nobody();
}

ROOT_TC(pidfile, "--pidfile gets the root's pid; one that cannot be written undoes everything")
{
	struct target t;
	struct ran r;
	char *text;

	arena();
	t = dumped("many");
	empty("work");
	expect_undone("-W work --pidfile nowhere/pid",
		      "pid file nowhere/pid: No such file or directory");
	expect_empty("work");
	r = refcr("restore -d -D img -W work --pidfile pid");
	expect_fine(&r);
	text = read_file("work/pid", NULL);
	ATF_CHECK_EQ(atoi(text), t.pid);
	expect_well(&t);
	target_end(&t);
}

ROOT_TC(exec_cmd, "--exec-cmd becomes the command when the tree runs")
{
	struct target t;
	struct ran r;

	arena();
	t = dumped("many");
	r = refcr("restore -D img --exec-cmd -- sh -c 'echo one $1' sh two");
	expect_fine(&r);
	ATF_CHECK_STREQ(r.out, "one two\n");
	expect_well(&t);
	target_end(&t);
	expect_nobody();
}

ROOT_TC(other_root, "-t that is not the root of the images")
{
	struct target t;
	char says[64];

	arena();
	t = dumped("one");
	snprintf(says, sizeof(says), "the root of this tree is task %d, not 12345", t.pid);
	expect_undone("-t 12345", says);
}

ROOT_TC(no_dump, "a directory without a finished dump")
{
	struct target t;

	arena();
	empty("img");
	expect_undone("", "there is no finished dump here");
	t = dumped("one");
	ATF_REQUIRE_EQ(unlink("img/inventory.img"), 0);
	expect_undone("", "there is no finished dump here");
	ATF_CHECK(task_state(t.pid) == 0);
}

/* ---- what is in its way ---- */

/* Somebody else with this very pid. */
static void occupy(pid_t pid)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&pid,
		.set_tid_size = 1,
	};
	pid_t got;

	/* Who had it before may have been waited for and yet be on its way out. */
	for (int i = 0; (got = syscall(SYS_clone3, &args, sizeof(args))) < 0 && errno == EEXIST;
	     i++) {
		ATF_REQUIRE_MSG(i < 5000, "pid %d is in use", pid);
		usleep(1000);
	}
	if (got == 0) {
		pause();
		_exit(0);
	}
	ATF_REQUIRE_EQ(got, pid);
}

static void expect_in_use(const struct target *t, pid_t pid, const char *says)
{
	struct ran r;

	occupy(pid);
	r = refcr("restore -d -D img");
	expect_failed(&r, says);
	expect_nobody_but((pid_t[]){ pid, 0 });
	ATF_CHECK_EQ(kill(pid, SIGKILL), 0);
	ATF_CHECK_EQ(waitpid(pid, NULL, 0), pid);
	ATF_CHECK(!t->state->failed);
}

ROOT_TC(in_use, "a pid or thread id of the tree that somebody else has")
{
	struct target t;
	struct ran r;
	char says[64];
	pid_t tid = 0;

	arena();
	t = dumped("many");
	snprintf(says, sizeof(says), "pid %d is in use", t.pid);
	expect_in_use(&t, t.pid, says);
	snprintf(says, sizeof(says), "pid %d is in use", target_child(&t));
	expect_in_use(&t, target_child(&t), says);
	for (unsigned int i = 0; i < t.state->n; i++)
		if (t.state->slot[i].tid != t.state->slot[i].pid)
			tid = t.state->slot[i].tid;
	expect_in_use(&t, tid, "File exists");
	r = refcr("restore -d -D img");
	expect_fine(&r);
	expect_well(&t);
	target_end(&t);
}

static void limit_files(unsigned int n)
{
	const struct rlimit l = { n, n };

	ATF_REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, &l), 0);
}

ROOT_TC(full_table, "a task with so many descriptors that the limit leaves none for its restore")
{
	const int n = 100, ours = 5;
	struct ran r;
	pid_t pid;

	arena();
	empty("img");
	limit_files(n + ours);
	pid = fork();
	if (pid == 0) {
		setsid();
		closefrom(0);
		for (int i = 0; i < n; i++)
			open("/dev/null", O_RDWR);
		raise(SIGSTOP);
		_exit(0);
	}
	ATF_REQUIRE_EQ(waitpid(pid, NULL, WUNTRACED), pid);
	r = refcr("dump -t %d -D img", pid);
	expect_fine(&r);
	waitpid(pid, NULL, 0);
	r = refcr("restore -d -S -D img");
	expect_fine(&r);
	ATF_CHECK_EQ(kill(pid, SIGKILL), 0);
	ATF_CHECK_EQ(waitpid(pid, NULL, 0), pid);
	limit_files(n + ours - 1);
	expect_undone("",
		      "its 100 descriptors, and 5 that its restore needs, are more than the limit");
}

ROOT_TC(running, "the tree itself, when it was left running: it is not harmed")
{
	struct target t;
	struct ran r;
	char says[64];

	arena();
	t = target("many");
	empty("img");
	r = refcr("dump -R -t %d -D img", t.pid);
	expect_fine(&r);
	snprintf(says, sizeof(says), "pid %d is in use", t.pid);
	r = refcr("restore -d -D img");
	expect_failed(&r, says);
	expect_well(&t);
	target_end(&t);
	expect_nobody();
}

ROOT_TC(other_files, "a file that the tree has open or mapped and that is gone or has changed")
{
	struct target t;
	struct ran r;

	arena();
	t = dumped("many");
	ATF_REQUIRE_EQ(rename("state.0", "elsewhere"), 0);
	expect_undone("", "state.0: No such file or directory");
	ATF_REQUIRE_EQ(mkdir("state.0", 0700), 0);
	expect_undone("", "state.0");
	ATF_REQUIRE_EQ(rmdir("state.0"), 0);
	write_file("state.0", "short", 5);
	expect_undone("", "state.0 has 5 bytes now");
	ATF_REQUIRE_EQ(rename("elsewhere", "state.0"), 0);
	r = refcr("restore -d -D img");
	expect_fine(&r);
	expect_well(&t);
	target_end(&t);
}

/*
 * A task in a session and a group whose leaders are gone: others must lend their pids for those, and
 * are still there when its memory is made.
 */
static pid_t orphan(void)
{
	int pipes[2];
	pid_t pid;

	ATF_REQUIRE_EQ(pipe(pipes), 0);
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			setpgid(0, 0);
			pid = fork();
			if (pid == 0) {
				int fd = open("needed", O_RDWR | O_CREAT, 0600);

				mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
				closefrom(0);
				pause();
				_exit(0);
			}
			write(pipes[1], &pid, sizeof(pid));
		}
		_exit(0);
	}
	ATF_REQUIRE_EQ(read(pipes[0], &pid, sizeof(pid)), sizeof(pid));
	wait(NULL);
	expect_nobody_but((pid_t[]){ pid, 0 });
	await_state(pid, 'S');
	return pid;
}

ROOT_TC(helpers, "a restore that fails ends those, too, that only lent their pid to a session")
{
	struct ran r;
	pid_t pid;

	arena();
	empty("img");
	pid = orphan();
	r = refcr("dump -t %d -D img", pid);
	expect_fine(&r);
	expect_nobody();
	ATF_REQUIRE_EQ(rename("needed", "elsewhere"), 0);
	expect_undone("", "needed: No such file or directory");
	ATF_REQUIRE_EQ(rename("elsewhere", "needed"), 0);
	r = refcr("restore -d -D img");
	expect_fine(&r);
	expect_nobody_but((pid_t[]){ pid, 0 });
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, detached);
	ATF_TP_ADD_TC(tp, sibling);
	ATF_TP_ADD_TC(tp, leave_stopped);
	ATF_TP_ADD_TC(tp, attached);
	ATF_TP_ADD_TC(tp, pidfile);
	ATF_TP_ADD_TC(tp, exec_cmd);
	ATF_TP_ADD_TC(tp, other_root);
	ATF_TP_ADD_TC(tp, no_dump);
	ATF_TP_ADD_TC(tp, in_use);
	ATF_TP_ADD_TC(tp, full_table);
	ATF_TP_ADD_TC(tp, running);
	ATF_TP_ADD_TC(tp, other_files);
	ATF_TP_ADD_TC(tp, helpers);
	return atf_no_error();
}
