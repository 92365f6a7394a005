// SPDX-License-Identifier: GPL-2.0-only
/* A restored task from its birth to the restorer: everything it does as a copy of the engine. */
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/image/values.h"
#include "engine/kernel/procfs.h"
#include "engine/kernel/syscalls.h"
#include "engine/memory/memory_task.h"
#include "engine/memory/restore.h"
#include "engine/objects/files.h"
#include "enter.h"
#include "stages.h"

static _Noreturn void task_main(struct restore *r, struct restore_task *t);

static int exit_signal_of(const struct restore_task *t)
{
	const TaskCoreEntry *tc = t->helper ? NULL : restore_task_core(t);

	if (!tc || !tc->has_exit_signal)
		return SIGCHLD;
	return tc->exit_signal == EXIT_SIGNAL_NONE ? 0 : (int)tc->exit_signal;
}

/* Often it is the dumped task itself, which nobody has waited for. */
static int in_use(pid_t pid)
{
	_cleanup_close_ int proc = proc_open(pid, 0);
	struct proc_stat st;

	if (proc < 0 || proc_read_stat(proc, &st) < 0)
		return log_err(-EEXIST, "pid %d is in use as a session or process group", pid);
	if (st.state == 'Z')
		return log_err(-EEXIST,
			       "pid %d is in use by a zombie, %s, that its parent %d must wait for",
			       pid, st.comm, st.ppid);
	return log_err(-EEXIST, "pid %d is in use by %s", pid, st.comm);
}

static int fork_one(struct restore *r, struct restore_task *t)
{
	bool sibling = (t->forker != t->parent && !t->bridged) ||
		       (!t->forker && t == r->root && r->opts->sibling);
	uint64_t flags = (sibling ? CLONE_PARENT : 0) | (t->files_of ? CLONE_FILES : 0) |
			 (t->fs_of ? CLONE_FS : 0);
	uint64_t slack =
		t->helper || t->zombie ? 0 : t->thread[0].core->thread_core->default_timerslack_ns;
	unsigned long own = 0;
	pid_t pid;

	/* What it falls back to is what its maker had at this moment, and is not to have for long. */
	if (slack) {
		own = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
		prctl(PR_SET_TIMERSLACK, slack, 0, 0, 0);
	}
	/* With CLONE_PARENT the exit signal is the forker's. */
	pid = sys_fork_as(t->pid, flags, sibling ? 0 : exit_signal_of(t), &t->made);
	if (pid == 0)
		task_main(r, t);
	if (slack)
		prctl(PR_SET_TIMERSLACK, own, 0, 0, 0);
	if (pid == -EEXIST)
		return in_use(t->pid);
	return pid < 0 ? log_err(pid, "fork task %d", t->pid) : 0;
}

static pid_t bridge; /* the process in between, there and in the task it has forked */

/* From a process in between, whose end makes it an orphan. */
static int fork_bridged(struct restore *r, struct restore_task *t)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		bridge = getpid();
		_exit(fork_one(r, t) < 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return log_err(-errno, "fork task %d", t->pid);
	return status == 0 ? 0 : -ECANCELED;
}

static int fork_all(struct restore *r, struct restore_task *first, bool before_setsid)
{
	int ret = 0;

	for (struct restore_task *c = first; ret == 0 && c; c = c->next_to_fork)
		if (c->before_setsid == before_setsid)
			ret = c->bridged ? fork_bridged(r, c) : fork_one(r, c);
	return ret;
}

int tasks_fork(struct restore *r)
{
	return fork_all(r, r->to_fork, false);
}

static int put_number(const char *file, const char *format, long long value)
{
	char text[32], path[64];
	int r;

	snprintf(text, sizeof(text), format, value);
	snprintf(path, sizeof(path), "/proc/self/%s", file);
	r = write_file_at(AT_FDCWD, path, text);
	return r < 0 ? log_err(r, "%s %s", file, text) : 0;
}

/* ---- audit ---- */

/* Was it in another audit session than who forks it, by whom it could get into that one? */
static bool other_session(const struct restore_task *t)
{
	const struct restore_task *f = t->forker;
	const TaskCoreEntry *tc = restore_task_core(t), *of_forker;

	if (!f || f->helper || f->zombie)
		return false;
	of_forker = restore_task_core(f);
	return tc->has_sessionid && of_forker->has_sessionid &&
	       tc->sessionid != of_forker->sessionid;
}

/* Each time it is set a session begins, which children are born into. */
static int log_in(const struct restore_task *t)
{
	_cleanup_close_ int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const TaskCoreEntry *tc = restore_task_core(t);
	uint64_t v;

	if (self < 0)
		return log_err(-errno, "/proc/self");
	if (!tc->has_loginuid || proc_u64(self, "loginuid", 10, &v) < 0 ||
	    (v == tc->loginuid && !other_session(t)))
		return 0;
	return put_number("loginuid", "%lld", tc->loginuid);
}

