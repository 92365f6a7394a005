// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/image/values.h"
#include "engine/kernel/syscalls.h"
#include "engine/objects/files.h"
#include "attributes.h"
#include "parts.h"
#include "restart.h"
#include "proto/fs.pb-c.h"

static int dump_thread(struct dump *d, struct task *t, struct thread *th, TaskCoreEntry *tc)
{
	struct arena *a = &d->arena;
	ThreadCoreEntry thread = THREAD_CORE_ENTRY__INIT;
	CoreEntry core = CORE_ENTRY__INIT;
	struct arch_thread cpu = th->cpu;
	bool block;
	uint64_t robust;
	size_t len;
	int r;

	r = sys_get_robust_list(th->tid, &robust, &len);
	if (r < 0)
		return log_err(r, "task %d: robust futexes of thread %d", t->pid, th->tid);
	thread.futex_rla = robust;
	thread.futex_rla_len = len;
	thread.has_blk_sigset = true;
	thread.blk_sigset = th->sigmask;
	thread.comm = th->status.comm;
	if (th->answers.pdeath_sig && t->parent && t->maker != t->parent->pid)
		return log_refuse(
			"task %d: its parent-death signal waits for the end of thread %d: not "
			"supported yet",
			t->pid, t->maker);
	if (th->answers.pdeath_sig) {
		thread.has_pdeath_sig = true;
		thread.pdeath_sig = th->answers.pdeath_sig;
	}
	r = creds_dump(&th->status, th->answers.securebits, a, &thread.creds);
	if (r == 0)
		r = sched_dump(t, th, a, &thread);
	if (r == 0)
		r = sas_dump(th, a, &thread);
	if (r == 0)
		r = siginfo_dump(th->tid, false, th->sigstop, a, &thread.signals_p);
	if (r == 0)
		r = rseq_dump(th, a, &thread);
	if (r == 0)
		r = attributes_dump(t, th, a, &thread);
	if (r == 0)
		r = seccomp_dump(d, t, th, &thread);
	if (r < 0)
		return r;

	/* Only the image's registers repeat the call: the thread itself may yet run on as it was. */
	restart_image_regs(th, &cpu.regs, &block);
	if (block)
		thread.has_restart_block = thread.restart_block = true;
	core.tc = tc;
	core.thread_core = &thread;
	r = arch_dump_thread(&cpu, th->answers.clear_tid, &core);
	if (r == 0)
		r = image_write_one(&d->images, IMAGE_CORE, th->tid, &core.base);
	arch_dump_done(&core);
	return r;
}

static int look_in_proc(struct dump *d, struct task *t, TaskCoreEntry *tc)
{
	uint64_t v;
	int r, adj;

	r = proc_u64(t->proc, "personality", 16, &v);
	if (r < 0)
		return log_err(r, "task %d: personality", t->pid);
	tc->personality = v;
	if (proc_u64(t->proc, "loginuid", 10, &v) == 0) {
		tc->has_loginuid = true;
		tc->loginuid = v;
	}
	if (proc_u64(t->proc, "sessionid", 10, &v) == 0) {
		tc->has_sessionid = true;
		tc->sessionid = v;
	}
	r = proc_int(t->proc, "oom_score_adj", &adj);
	if (r < 0)
		return log_err(r, "task %d: oom_score_adj", t->pid);
	tc->has_oom_score_adj = true;
	tc->oom_score_adj = adj;
	/* Without CONFIG_ELF_CORE nobody has a filter. */
	if (proc_u64(t->proc, "coredump_filter", 16, &v) == 0) {
		tc->has_coredump_filter = true;
		tc->coredump_filter = v;
	}
	return rlimit_dump(t, &d->arena, &tc->rlimits);
}

