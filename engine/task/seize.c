// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/session.h"
#include "seize.h"

/*
 * Why a thread could not be seized: it ended (-EAGAIN), another traces it, or something else. 0: we
 * trace it already; it had another tid before it executed a program.
 */
static int why_not(const struct task *t, pid_t tid)
{
	_cleanup_close_ int proc = proc_open(t->pid, tid);
	struct proc_status status;
	struct proc_stat stat;
	pid_t tracer;

	if (t->pid == getpid())
		return log_refuse("task %d is the engine itself: it cannot be in the tree", t->pid);
	if (proc < 0 || proc_read_stat(proc, &stat) < 0 || stat.state == 'Z' || stat.state == 'X' ||
	    proc_read_status(proc, &status) < 0)
		return -EAGAIN;
	tracer = status.tracer;
	proc_status_done(&status);
	if (tracer == getpid())
		return 0;
	return tracer ? log_refuse("task %d is traced by task %d", t->pid, tracer) : -EPERM;
}

/*
 * PTRACE_SEIZE waits while the task executes a program, which waits until all its other threads are
 * gone: until we, who trace some of them, have buried those. So that is done from a signal handler.
 * It may wait for something else as well, and for ever: the handler leaves it, too.
 */
static struct task *volatile seizing;
static volatile unsigned int seizes; /* that have begun */
static sigjmp_buf no_more;
static unsigned int patience_ms;
static uint64_t give_up; /* when, if it is this one that waits */

#define TICK_US (10 * 1000)

/* Stops of who is traced are reported whether they are asked for or not: those are left alone. */
static bool has_ended(pid_t tid)
{
	siginfo_t info = {};

	return waitid(P_PID, tid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 &&
	       (info.si_code == CLD_EXITED || info.si_code == CLD_KILLED ||
		info.si_code == CLD_DUMPED);
}

static void bury(struct task *t)
{
	for_each_thread(th, t)
		if (!th->gone && has_ended(th->tid))
			th->gone = waitpid(th->tid, NULL, WNOHANG | __WALL) == th->tid;
}

static void on_tick(int sig)
{
	static unsigned int seen;
	struct task *t = seizing;
	int saved = errno;

	if (!t)
		return;
	/* Most are over before the next tick. */
	if (seen != seizes) {
		seen = seizes;
		give_up = now_us() + patience_ms * 1000ULL;
		return;
	}
	bury(t);
	/* Should it have come to an end just now: our own end detaches what nobody knows of. */
	if (now_us() > give_up)
		siglongjmp(no_more, 1);
	errno = saved;
}

static void every(suseconds_t us)
{
	const struct timeval often = { .tv_usec = us };
	const struct itimerval timer = { often, often };

	setitimer(ITIMER_REAL, &timer, NULL);
}

static void unblock_ticks(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void thread_seize_begin(unsigned int timeout_ms)
{
	struct sigaction act = { .sa_handler = on_tick, .sa_flags = SA_RESTART };

	patience_ms = timeout_ms;
	sigaction(SIGALRM, &act, NULL);
	unblock_ticks();
	every(TICK_US);
}

void thread_seize_end(void)
{
	every(0);
}

static int seize_burying(struct task *t, pid_t tid)
{
	int r;

	if (sigsetjmp(no_more, 0)) {
		seizing = NULL;
		unblock_ticks();
		return -ETIMEDOUT;
	}
	seizes++;
	seizing = t;
	r = ptrace_seize(tid);
	seizing = NULL;
	return r;
}

int thread_seize(struct task *t, pid_t tid)
{
	int r, tries = 20;

	/* Its pid may have been that of a dead main thread until now: a program was executed. */
	do {
		r = seize_burying(t, tid);
		if (r == -ESRCH)
			return -EAGAIN;
		if (r == -EPERM) {
			r = why_not(t, tid);
			if (r < 0 && r != -EPERM)
				return r;
		}
	} while (r == -EPERM && tries-- > 0);
	if (r == -ETIMEDOUT)
		return log_err(r,
			       "task %d: cannot seize thread %d: an execve() in it comes to no end",
			       t->pid, tid);
	if (r < 0)
		return log_err(r, "task %d: cannot seize thread %d", t->pid, tid);
	r = ptrace_interrupt(tid);
	/* Dead already: the wait will tell. */
	return r < 0 && r != -ESRCH ? log_err(r, "task %d: interrupt thread %d", t->pid, tid) : 0;
}
