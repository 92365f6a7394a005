// SPDX-License-Identifier: GPL-2.0-only
/*
 * What /proc/PID tells: proc(5). Everything is read through a descriptor of the task's directory,
 * so that a pid that is reused meanwhile gives ESRCH and not somebody else's state.
 */
#ifndef KERNEL_PROCFS_H
#define KERNEL_PROCFS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "engine/base/buf.h"

/* O_PATH descriptor of /proc/PID, or of /proc/PID/task/TID when tid is not 0. -ESRCH: no such task. */
int proc_open(pid_t pid, pid_t tid);

struct proc_stat {
	pid_t pid, ppid, pgid, sid;
	char comm[64]; /* whatever bytes the task chose, 15 of them; kernel threads have more */
	char state;
	uint32_t flags;  /* PF_* */
	uint32_t tty_nr; /* controlling terminal: its device number; 0: none */
	pid_t tpgid;     /* its foreground process group; -1: none, 0: one we cannot see */
	int exit_signal; /* 0: none */
	uint64_t start_time;
	uint64_t start_code, end_code, start_data, end_data, start_stack, start_brk;
	uint64_t arg_start, arg_end, env_start, env_end;
	int exit_code; /* as wait(2) reports it; 0 without the right to ptrace the task */
};
int proc_read_stat(int proc, struct proc_stat *ret);
/* For messages: what a thread is at, as a letter; '?' if there is none. */
char proc_state(pid_t pid, pid_t tid);

/*
 * The function of the kernel in which a thread sleeps, "0" if it does not or may not be known: what
 * functions are called differs between kernels. -ENOENT: without CONFIG_KALLSYMS.
 */
int proc_wchan(pid_t pid, pid_t tid, char *to, size_t size);

/*
 * A file of /proc that the kernel prints as one record (fdinfo, status, stat, limits; not maps or
 * timers): a read that is not filled has seen the end of it, so that asking again is not needed.
 */
int proc_read_single(int dirfd, const char *path, struct buf *b);
/* The same of one that is open: its text as of now. */
int proc_read_again(int fd, struct buf *b);

/*
 * The numbers behind "Key:" in a text of such lines (status, fdinfo). kv_find returns what follows
 * the colon and blanks, NULL when the key is not there.
 */
const char *kv_find(const char *text, const char *key);
/* -ENODATA: no such key; -EBADMSG: not a number. */
int kv_u64(const char *text, const char *key, int base, uint64_t *ret);
/* Up to n blank-separated numbers; returns how many there are. */
int kv_list(const char *text, const char *key, int base, uint64_t *ret, unsigned int n);

enum { PROC_CAPS_INH, PROC_CAPS_PRM, PROC_CAPS_EFF, PROC_CAPS_BND, PROC_CAPS_AMB, PROC_CAPS };

struct proc_status {
	char comm[64];           /* as in struct proc_stat */
	uint32_t uid[4], gid[4]; /* real, effective, saved, file system */
	uint32_t *groups;
	unsigned int n_groups;
	uint64_t caps[PROC_CAPS];
	uint64_t sig_caught, sig_blocked;
	unsigned int umask;
	unsigned int fd_size; /* how many descriptors its table has room for */
	bool no_new_privs;
	int seccomp; /* 0 off, 1 strict, 2 filter */
	pid_t tracer;
	unsigned int ns_depth; /* pid namespaces it is visible in */
};
int proc_read_status(int proc, struct proc_status *ret);
void proc_status_done(struct proc_status *s);

/*
 * Children of all threads, in the kernel's order, and (unless makers is NULL) by which thread each
 * was forked; the arrays are malloc'ed. Needs CONFIG_PROC_CHILDREN.
 */
int proc_children(int proc, pid_t **ret, pid_t **makers, unsigned int *n);
int proc_threads(int proc, pid_t **ret, unsigned int *n);
/* Numbers of the open descriptors, rising. */
int proc_fds(int proc, int **ret, unsigned int *n);

/* RLIM_NLIMITS entries: prlimit(2) would want CAP_SYS_RESOURCE for a task of another uid. */
int proc_limits(int proc, struct rlimit limits[RLIM_NLIMITS]);

struct proc_timer {
	int id, signo, notify; /* SIGEV_* */
	uint64_t value;
	pid_t tid; /* with SIGEV_THREAD_ID */
	int clock;
};
int proc_timers(int proc, struct proc_timer **ret, unsigned int *n);

/* The auxiliary vector, as pairs of words; n counts words. */
int proc_auxv(int proc, uint64_t **ret, unsigned int *n);

/* A file that holds one number. */
int proc_u64(int proc, const char *name, int base, uint64_t *ret);
int proc_int(int proc, const char *name, int *ret);

/* Inode number of a namespace link such as "ns/net". -ENOENT: kernel without it. */
int proc_ns(int proc, const char *name, uint64_t *ret);

#endif
