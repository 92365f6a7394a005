// SPDX-License-Identifier: GPL-2.0-only
/* The story of a restore: read everything, make everything, let it all run at once; or undo it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/memory/memory.h"
#include "engine/memory/memory_task.h"
#include "engine/objects/files.h"
#include "engine/objects/remap.h"
#include "engine/restore.h"
#include "engine/restore/enter.h"
#include "engine/restore/guard.h"
#include "engine/restore/job.h"
#include "engine/restore/plan.h"
#include "engine/restore/stages.h"
#include "engine/script.h"
#include "engine/session.h"
#include "engine/task/parts.h"
#include "proto/stats.pb-c.h"

static int open_images(struct restore *r)
{
	int ret;

	arena_init(&r->arena, true);
	ret = image_set_open(r->images_fd, &r->arena, r->opts->accept_edited, &r->set);
	if (ret == -ENOENT)
		return log_err(ret, "inventory.img: there is no finished dump here");
	return ret < 0 ? plan_bad(r, ret) : 0;
}

/* Everything that the images can get wrong is found here, before anything has been made. */
static int plan(struct restore *r)
{
	int ret = plan_tasks(r);

	if (ret == 0)
		ret = seccomp_plan(r);
	if (ret == 0 && r->opts->pid && r->opts->pid != r->root->pid)
		ret = log_err(-EINVAL, "the root of this tree is task %d, not %d", r->root->pid,
			      r->opts->pid);
	if (ret == 0)
		ret = remap_plan_helpers(r);
	if (ret == 0)
		ret = plan_sessions(r);
	if (ret == 0)
		ret = files_plan(r);
	return ret < 0 ? ret : memory_plan(r);
}

/*
 * The C library has registered restartable sequences in memory that the tasks will unmap: the
 * kernel must have forgotten them by then.
 */
