// SPDX-License-Identifier: GPL-2.0-only
/* Holding tasks still, what only their tracer is told of them, and calls made in them. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/arch/arch.h"
#include "engine/base/cleanup.h"
#include "engine/inject/inject.h"
#include "engine/kernel/ptrace.h"
#include "engine/task/task.h"
#include "feature.h"

#define PATIENCE_MS 5000

static void let_go(const pid_t *pid)
{
	if (*pid > 0)
		(void)ptrace_detach(*pid, 0);
}
#define _held_ __attribute__((cleanup(let_go)))

/* *held is to be let go. */
static enum answer hold(const struct companion *c, pid_t *held)
{
	struct stop s = {};
	int r;

	if (!c)
		return NO;
	r = ptrace_seize(c->pid);
	if (r < 0)
		return no_err(r, "PTRACE_SEIZE");
	r = ptrace_interrupt(c->pid);
	if (r == 0)
		r = ptrace_wait(c->pid, PATIENCE_MS, &s);
	if (r < 0)
		return no_err(r, "PTRACE_INTERRUPT");
	*held = c->pid;
	return s.kind == STOP_EVENT ? YES : no("PTRACE_INTERRUPT does not stop a task");
}

FEATURE(ptrace_seize, NEEDED, "holding tasks still",
	"Linux 3.4, CAP_SYS_PTRACE or a kernel.yama.ptrace_scope of 0")
{
	_held_ pid_t held = 0;

	return hold(anybody(), &held);
}

FEATURE(ptrace_registers, NEEDED, "registers of threads", "CONFIG_HAVE_ARCH_TRACEHOOK")
{
	static uint8_t xstate[ARCH_XSTATE_MAX];
	size_t len = sizeof(xstate);
	_held_ pid_t held = 0;
	enum answer a = hold(anybody(), &held);
	arch_regs regs;
	int r;

	if (a != YES)
		return a;
	r = ptrace_get_regs(held, &regs);
	if (r == 0)
		r = ptrace_set_regs(held, &regs);
	if (r < 0)
		return no_err(r, "PTRACE_GETREGSET, PTRACE_SETREGSET of NT_PRSTATUS");
	r = ptrace_get_xstate(held, xstate, &len);
	if (r == 0)
		r = ptrace_set_xstate(held, xstate, len);
	return r < 0 ? no_err(r, "PTRACE_GETREGSET, PTRACE_SETREGSET of extended state") : YES;
}

static enum answer be_idle(uint64_t *word)
{
	return YES;
}

FEATURE(ptrace_signals, NEEDED, "signal masks, and signals that wait", "Linux 3.11")
{
	/* Of its own: it may be held again before it has thrown the signal away. */
	_companion_ struct companion c = { .be = be_idle };
	enum answer a = companion_start(&c);
	_held_ pid_t held = 0;
	_cleanup_free_ siginfo_t *info = NULL;
	unsigned int n = 0;
	uint64_t mask;
	int r;

	if (a == YES)
		a = hold(&c, &held);
	if (a != YES)
		return a;
	r = ptrace_get_sigmask(held, &mask);
	if (r == 0)
		r = ptrace_set_sigmask(held, ~0ULL);
	if (r < 0)
		return no_err(r, "PTRACE_GETSIGMASK, PTRACE_SETSIGMASK");
	if (kill(held, SIGURG) < 0)
		return no_err(-errno, "kill");
	r = ptrace_peek_siginfo(held, true, &info, &n);
	(void)ptrace_set_sigmask(held, mask);
	if (r < 0)
		return no_err(r, "PTRACE_PEEKSIGINFO");
	return n == 1 && info->si_signo == SIGURG ? YES : no("PTRACE_PEEKSIGINFO lacks a signal");
}

FEATURE(ptrace_syscall_info, EXTRA, "threads that have a use for SIGURG, SIGWINCH and SIGCHLD",
	"Linux 5.3")
{
	_held_ pid_t held = 0;
	enum answer a = hold(anybody(), &held);
	struct stop s;
	int r;

	if (a != YES)
		return a;
	/* Into the call that it was interrupted in. */
	r = ptrace_until_syscall(held, 0);
	if (r == 0)
		r = ptrace_wait(held, PATIENCE_MS, &s);
	if (r < 0)
		return no_err(r, "PTRACE_SYSCALL");
	return s.kind == STOP_ENTRY ? YES : no("PTRACE_GET_SYSCALL_INFO does not tell");
}

/* ---- the gate ---- */

static int make_calls(struct task *t)
{
	struct batch *b;
	int r, call;

	r = vm_map_read(t->proc, &t->map);
	if (r == 0)
		r = inject_map_begin(t, 0);
	if (r == 0)
		r = inject_map_end(t, PATIENCE_MS);
	if (r < 0)
		return r;
	b = task_leader(t)->batch;
	call = batch_call(b, SYS_getpid);
	r = call < 0 ? call : inject_run_begin(t);
	if (r == 0)
		r = inject_run_end(t, PATIENCE_MS);
	return r < 0 ? r : batch_ret(b, call) == t->pid ? 0 : -EBADMSG;
}

static enum answer go_through_gate(void)
{
	_companion_ struct companion c = { .be = be_idle };
	enum answer a = companion_start(&c);
	struct tree tree = {};
	int r, cured;