/* ---- sessions and groups ---- */

/* The session it leads, and the children that belong to the one before and after. */
static int family(struct restore *r, struct restore_task *t)
{
	int ret;

	/* For now: what it has for good is set when its tree is complete. */
	if (t->adopts && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return log_err(-errno, "child subreaper");
	ret = fork_all(r, t->to_fork, true);
	if (ret < 0)
		return ret;
	if (t->sid == t->pid && setsid() < 0)
		return log_err(-errno, "lead session %d", t->sid);
	/* Those forked from here on inherit it. Only the leader can take one. */
	if (t->sid == t->pid && t->terminal >= 0 && ioctl(t->terminal, TIOCSCTTY, 0) < 0)
		return log_err(-errno, "controlling terminal of session %d", t->sid);
	if ((t->pgid == t->pid || t->makes_group) && t->sid != t->pid && setpgid(0, 0) < 0)
		return log_err(-errno, "lead process group %d", t->pid);
	return fork_all(r, t->to_fork, false);
}

static int join(const struct restore_task *t)
{
	if (t->pgid != getpgrp() && setpgid(0, t->pgid) < 0)
		return log_err(-errno, "join process group %d", t->pgid);
	return 0;
}

/* Who leads a group that others are to join first stays in it until they have. */
static int join_group(const struct restore_task *t)
{
	return t->makes_group ? 0 : join(t);
}

static int leave_group(const struct restore_task *t)
{
	return t->makes_group ? join(t) : 0;
}

/* While every group there is or was has somebody in it, and main's descriptors are still ours. */
static int settle_terminal(const struct restore_task *t)
{
	if (t->foreground && ioctl(t->terminal, TIOCSPGRP, &t->foreground) < 0)
		return log_err(-errno, "put process group %d in the foreground", t->foreground);
	if (t->gives_up_terminal && ioctl(t->terminal, TIOCNOTTY) < 0)
		return log_err(-errno, "give up the controlling terminal");
	return 0;
}

/* ---- zombies and helpers ---- */

void task_end_as(int status)
{
	struct rlimit none = {};
	int sig = status & 0x7f;
	sigset_t set;

	if (sig) {
		/* The images know of no core: there must be none now either. */
		setrlimit(RLIMIT_CORE, &none);
		signal(sig, SIG_DFL);
		sigemptyset(&set);
		sigaddset(&set, sig);
		kill(getpid(), sig);
		sigprocmask(SIG_UNBLOCK, &set, NULL);
	}
	_exit(status >> 8);
}

/* Before it ends, and not of use to anybody else any more. */
static int become(const CredsEntry *c)
{
	if (!c)
		return 0;
	if (setgroups(c->n_groups, c->groups) < 0 || setresgid(c->gid, c->egid, c->sgid) < 0 ||
	    setresuid(c->uid, c->euid, c->suid) < 0)
		return log_err(-errno, "credentials of a zombie");
	return 0;
}

/* Files that are to be made by this pid; others only want it to be there while they make theirs. */
static void make_files(struct restore *r, struct restore_task *t)
{
	if (!t->n_fds) {
		stage_await_open(r, STAGE_FILES);
		return;
	}
	if (files_restore(r, t) < 0)
		stage_fail(r);
	stage_reach(r, STAGE_FILES);
}

static _Noreturn void short_life(struct restore *r, struct restore_task *t)
{
	if (family(r, t) < 0)
		stage_fail(r);
	stage_reach(r, STAGE_BORN);
	if (!t->helper) {
		if (join_group(t) < 0)
			stage_fail(r);
		prctl(PR_SET_NAME, restore_task_core(t)->comm);
	}
	stage_reach(r, STAGE_GROUPS);
	if (t->until_files)
		make_files(r, t);
	if (!t->helper && (leave_group(t) < 0 || become(restore_task_core(t)->zombie_creds) < 0))
		stage_fail(r);
	task_end_as(t->helper ? 0 : (int)restore_task_core(t)->exit_code);
}

/* Zombies must be zombies, and helpers gone, before the task can know about it. */
static int bury(struct restore *r, struct restore_task *t, bool until_files)
{
	struct restore_task *h, *next;
	siginfo_t info;

	for (struct restore_task *c = t->child; c; c = c->sibling)
		if (c->zombie && c->until_files == until_files &&
		    waitid(P_PID, c->pid, &info, WEXITED | WNOWAIT | __WALL) < 0)
			return log_err(-errno, "wait for zombie %d", c->pid);
	if (!r->n_helpers)
		return 0;
	HASH_ITER(hh, r->by_pid, h, next)
		if (h->helper && h->parent == t && h->until_files == until_files &&
		    waitpid(h->pid, NULL, __WALL) < 0)
			return log_err(-errno, "wait for helper %d", h->pid);
	return 0;
}

/* ---- what is set through /proc and by path ---- */

/* Only what differs: setting it takes privileges, leaving it alone does not. */
static int put_attributes(const struct restore_task *t)
{
	const TaskCoreEntry *tc = restore_task_core(t);
	_cleanup_close_ int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t v;
	int adj, r = 0;

	if (self < 0)
		return log_err(-errno, "/proc/self");
	if (tc->has_oom_score_adj && proc_int(self, "oom_score_adj", &adj) == 0 &&
	    adj != tc->oom_score_adj)
		r = put_number("oom_score_adj", "%lld", tc->oom_score_adj);
	if (r == 0 && tc->has_coredump_filter && proc_u64(self, "coredump_filter", 16, &v) == 0 &&
	    v != tc->coredump_filter)
		r = put_number("coredump_filter", "%#llx", tc->coredump_filter);
	return r;
}

/* What must be opened by path while the root directory still is main's. */
struct by_path {
	int exe, root, cwd;
};

static int open_by_path(struct restore *r, const struct restore_task *t, struct by_path *p)
{
	p->exe = file_open_extra(r, t->mm->exe_file_id, O_RDONLY, "its executable");
	if (p->exe < 0)
		return p->exe;
	if (t->fs_of)
		return 0;
	p->cwd = file_open_extra(r, t->fs->cwd_id, O_PATH | O_DIRECTORY, "its working directory");
	if (p->cwd < 0)
		return p->cwd;
	/* Now, as it may be one that goes with a helper. */
	if (fchdir(p->cwd) < 0)
		return log_err(-errno, "its working directory");
	p->root = file_open_extra(r, t->fs->root_id, O_PATH | O_DIRECTORY, "its root directory");
	return p->root < 0 ? p->root : 0;
}

static int put_directories(const struct restore_task *t, struct by_path *p)
{
	_cleanup_close_ int root = TAKE_FD(p->root), cwd = TAKE_FD(p->cwd);
	struct stat mine, theirs;

	if (t->fs_of)
		return 0;
	if (stat("/", &mine) < 0 || fstat(root, &theirs) < 0)
		return log_err(-errno, "its root directory");
	if ((mine.st_dev != theirs.st_dev || mine.st_ino != theirs.st_ino) &&
	    (fchdir(root) < 0 || chroot(".") < 0 || fchdir(cwd) < 0))
		return log_err(-errno, "its root and working directory");
	if (t->fs->has_umask)
		umask(t->fs->umask);
	return 0;
}

/* ---- life ---- */

static int live(struct restore *r, struct restore_task *t)
{
	struct by_path paths = { -EBADF, -EBADF, -EBADF };
	int ret = 0;

	ret = log_in(t);
	/* Children that share pages with it take them along; all others are forked sooner, and cheaper. */
	if (ret == 0 && t->memory->feeds)
		ret = memory_map(r, t);
	if (ret == 0)
		ret = family(r, t);
	if (ret == 0 && !t->memory->feeds)
		ret = memory_map(r, t);
	if (ret == 0)
		ret = memory_finish(r, t);
	if (ret < 0)
		return ret;
	stage_reach(r, STAGE_BORN);

	ret = join_group(t);
	if (ret == 0)
		ret = settle_terminal(t);
	if (ret < 0)
		return ret;
	stage_reach(r, STAGE_GROUPS);

	ret = leave_group(t);
	if (ret == 0)
		ret = bury(r, t, false);
	if (ret == 0)
		ret = files_restore(r, t);
	if (ret == 0)
		ret = open_by_path(r, t, &paths);
	if (ret < 0)
		return ret;
	stage_reach(r, STAGE_FILES);

	ret = files_begin(r, t);
	files_lent_done(t);
	if (ret == 0)
		ret = bury(r, t, true);
	if (ret == 0)
		ret = put_attributes(t);
	if (ret == 0)
		ret = put_directories(t, &paths);
	return ret < 0 ? ret : restorer_go(r, t, paths.exe);
}

/* Its end is not the one that ends us, too. */
static void await_end_of_bridge(void)
{
	_cleanup_close_ int pidfd = sys_pidfd_open(bridge, 0);
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	/* It is the one we have opened if it is our parent still; and has no children when poll() tells. */
	if (pidfd >= 0 && getppid() == bridge)
		while (poll(&p, 1, -1) < 0 && errno == EINTR)
			;
}

static _Noreturn void task_main(struct restore *r, struct restore_task *t)
{
	uint64_t all = ~0ULL;

	/*
	 * Nothing may reach it before its own handlers are back; and should its parent die, so does it. Not
	 * by sigprocmask(), which leaves out the two signals that are the C library's own.
	 */
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
	if (t->bridged)
		await_end_of_bridge();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	log_set_pid(t->pid);
	if (t->zombie || t->helper)
		short_life(r, t);
	live(r, t);
	stage_fail(r);
}
