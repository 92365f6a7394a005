// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that were stopped inside a system call. Most calls are simply made once more. Some
 * (nanosleep, poll, futex with a timeout) the kernel goes on with by restart_syscall(2) from a
 * restart block that nobody can read or set: those are entered again at restore, with the time they
 * had left as far as the program can know it itself, interrupted there, and so have a block again.
 */
#ifndef TASK_RESTART_H
#define TASK_RESTART_H

#include "engine/restore.h"
#include "engine/restore/program.h"
#include "engine/task/task.h"

/*
 * Waiting for a semaphore, an epoll, native AIO or io_uring ends with EINTR at any stop, ours as well:
 * if no signal waits for the thread, it was ours, and its registers are set to make the call once more.
 * With a time limit that begins anew: how much of it was left nobody knows. Before the gate, and before
 * anything is refused: it happens to the thread at once.
 */
int restart_after_stop(struct task *t);

/*
 * Of a call that was interrupted twice the registers only say restart_syscall: finds out which one it
 * is, for th->restarts. Before the gate. -ENOTSUP (logged): nothing tells.
 */
int restart_find(const struct task *t, struct thread *th, unsigned int timeout_ms);

/*
 * The registers of a thread as the image has them: on the system call instruction, ready to make
 * the call once more. *block: only restart_syscall can do it properly.
 */
void restart_image_regs(const struct thread *th, arch_regs *ret, bool *block);

/* The call to enter at restore: number and arguments. false: it is just to be repeated. */
bool restart_enter(const struct restore_task *t, const CoreEntry *core, struct program *p, long *nr,
		   uint64_t arg[6]);

#endif
