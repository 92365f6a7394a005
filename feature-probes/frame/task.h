// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks a probe starts. Whatever goes wrong with one is broken, so callers need not look. None
 * outlives the probe, whether it was waited for or not.
 */
#ifndef FEATURE_PROBES_FRAME_TASK_H
#define FEATURE_PROBES_FRAME_TASK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* fork(): 0 in the child. It is killed when the task that spawned it ends. */
pid_t spawn(void);

/* Sleeps until somebody ends us; and a child that does nothing else. */
_Noreturn void linger(void);
pid_t spawn_idle(void);

/*
 * fork() into new namespaces (CLONE_NEW*). With CLONE_NEWNS nothing mounted there shows outside,
 * and with CLONE_NEWPID as well /proc is that of the new pid namespace, whose pid 1 is the child.
 * Absent when this user may not, or this kernel cannot, make such a namespace.
 *
 * The C library knows nothing of this fork: no raise(), no threads in the child.
 */
pid_t spawn_in(int namespaces);

/* Enters a new mount namespace of which nothing shows outside. Absent as above. */
void own_mounts(void);

/*
 * Enters a new user namespace: with every capability there, and with no id; or as its root, which
 * is who we were outside. Absent as above.
 */
void own_users(void);
void own_root(void);

/* Waits for a child's end: its wait status. */
int reap(pid_t pid);

/* The same for a child that has to end well: 0 from exit(). */
void reap_good(pid_t pid);

/* SIGKILL, and waits for the end. */
void end_task(pid_t pid);

/*
 * Becomes, by exec(), a program that does nothing for ever; until_exec() waits until another task
 * has become it.
 */
_Noreturn void exec_idle(void);
void until_exec(pid_t pid);

/*
 * Takes the C library's rseq area of the calling thread out of the kernel's hands: its address, or
 * NULL when there was none. *len is what it was registered with.
 */
void *drop_libc_rseq(uint32_t *len);
#define LIBC_RSEQ_SIGNATURE 0x53053053 /* x86; others have their own */

/* Waits for a task to be in a state, as the third field of /proc/PID/stat has it. */
void until_state(pid_t pid, char state);

/*
 * All tasks of a probe share a counter that only goes up: reach() moves it to a stage, await()
 * waits until it is there.
 */
void reach(int stage);
void await(int stage);

#endif
