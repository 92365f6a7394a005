// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parts of a task's state that are neither memory nor files. Each file in task/ has both
 * halves of one: dump fills its fields of the core image (memory from `a`), check looks at what an
 * image says before anything is made of it, restore writes the system calls into the program of the
 * thread. All return 0 or -errno, logged.
 */
#ifndef TASK_PARTS_H
#define TASK_PARTS_H

#include <signal.h>

#include "engine/base/arena.h"
#include "engine/dump.h"
#include "engine/inject/inject.h"
#include "engine/restore.h"
#include "engine/restore/program.h"
#include "engine/task/task.h"
#include "proto/core.pb-c.h"

struct sembuf;

/* creds.c: ids, groups, capabilities, securebits, no_new_privs. */
int creds_dump(const struct proc_status *s, uint32_t securebits, struct arena *a, CredsEntry **ret);
int creds_check(const CredsEntry *e, const char *image);
int creds_restore(struct program *p, const CredsEntry *e);

/* signals.c: actions, alternate stack, queues. */
int sigactions_dump(const struct task *t, struct arena *a, TaskCoreEntry *tc);
int sigactions_check(const TaskCoreEntry *tc, const char *image);
int sigactions_restore(struct program *p, const TaskCoreEntry *tc);
int sas_dump(const struct thread *th, struct arena *a, ThreadCoreEntry *core);
int sas_restore(struct program *p, const ThreadCoreEntry *core);
/* more: one that is to be saved besides, or NULL. */
int siginfo_dump(pid_t tid, bool shared, const siginfo_t *more, struct arena *a,
		 SignalQueueEntry **ret);
int siginfo_check(const SignalQueueEntry *q, const char *image);
/* tid 0: the queue of the task. All but SIGSTOP, which main sends when the task can take it. */
int siginfo_restore(struct program *p, const SignalQueueEntry *q, const TaskTimersEntry *timers,
		    pid_t pid, pid_t tid);
bool siginfo_has_stop(const SignalQueueEntry *q);

/* timers.c: setitimer(2) and timer_create(2). */
int timers_dump(const struct tree *tree, const struct task *t, struct arena *a,
		TaskTimersEntry **ret);
int timers_check(const TaskTimersEntry *e, const char *image);
/* Makes the POSIX timers; timers_start() arms them all, the last thing before the release. */
int timers_restore(struct program *p, const TaskTimersEntry *e);
int timers_start(struct program *p, const struct restore_task *task);
/* Does this kernel take the id that a timer is to have? Otherwise the restorer counts up to it. */
bool timers_take_ids(void);
/* Is this pending signal one that a timer will have sent again as soon as it is started? */
bool timers_will_send(const TaskTimersEntry *e, const siginfo_t *info);

/* rlimit.c */
int rlimit_dump(const struct task *t, struct arena *a, TaskRlimitsEntry **ret);
int rlimit_check(const TaskRlimitsEntry *e, const char *image);
int rlimit_restore(struct program *p, const TaskRlimitsEntry *e);

/* sched.c: policy, priority, nice, affinity, I/O priority, timer slack, memory policy. */
void sched_prepare(void); /* counts CPUs: before a dump */
/* Refuses a core scheduling cookie. */
int sched_look(const struct task *t, const struct thread *th);
int sched_dump(const struct task *t, const struct thread *th, struct arena *a,
	       ThreadCoreEntry *core);
int sched_check(const ThreadCoreEntry *core, const char *image);
int sched_restore(struct program *p, const ThreadCoreEntry *core);

/*
 * rseq.c: restartable sequences. rseq_look() comes before the gate is written: it moves a thread
 * out of a critical section.
 */
int rseq_look(struct task *t, struct thread *th);
/* In the gate, on kernels where that only guesses. */
struct rseq_questions {
	int any, right;
};
int rseq_ask(const struct thread *th, struct batch *b, struct rseq_questions *q);
int rseq_answer(const struct task *t, struct thread *th, struct batch *b,
		const struct rseq_questions *q);
int rseq_dump(const struct thread *th, struct arena *a, ThreadCoreEntry *core);
int rseq_restore(struct program *p, const ThreadCoreEntry *core);

/* membarrier.c: what the task has registered for. In the gate. */
#define MEMBARRIER_COMMANDS 4
struct membarrier_questions {
	int all, one[MEMBARRIER_COMMANDS];
};
int membarrier_ask(struct batch *b, struct membarrier_questions *q);
uint32_t membarrier_answer(struct batch *b, const struct membarrier_questions *q);
/* Does the kernel tell what somebody has registered for, or has each to be tried? */
bool membarrier_is_told(void);
int membarrier_restore(struct program *p, const TaskCoreEntry *tc);

/*
 * uring.c: refuses rings that nothing shows, in the gate; and more of them, in the gate again, where a
 * thread may have some: the first calls of its list.
 */
