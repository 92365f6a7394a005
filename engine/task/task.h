// SPDX-License-Identifier: GPL-2.0-only
/* The process tree of a dump, as it is held still. */
#ifndef TASK_TASK_H
#define TASK_TASK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uthash.h>

#include "engine/arch/arch.h"
#include "engine/kernel/maps.h"
#include "engine/kernel/pagemap.h"
#include "engine/kernel/procfs.h"
#include "engine/kernel/ptrace.h"

struct batch;
struct questions;
struct inject;
struct undo;
struct vm_policy;

#define NR_SIGNALS 64

/* struct kernel_sigaction of the x86-64 ABI: what rt_sigaction(2) fills. */
struct raw_sigaction {
	uint64_t handler, flags, restorer, mask;
};

/* struct itimerval and struct itimerspec of a 64-bit kernel. */
struct raw_timer {
	int64_t interval_sec, interval_frac, value_sec, value_frac;
};

/* An attribute set by prctl(2): task/attributes.c. */
#define MAX_ATTRIBUTES 16

/* What a thread answered through the gate: task/ask.c. */
struct thread_answers {
	uint64_t ss_sp, ss_size;
	uint32_t ss_flags;
	uint64_t clear_tid;
	uint32_t pdeath_sig;
	uint64_t timerslack, default_timerslack;
	uint32_t securebits;
	int32_t mempolicy;
	uint8_t mempolicy_nodes[128];
	int64_t attribute[MAX_ATTRIBUTES];
	bool may_have_rings; /* of io_uring, which it has not been asked about yet */
};

/* What its main thread answered for the whole task. */
struct task_answers {
	struct raw_sigaction sigaction[NR_SIGNALS]; /* of signal i + 1 */
	struct raw_timer itimer[3];
	struct proc_timer *timer;
	struct raw_timer *timer_value;
	int32_t *timer_overrun;
	unsigned int n_timers;
	int dumpable;
	int thp_disabled;      /* 1 and flags: PR_GET_THP_DISABLE */
	uint32_t mlock_future; /* flags of mlockall(2), 0: none */
	uint64_t *aio;         /* rings of native AIO contexts */
	unsigned int n_aio;
	bool child_subreaper;
	uint64_t brk;
	uint32_t membarrier;
};

struct thread {
	pid_t tid;
	bool held; /* seized, and stopped unless we let it run */
	bool gone; /* while freezing: it ended */
	struct proc_status status;
	siginfo_t *sigstop; /* as that of the task, for this thread */
	struct arch_thread cpu;
	uint64_t sigmask;
	long restarts; /* the call that it is in, when the registers say restart_syscall; else 0 */
	int stop_sig;  /* signal the gate stops with; 0: none is free */
	struct batch *batch;
	struct thread_answers answers;
	struct rseq_config rseq;
	bool rseq_guessed;            /* on a kernel that does not tell */
	struct seccomp_known *filter; /* the last it was given */
};

struct task_fd {
	int number;
	bool cloexec;
};

struct task {
	struct task *next; /* the tree in preorder: parents before children */
	struct task *parent, *child, **last_child, *sibling;
	UT_hash_handle hh;
	pid_t pid;
	pid_t maker; /* the thread of its parent that counts as having forked it */
	int proc;    /* O_PATH descriptor of /proc/PID */
	struct proc_stat stat;

	bool quiet; /* while freezing: stands still, and had no new threads or children since */
	bool zombie;
	int stop_signo;     /* stopped by job control with this signal, else 0 */
	siginfo_t *sigstop; /* one more of these, for the whole task, that the gate would swallow */
	bool stop_waited;   /* the parent has waited for the stop */
	bool continued;     /* the parent can wait for it as continued */
	struct thread *thread; /* the leader first; none for a zombie */
	unsigned int n_threads;
	pid_t highest_tid;

	struct vm_map map;
	struct page_runs guards;
	struct vm_policy *policy; /* by mapping: memory/policy.c */
	unsigned int n_policies, policies_asked;
	uint32_t *file;              /* by mapping, the one it is of: memory/mm_dump.c */
	struct questions *questions; /* while they are asked */
	struct task_answers answers;
	struct inject *inject;
	struct TaskCoreEntry *core; /* what is known of the image by now: task/core.c */

	/* Numbers of shared objects: task/ids.c. */
	uint32_t vm_id, files_id, fs_id, sighand_id;
	bool shares_files;  /* with a task before it in the tree */
	struct task_fd *fd; /* if not, its descriptors, rising: task/fds.c */
	unsigned int n_fds, fds_asked, fds_to_ask;
	bool may_undo;     /* changes of semaphores, when it ends */
	bool undoes;       /* some */
	struct undo *undo; /* these: task/undo_find.c */
	unsigned int n_undo;
};

struct tree {
	struct task *root;
	struct task *by_pid; /* uthash */
	unsigned int n_tasks, n_threads;
	pid_t half_dead;         /* then: a task whose main thread has ended before others */
	unsigned int timeout_ms; /* while freezing: longest wait for one thread */
	bool ended;              /* and: a task or thread ended since the last look */
};

#define for_each_task(t, tree) for (struct task *t = (tree)->root; t; t = t->next)
#define for_each_thread(th, t)                                                                     \
	for (struct thread *th = (t)->thread; th < (t)->thread + (t)->n_threads; th++)

static inline struct thread *task_leader(const struct task *t)
{
	return t->thread;
}

/*
 * Seizes and stops every task and thread below root, new ones that appear meanwhile included, and
 * reads their registers. On failure everything that stands still runs on.
 */
int tree_freeze(pid_t root, unsigned int timeout_ms, struct tree *ret);

/* Lets every thread run on where it was. The gates must have been cured. */
void tree_thaw(struct tree *tree);

/* Waits until all are gone that have been killed. */
void tree_bury(struct tree *tree);

/* Detaches the tree, leaving it stopped as by SIGSTOP. */
void tree_leave_stopped(struct tree *tree);

void tree_done(struct tree *tree);

#endif