	if (a != YES)
		return a;
	r = tree_freeze(c.pid, PATIENCE_MS, &tree);
	if (r < 0)
		return no_logged();
	r = make_calls(tree.root);
	cured = inject_cure(tree.root, PATIENCE_MS);
	tree_thaw(&tree);
	tree_done(&tree);
	if (r == -EBADMSG)
		return no("it gives wrong results");
	return r < 0 || cured < 0 ? no_logged() : YES;
}

FEATURE(gate, NEEDED, "what only a task itself can be asked: system calls made in it",
	"CAP_SYS_PTRACE, 500 unused bytes in the vdso or in a program")
{
	return apart(0, go_through_gate);
}

/* ---- seccomp ---- */

#define SET_SUD 59 /* PR_SET_SYSCALL_USER_DISPATCH, since 5.11 */

static struct sock_filter no_getppid[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static void try_getppid(uint64_t *result)
{
	*result = syscall(SYS_getppid) < 0 ? errno : 0;
}

static enum answer be_confined(uint64_t *result)
{
	struct sock_fprog prog = { ARRAY_SIZE(no_getppid), no_getppid };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return no_err(-errno, "PR_SET_NO_NEW_PRIVS");
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &prog) < 0)
		return errno == ENOSYS || errno == EINVAL ? nobody("seccomp: %s", strerror(errno))
							  : no_err(-errno, "a seccomp filter");
	try_getppid(result);
	return *result == EXDEV ? YES : no("seccomp has no effect");
}

FEATURE(seccomp_suspend, EXTRA, "tasks with seccomp",
	"CONFIG_SECCOMP, CONFIG_CHECKPOINT_RESTORE, CAP_SYS_ADMIN, no seccomp of one's own")
{
	_companion_ struct companion c = { .be = be_confined, .act = try_getppid };
	enum answer a = companion_start(&c);
	_held_ pid_t held = 0;
	int r;

	if (a == YES)
		a = hold(&c, &held);
	if (a != YES)
		return a;
	r = ptrace_suspend_seccomp(held);
	if (r == 0)
		r = ptrace_cont(held, 0);
	if (r < 0)
		return no_err(r, "PTRACE_O_SUSPEND_SECCOMP");
	r = companion_act(&c);
	if (r < 0)
		return no_err(r, "PTRACE_O_SUSPEND_SECCOMP");
	return *c.word == 0 ? YES : no("PTRACE_O_SUSPEND_SECCOMP has no effect");
}

FEATURE(seccomp_filters, EXTRA, "tasks with seccomp filters",
	"CONFIG_SECCOMP_FILTER, CONFIG_CHECKPOINT_RESTORE, CAP_SYS_ADMIN, no seccomp of one's own")
{
	_companion_ struct companion c = { .be = be_confined };
	_cleanup_free_ struct sock_filter *insn = calloc(BPF_MAXINSNS, sizeof(*insn));
	enum answer a = companion_start(&c);
	_held_ pid_t held = 0;
	uint64_t flags = 0;
	int r;

	if (a == YES)
		a = hold(&c, &held);
	if (a != YES)
		return a;
	r = insn ? ptrace_get_filter(held, 0, insn) : -ENOMEM;
	if (r < 0)
		return no_err(r, "PTRACE_SECCOMP_GET_FILTER");
	if (r != ARRAY_SIZE(no_getppid) || memcmp(insn, no_getppid, sizeof(no_getppid)) != 0)
		return no("PTRACE_SECCOMP_GET_FILTER gives another filter");
	r = ptrace_get_filter_flags(held, 0, &flags);
	if (r < 0)
		return no_err(r, "PTRACE_SECCOMP_GET_METADATA");
	return flags & SECCOMP_FILTER_FLAG_LOG ? YES : no("the flags of a filter are not told");
}

static enum answer be_dispatched(uint64_t *word)
{
	/* Every call of its own is let through. */
	if (prctl(SET_SUD, 1, 0, (1UL << 47) - 1, 0) < 0)
		return nobody("PR_SET_SYSCALL_USER_DISPATCH: %s", strerror(errno));
	return YES;
}

FEATURE(sud, EXTRA, "seeing that system calls of a task are dispatched to itself (it is refused)",
	"Linux 6.4")
{
	_companion_ struct companion c = { .be = be_dispatched };
	enum answer a = companion_start(&c);
	_held_ pid_t held = 0;
	bool active = false;
	int r;

	if (a == YES)
		a = hold(&c, &held);
	if (a != YES)
		return a;
	r = ptrace_sud_active(held, &active);
	if (r < 0)
		return no_err(r, "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG");
	return active ? YES : no("PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG does not tell");
}

/* ---- restartable sequences ---- */

FEATURE(get_rseq_conf, EXTRA, "restartable sequences that were not registered by the C library",
	"CONFIG_RSEQ, Linux 5.13")
{
	_held_ pid_t held = 0;
	struct rseq_config conf;
	enum answer a;
	int r;

	if (syscall(SYS_rseq, NULL, 0, 0, 0) < 0 && errno == ENOSYS)
		return nobody("rseq: %s", strerror(errno));
	a = hold(anybody(), &held);
	if (a != YES)
		return a;
	r = ptrace_get_rseq(held, &conf);
	if (r < 0)
		return no_err(r, "PTRACE_GET_RSEQ_CONFIGURATION");
	/* Anybody is a copy of ours. */
	return conf.area == (__rseq_size ? (uintptr_t)__builtin_thread_pointer() + __rseq_offset
					 : 0)
		       ? YES
		       : no("PTRACE_GET_RSEQ_CONFIGURATION is wrong");
}