int uring_ask(struct batch *b, int *first);
int uring_answer(const struct task *t, struct thread *th, struct batch *b, int first);
int uring_ask_more(const struct thread *th, struct batch *b);
int uring_answer_more(const struct task *t, struct thread *th, struct batch *b);

/*
 * fds.c: the descriptors of a task that shares none with one before it. look returns the room it takes
 * to ask about them; if they are many, ask and answer are about some, and in the gate again about the
 * next ones, until none are left to ask about.
 */
long fds_look(struct task *t);
void fds_ask(const struct task *t, struct batch *b, int *first);
int fds_answer(struct task *t, struct batch *b, int first);

/*
 * undo.c: semaphores that are changed back when a task ends, in the gate. none() is ourselves, with
 * no list of them for the moment: threads have one together, made when the first is (CLONE_SYSVSEM),
 * and unshare(2) leaves it.
 */
pid_t undo_none(void);
int undo_look(struct tree *tree);
size_t undo_room(const struct task *t);
int undo_ask(const struct task *t, struct batch *b, int *first);
int undo_answer(struct task *t, struct batch *b, int first);
void undo_end(void);
/* undo_find.c: exactly what a task that undoes anything has to undo, in the gate again. */
int undo_find(struct dump *d, struct task *t);
int undo_dump(struct dump *d, const struct task *t, TaskCoreEntry *tc);
/*
 * The end of a task that was dumped is to undo nothing: nobody but the restored one should. Or it is
 * to after all.
 */
int undo_take(struct dump *d, struct task *t);
void undo_give_back(struct dump *d, struct task *t);
/* undo_restore.c: which sets must be there; in a held task, by a way to make it call semop(2). */
int undo_check(const TaskCoreEntry *tc, const char *image);
int undo_prepare(struct restore *r);
#define UNDO_ROOM 64 /* bytes for its operations */
typedef int undo_semop(struct restore_task *t, int id, const struct sembuf *op, size_t n);
int undo_restore(struct restore_task *t, undo_semop *semop);
/* When the restored tasks have been ended, and with them have undone what they had. */
void undo_fail(struct restore *r);

/*
 * seccomp.c: look suspends it in a thread, before the gate. share and restore write what a thread has
 * to do when main has suspended it again; in between, all threads of a task wait for its leader,
 * which gives them the filters they have in common.
 */
int seccomp_look(struct task *t, struct thread *th);
int seccomp_dump(struct dump *d, const struct task *t, struct thread *th, ThreadCoreEntry *core);
/* After all its threads. */
void seccomp_dump_shared(const struct task *t);
int seccomp_dump_end(struct dump *d);
int seccomp_plan(struct restore *r);
bool seccomp_has(const struct restore_thread *th);
unsigned int seccomp_steps(const struct restore_task *t, const struct restore_thread *th);
size_t seccomp_room(const struct restore_task *t, const struct restore_thread *th);
void seccomp_share(struct program *p, const struct restore_task *t);
void seccomp_restore(struct program *p, const struct restore_task *t,
		     const struct restore_thread *th);

/* ids.c: which tasks share memory, descriptors, directories or signal handlers. */
void ids_prepare(void); /* notes our own namespaces: before a dump */
int ids_number(struct tree *tree);
int ids_dump(struct dump *d, const struct task *t, TaskKobjIdsEntry *ids);
/* Refuses tasks that live in other namespaces than we do. */
int ids_check_namespaces(const struct tree *tree);
/*
 * Those that a thread can have left by itself; proc: its directory in /proc. 0: this kernel has none
 * of the kind, or it is one that does not exist yet. From any thread of ours.
 */
#define THREAD_NAMESPACES 5
int ids_thread_namespaces(int proc, uint64_t ns[THREAD_NAMESPACES]);
/* Refuses a thread whose are not those of its task. */
int ids_check_thread(const struct task *t, pid_t tid, const uint64_t ns[THREAD_NAMESPACES],
		     const uint64_t whole[THREAD_NAMESPACES]);
/* The ids of the engine's own namespaces, for the inventory. */
void ids_own(TaskKobjIdsEntry *ids);

/*
 * look.c: what a task and its threads are up to, before the gate; refuses what cannot be saved. The calls
 * they are in come first: to tell them, a thread may have to run, which changes memory.
 */
int task_find_calls(struct dump *d, struct task *t);
int task_look(struct dump *d, struct task *t);

/* core.c: what of the core image /proc tells. */
int core_look(struct dump *d, struct task *t);
/* The fs image, which is found without the task. */
int fs_dump(struct dump *d, struct task *t);
/* The core and ids images. */
int core_dump(struct dump *d, struct task *t);
/* A zombie has little more than its exit code. */
int core_dump_zombie(struct dump *d, struct task *t);

#endif