static int add_answers(struct dump *d, struct task *t, TaskCoreEntry *tc)
{
	struct arena *a = &d->arena;
	int r;

	tc->task_state = t->stop_signo ? TASK_STOPPED : TASK_ALIVE;
	if (t->stop_signo) {
		tc->has_stop_signo = true;
		tc->stop_signo = t->stop_signo;
	}
	if (t->stop_waited)
		tc->has_stop_waited = tc->stop_waited = true;
	if (t->continued)
		tc->has_continued = tc->continued = true;
	tc->flags = t->stat.flags;
	tc->blk_sigset = task_leader(t)->sigmask;
	tc->comm = t->stat.comm;
	tc->has_child_subreaper = true;
	tc->child_subreaper = t->answers.child_subreaper;
	if (t->answers.membarrier) {
		tc->has_membarrier_registration_mask = true;
		tc->membarrier_registration_mask = t->answers.membarrier;
	}
	if (t->stat.exit_signal != SIGCHLD) {
		tc->has_exit_signal = true;
		tc->exit_signal = t->stat.exit_signal ?: EXIT_SIGNAL_NONE;
	}
	r = undo_dump(d, t, tc);
	if (r == 0)
		r = timers_dump(&d->tree, t, a, &tc->timers);
	if (r == 0)
		r = siginfo_dump(t->pid, true, t->sigstop, a, &tc->signals_s);
	if (r == 0)
		r = sigactions_dump(t, a, tc);
	return r;
}

static int dump_dir(struct dump *d, struct task *t, const char *link, const char *what,
		    uint32_t *id)
{
	_cleanup_close_ int fd = openat(t->proc, link, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return log_err(-errno, "task %d: its %s", t->pid, what);
	return file_dump_extra(d, t->pid, fd, 0, what, id);
}

int fs_dump(struct dump *d, struct task *t)
{
	FsEntry fs = FS_ENTRY__INIT;
	int r;

	r = dump_dir(d, t, "cwd", "working directory", &fs.cwd_id);
	if (r == 0)
		r = dump_dir(d, t, "root", "root directory", &fs.root_id);
	if (r < 0)
		return r;
	fs.has_umask = true;
	fs.umask = task_leader(t)->status.umask;
	return image_write_one(&d->images, IMAGE_FS, t->pid, &fs.base);
}

int core_look(struct dump *d, struct task *t)
{
	t->core = arena_new(&d->arena, TaskCoreEntry);
	if (!t->core)
		return -ENOMEM;
	task_core_entry__init(t->core);
	return look_in_proc(d, t, t->core);
}

int core_dump(struct dump *d, struct task *t)
{
	TaskKobjIdsEntry ids = TASK_KOBJ_IDS_ENTRY__INIT;
	int r;

	r = ids_dump(d, t, &ids);
	if (r == 0)
		r = image_write_one(&d->images, IMAGE_IDS, t->pid, &ids.base);
	if (r == 0)
		r = add_answers(d, t, t->core);
	for (unsigned int i = 0; r == 0 && i < t->n_threads; i++)
		r = dump_thread(d, t, &t->thread[i], i == 0 ? t->core : NULL);
	seccomp_dump_shared(t);
	return r;
}

int core_dump_zombie(struct dump *d, struct task *t)
{
	struct proc_status status = {};
	TaskCoreEntry tc = TASK_CORE_ENTRY__INIT;
	CoreEntry core = CORE_ENTRY__INIT;
	int r;

	if (t->stat.exit_code & 0x80)
		return log_refuse("task %d: a zombie that dumped core: not supported yet", t->pid);
	r = proc_read_status(t->proc, &status);
	if (r == 0)
		r = creds_dump(&status, 0, &d->arena, &tc.zombie_creds);
	proc_status_done(&status);
	if (r < 0)
		return log_err(r, "zombie %d: credentials", t->pid);
	/* Its parent is told when the tracer has been. */
	if (status.tracer && status.tracer != getpid())
		return log_refuse("task %d: a zombie that is traced by task %d: not supported yet",
				  t->pid, status.tracer);
	tc.task_state = TASK_DEAD;
	tc.exit_code = t->stat.exit_code;
	tc.comm = t->stat.comm;
	if (t->stat.exit_signal != SIGCHLD) {
		tc.has_exit_signal = true;
		tc.exit_signal = t->stat.exit_signal ?: EXIT_SIGNAL_NONE;
	}
	core.mtype = ARCH_MTYPE;
	core.tc = &tc;
	return image_write_one(&d->images, IMAGE_CORE, t->pid, &core.base);
}
