// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holding and asking a task: ptrace(2). All calls return 0 or -errno; -ESRCH means that the task
 * died or is not stopped. Every call must come from the thread that seized the task.
 */
#ifndef KERNEL_PTRACE_H
#define KERNEL_PTRACE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

enum stop_kind {
	STOP_EVENT,  /* PTRACE_INTERRUPT took effect */
	STOP_GROUP,  /* the task is stopped by job control; sig says which signal did it */
	STOP_SIGNAL, /* a signal is about to be delivered */
	STOP_ENTRY,  /* at the entry to a system call, */
	STOP_EXIT,   /* at its exit */
	STOP_GONE,   /* it exited or was killed; status is what wait(2) said */
};

struct stop {
	enum stop_kind kind;
	int sig;
	int status;
};

int ptrace_seize(pid_t tid);
/*
 * One that is to die with us, until it is disowned; meanwhile seccomp may be suspended. Of one that
 * was seized already, and is stopped, it is suspended until it is detached. -EPERM: without
 * CAP_SYS_ADMIN, or with seccomp of our own.
 */
int ptrace_seize_own(pid_t tid, bool suspend_seccomp);
int ptrace_suspend_seccomp(pid_t tid);
int ptrace_disown(pid_t tid);
int ptrace_interrupt(pid_t tid);

/*
 * The task's next stop, reaped. Waits actively at first: a stop takes a few microseconds, waking
 * up from sleep many. -ETIMEDOUT after timeout_ms.
 */
int ptrace_wait(pid_t tid, unsigned int timeout_ms, struct stop *ret);

/*
 * How long to wait for one that stops as soon as it runs: while it could and is not let, others want
 * the CPU, and that is no sign that it is lost.
 */
unsigned int ptrace_patience(pid_t tid, unsigned int timeout_ms);
/* Waits as long. */
int ptrace_wait_long(pid_t tid, unsigned int timeout_ms, struct stop *ret);

/* A stop that was seen may be over: SIGKILL ends every stop. */
bool ptrace_stands(pid_t tid);

/* Let it run on, delivering sig unless 0; until the next stop, or for one instruction. */
int ptrace_cont(pid_t tid, int sig);
int ptrace_step(pid_t tid);
int ptrace_until_syscall(pid_t tid, int sig);
int ptrace_detach(pid_t tid, int sig);

int ptrace_get_regs(pid_t tid, struct user_regs_struct *regs);
int ptrace_set_regs(pid_t tid, const struct user_regs_struct *regs);
/* The extended state in XSAVE layout; *len is the room before and the size after. */
int ptrace_get_xstate(pid_t tid, void *area, size_t *len);
int ptrace_set_xstate(pid_t tid, const void *area, size_t len);

/* The 64 signals as one word, signal 1 in the lowest bit. */
int ptrace_get_sigmask(pid_t tid, uint64_t *mask);
int ptrace_set_sigmask(pid_t tid, uint64_t mask);

/*
 * Pending signals, oldest first; shared: those of the whole task. *ret is malloc'ed. They stay
 * queued.
 */
int ptrace_peek_siginfo(pid_t tid, bool shared, siginfo_t **ret, unsigned int *n);
/* Of the signal a STOP_SIGNAL is about. */
int ptrace_get_siginfo(pid_t tid, siginfo_t *ret);

/* struct ptrace_rseq_configuration of linux/ptrace.h; all zero when none is registered. */
struct rseq_config {
	uint64_t area;
	uint32_t size, signature, flags, pad;
};
int ptrace_get_rseq(pid_t tid, struct rseq_config *ret); /* since 5.13, else -EIO */

/* Syscall user dispatch on? Since 6.4; -EIO before. */
int ptrace_sud_active(pid_t tid, bool *ret);

/*
 * The n-th seccomp filter of a stopped thread, the oldest first: gives the number of instructions,
 * of which there are at most BPF_MAXINSNS. -ENOENT: it has fewer filters. Flags: since 4.16.
 */
struct sock_filter;
int ptrace_get_filter(pid_t tid, unsigned int n, struct sock_filter *to);
int ptrace_get_filter_flags(pid_t tid, unsigned int n, uint64_t *flags);

/* Words of memory, whatever its protection says (FOLL_FORCE): also where /proc/PID/mem is held back. */
int ptrace_poke(pid_t tid, uint64_t addr, const void *data, size_t n);

#endif
