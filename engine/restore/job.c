// SPDX-License-Identifier: GPL-2.0-only
/*
 * The caller's shell knows us, not the job, which has process groups of its own. So we do between the
 * two what a shell does: put the job in front, take the terminal back, with the modes it had, when
 * the job has stopped or ended, and stop and go on ourselves with it.
 */
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "job.h"

static struct {
	struct termios2 before; /* how the terminal was when we were called */
	struct termios2 its;    /* how the job has it */
	bool has_modes;
	bool in_front; /* we have put it there, and not taken the terminal back since */
} job;

/* Is the terminal ours to give away? */
static bool are_in_front(const struct restore *r)
{
	return tcgetpgrp(r->job_terminal) == getpgrp();
}

int job_open(struct restore *r)
{
	r->job_terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (r->job_terminal < 0 || ioctl(r->job_terminal, TCGETS2, &job.before) < 0)
		return log_err(-errno, "/dev/tty: the terminal of the job");
	if (getsid(0) == getpid() && (r->opts->detach || r->opts->sibling))
		return log_refuse("we lead this session: when we end, and do not wait for the job, "
				  "it loses its terminal");
	job.in_front = are_in_front(r);
	if (!job.in_front)
		r->root->foreground = 0;
	return 0;
}

int job_modes(const struct restore *r, const struct termios2 *set)
{
	job.its = *set;
	job.has_modes = true;
	if (job.in_front && ioctl(r->job_terminal, TCSETS2, set) < 0)
		return log_err(-errno, "modes of the job's terminal");
	return 0;
}

void job_begin(const struct restore *r)
{
	pid_t group = r->root->foreground ?: r->root->pgid;

	if (r->job_resized && group != getpgrp())
		(void)kill(-group, SIGWINCH);
	else if (r->job_resized)
		(void)kill(r->root->pid, SIGWINCH);
}

/* SIGTTOU, which would stop us for it, is blocked. */
static void take_back(const struct restore *r)
{
	if (tcsetpgrp(r->job_terminal, getpgrp()) < 0 ||
	    ioctl(r->job_terminal, TCSETS2, &job.before) < 0)
		log_warn("the terminal cannot be taken back");
	job.in_front = false;
}

static void give(const struct restore *r, pid_t group)
{
	if (job.has_modes)
		(void)ioctl(r->job_terminal, TCSETS2, &job.its);
	job.in_front = tcsetpgrp(r->job_terminal, group) == 0;
}

/* Until somebody continues us: in front, or in the background. */
static void stop_with_job(struct restore *r)
{
	pid_t group = r->root->pgid;

	if (job.in_front) {
		pid_t front = tcgetpgrp(r->job_terminal);

		group = front > 0 ? front : group;
		job.has_modes = ioctl(r->job_terminal, TCGETS2, &job.its) == 0;
		take_back(r);
	}
	raise(SIGSTOP);
	if (are_in_front(r))
		give(r, group);
	(void)kill(-r->root->pgid, SIGCONT);
}

int job_wait(struct restore *r)
{
	bool ours = r->job_terminal >= 0, apart = ours && r->root->pgid != getpgrp();
	sigset_t set;
	int status;

	sigemptyset(&set);
	sigaddset(&set, SIGTTOU);
	if (ours)
		sigprocmask(SIG_BLOCK, &set, NULL);
	for (;;) {
		if (waitpid(r->root->pid, &status, apart ? WUNTRACED : 0) < 0) {
			if (errno == EINTR)
				continue;
			return log_err(-errno, "wait for task %d", r->root->pid);
		}
		if (!WIFSTOPPED(status))
			break;
		stop_with_job(r);
	}
	/* What ended in front leaves the terminal to nobody. */
	if (apart && job.in_front)
		take_back(r);
	return 0;
}