static void forget_rseq(void)
{
	char *area = (char *)__builtin_thread_pointer() + __rseq_offset;

	if (__rseq_size)
		syscall(SYS_rseq, area, 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
}

/* What outlives the tasks, who are gone. */
static void undo_outside(struct restore *r)
{
	memory_done(r, false);
	undo_fail(r);
}

/* Main becomes what all tasks are copies of. */
static int prepare(struct restore *r)
{
	int ret;

	r->main_pid = getpid();
	/* Whatever fails, all that were made end up as our children. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return log_err(-errno, "child subreaper");
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGPIPE && sig != SIGXFSZ) /* main.c: failing writes are only that */
			signal(sig, SIG_DFL);
	ret = guard_begin(r, undo_outside);
	forget_rseq();
	if (ret == 0)
		ret = stages_init(r);
	if (ret == 0)
		ret = memory_find_vdso();
	if (ret == 0)
		ret = memory_prepare(r);
	if (ret == 0)
		ret = undo_prepare(r);
	return ret < 0 ? ret : files_prepare(r);
}

static int bury_own_helpers(struct restore *r, bool until_files)
{
	struct restore_task *h, *next;

	HASH_ITER(hh, r->by_pid, h, next)
		if (h->helper && !h->parent && h->until_files == until_files &&
		    waitpid(h->pid, NULL, __WALL) < 0)
			return log_err(-errno, "wait for helper %d", h->pid);
	return 0;
}

static int for_tasks(struct restore *r, bool stopped,
		     int (*fn)(struct restore *r, struct restore_task *t))
{
	int ret = 0;

	for_each_restore_task(t, r) {
		if (ret == 0 && !t->zombie && restore_task_stopped(t) == stopped)
			ret = fn(r, t);
	}
	return ret;
}

/* Nobody gets far in the restorer who has filters, unless main holds them back until the end. */
static int confine(struct restore *r)
{
	int ret = stage_await(r, STAGE_CONFINE, r->n_threads);

	/* Who is traced does not simply stop. */
	if (ret == 0)
		ret = for_tasks(r, false, release_bounce);
	if (ret == 0)
		ret = for_tasks(r, false, release_suspend_seccomp);
	if (ret == 0)
		ret = for_tasks(r, true, release_suspend_seccomp);
	if (ret < 0)
		return ret;
	stage_open(r, STAGE_CONFINE);
	ret = stage_await(r, STAGE_FILTERS, r->n_threads);
	if (ret == 0)
		stage_open(r, STAGE_FILTERS);
	return ret;
}

/* Each stage ends when everybody has reached its end. */
static int make_tasks(struct restore *r)
{
	unsigned int everybody = r->n_tasks + r->n_helpers;
	int ret;

	ret = tasks_fork(r);
	if (ret == 0)
		ret = stage_await(r, STAGE_BORN, everybody);
	if (ret < 0)
		return ret;
	r->stats->fork_us = now_us() - r->stats->begun;
	ret = memory_seal(r);
	if (ret < 0)
		return ret;
	stage_open(r, STAGE_BORN);
	ret = stage_await(r, STAGE_GROUPS, everybody);
	if (ret < 0)
		return ret;
	stage_open(r, STAGE_GROUPS);
	ret = bury_own_helpers(r, false);
	if (ret == 0)
		ret = stage_await(r, STAGE_FILES, r->n_live + r->n_makers);
	if (ret < 0)
		return ret;
	stage_open(r, STAGE_FILES);
	ret = bury_own_helpers(r, true);
	if (ret == 0 && r->n_confined)
		ret = confine(r);
	return ret < 0 ? ret : stage_await(r, STAGE_THREADS, r->n_threads);
}

/*
 * Stopped tasks come first, and stop again, while their parents still wait: the SIGCHLD that tells
 * of it is then swept up with the others.
 */
static int release_stopped(struct restore *r)
{
	int ret;

	stage_open(r, STAGE_THREADS);
	if (!r->n_stopped_threads)
		return 0;
	ret = stage_await(r, STAGE_STOPPED, r->n_stopped_threads);
	if (ret == 0)
		ret = for_tasks(r, true, release_hold);
	if (ret == 0)
		ret = for_tasks(r, true, release_set);
	if (ret == 0)
		ret = for_tasks(r, true, release_go);
	if (ret == 0)
		ret = for_tasks(r, true, release_await_stop);
	return ret < 0 ? ret : for_tasks(r, true, release_stops);
}

static int write_pidfile(struct restore *r)
{
	_cleanup_close_ int fd = -EBADF;

	if (!r->opts->pidfile)
		return 0;
	fd = openat(r->work_fd, r->opts->pidfile, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || dprintf(fd, "%d", r->root->pid) < 0)
		return log_err(-errno, "pid file %s", r->opts->pidfile);
	return 0;
}

static int release(struct restore *r)
{
	int ret = release_stopped(r);

	if (ret < 0)
		return ret;
	if (!r->n_confined)
		ret = for_tasks(r, false, release_bounce);
	if (ret < 0)
		return ret;
	stage_open(r, STAGE_STOPPED);
	ret = stage_await(r, STAGE_DONE, r->n_threads - r->n_stopped_threads);
	if (ret == 0)
		ret = for_tasks(r, false, release_hold);
	if (ret == 0)
		ret = for_tasks(r, false, release_set);
	if (ret == 0)
		ret = write_pidfile(r);
	if (ret == 0)
		ret = script_run(r->opts, "post-restore", r->root->pid);
	/* This one is only told, and so is the one afterwards. */
	if (ret == 0 && script_run(r->opts, "pre-resume", r->root->pid) < 0)
		log_warn("pre-resume: the tree runs on all the same");
	if (ret == 0)
		ret = files_arm(r);
	if (ret == 0)
		ret = for_tasks(r, false, release_disown);
	if (ret < 0)
		return ret;
	/* From here on nothing can fail any more; what main held for the tasks must not outlive this. */
	files_finish(r, true);
	memory_done(r, true);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	guard_release(r);
	ret = for_tasks(r, false, release_go);
	guard_end(r);
	return ret < 0 ? ret : for_tasks(r, false, release_stops);
}

/* Ends everybody, and waits until they are gone. */
static void undo(struct restore *r)
{
	struct restore_task *t, *next;

	guard_end(r);
	HASH_ITER(hh, r->by_pid, t, next)
		if (t->made && kill(t->pid, SIGKILL) < 0 && errno != ESRCH)
			log_warn("task %d: cannot be ended: %s", t->pid, strerror(errno));
	/* Children of those who end come to us; SIGKILL reaches them through their parents' death. */
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
		;
	files_finish(r, false);
	undo_outside(r);
}

static int write_stats(struct restore *r)
{
	RestoreStatsEntry e = RESTORE_STATS_ENTRY__INIT;
	StatsEntry stats = STATS_ENTRY__INIT;

	e.pages_compared = r->stats->pages_compared;
	e.pages_skipped_cow = r->stats->pages_skipped_cow;
	e.forking_time = r->stats->fork_us;
	e.restore_time = r->stats->restore_us;
	e.has_pages_restored = true;
	e.pages_restored = r->stats->pages_restored;
	stats.restore = &e;
	if (r->opts->display_stats)
		printf("Displaying restore stats:\n"
		       "Pages compared: %ju\nPages skipped COW: %ju\nPages restored: %ju\n"
		       "Restore time: %u us\nForking time: %u us\n",
		       (uintmax_t)e.pages_compared, (uintmax_t)e.pages_skipped_cow,
		       (uintmax_t)e.pages_restored, e.restore_time, e.forking_time);
	return image_write_stats(r->work_fd, IMAGE_STATS_RESTORE, &stats.base);
}

/* What is left to do when the tree runs. */
static int afterwards(struct restore *r)
{
	const struct options *o = r->opts;
	int ret = write_stats(r);

	if (ret < 0)
		log_warn("stats-restore: %s", strerror(-ret));
	if (script_run(o, "post-resume", r->root->pid) < 0)
		log_warn("post-resume: the tree runs on all the same");
	job_begin(r);
	if (o->exec_after) {
		execvp(o->exec_cmd[0], o->exec_cmd);
		return log_err(-errno, "%s", o->exec_cmd[0]);
	}
	return o->detach || o->sibling ? 0 : job_wait(r);
}

int restore_main(const struct options *opts)
{
	/* What hangs on it is kept until the end, and never freed. */
	static struct restore r = { .job_terminal = -EBADF };
	int ret;

	r.opts = opts;
	session_raise_nofile();
	ret = session_open(opts, &r.images_fd, &r.work_fd);
	if (ret < 0)
		return ret;
	ret = log_share_first();
	if (ret < 0)
		return log_err(ret, "memory");
	r.stats = mmap(NULL, sizeof(*r.stats), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (r.stats == MAP_FAILED)
		return log_err(-errno, "memory");
	r.stats->begun = now_us();

	ret = open_images(&r);
	if (ret == 0)
		ret = plan(&r);
	if (ret == 0)
		ret = script_run(opts, "pre-restore", 0);
	if (ret < 0)
		goto failed;
	ret = prepare(&r);
	if (ret == 0)
		ret = make_tasks(&r);
	if (ret == 0)
		ret = release(&r);
	if (ret < 0) {
		undo(&r);
		goto failed;
	}
	r.stats->restore_us = now_us() - r.stats->begun;
	log_info("restored %u tasks with %u threads in %ju us", r.n_tasks, r.n_threads,
		 (uintmax_t)r.stats->restore_us);
	return afterwards(&r);
failed:
	if (!log_first_error())
		log_err(ret, "restore");
	return ret;
}
