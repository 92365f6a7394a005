// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "parts.h"

/* The image leaves out the two that have no action. */
static bool has_action(int sig)
{
	return sig != SIGKILL && sig != SIGSTOP;
}
#define NR_ACTIONS (NR_SIGNALS - 2)

int sigactions_dump(const struct task *t, struct arena *a, TaskCoreEntry *tc)
{
	SaEntry *e = arena_array(a, SaEntry, NR_ACTIONS);

	tc->sigactions = arena_array(a, SaEntry *, NR_ACTIONS);
	if (!e || !tc->sigactions)
		return -ENOMEM;
	for (int sig = 1; sig <= NR_SIGNALS; sig++) {
		const struct raw_sigaction *s = &t->answers.sigaction[sig - 1];

		if (!has_action(sig))
			continue;
		sa_entry__init(e);
		e->sigaction = s->handler;
		e->flags = s->flags;
		e->restorer = s->restorer;
		e->mask = s->mask;
		e->has_compat_sigaction = true;
		tc->sigactions[tc->n_sigactions++] = e++;
	}
	return 0;
}

int sigactions_check(const TaskCoreEntry *tc, const char *image)
{
	if (tc->n_sigactions != NR_ACTIONS)
		return log_bad_image("%s: %zu signal actions, there are %d", image,
				     tc->n_sigactions, NR_ACTIONS);
	return 0;
}

int sigactions_restore(struct program *p, const TaskCoreEntry *tc)
{
	const SaEntry *const *at = (const SaEntry *const *)tc->sigactions;

	for (int sig = 1; sig <= NR_SIGNALS; sig++) {
		const SaEntry *e;
		struct raw_sigaction s;

		if (!has_action(sig))
			continue;
		e = *at++;
		/* Before, everything is at its default, but for what a write must not end the engine by. */
		if (!e->sigaction && !e->flags && !e->mask && !e->restorer && sig != SIGPIPE &&
		    sig != SIGXFSZ)
			continue;
		s = (struct raw_sigaction){ e->sigaction, e->flags, e->restorer, e->mask };
		program_call(p, "signal action", SYS_rt_sigaction, sig,
			     (uintptr_t)program_copy(p, &s, sizeof(s)), 0, sizeof(uint64_t));
	}
	return p->err;
}

int sas_dump(const struct thread *th, struct arena *a, ThreadCoreEntry *core)
{
	ThreadSasEntry *e = arena_new(a, ThreadSasEntry);

	if (!e)
		return -ENOMEM;
	thread_sas_entry__init(e);
	e->ss_sp = th->answers.ss_sp;
	e->ss_size = th->answers.ss_size;
	e->ss_flags = th->answers.ss_flags;
	core->sas = e;
	return 0;
}

int sas_restore(struct program *p, const ThreadCoreEntry *core)
{
	const ThreadSasEntry *e = core->sas;
	stack_t ss;

	if (!e || e->ss_flags & SS_DISABLE)
		return 0;
	ss = (stack_t){
		.ss_sp = (void *)e->ss_sp,
		.ss_size = e->ss_size,
		/* SS_ONSTACK only tells where the stack pointer is. */
		.ss_flags = (int)(e->ss_flags & ~SS_ONSTACK),
	};
	program_call(p, "alternate signal stack", SYS_sigaltstack,
		     (uintptr_t)program_copy(p, &ss, sizeof(ss)), 0);
	return p->err;
}

static int add_siginfo(SignalQueueEntry *q, const siginfo_t *info, struct arena *a)
{
	SiginfoEntry *e = arena_new(a, SiginfoEntry);

	if (!e)
		return -ENOMEM;
	siginfo_entry__init(e);
	e->siginfo.len = sizeof(*info);
	e->siginfo.data = arena_alloc(a, sizeof(*info));
	if (!e->siginfo.data)
		return -ENOMEM;
	memcpy(e->siginfo.data, info, sizeof(*info));
	q->signals[q->n_signals++] = e;
	return 0;
}

int siginfo_dump(pid_t tid, bool shared, const siginfo_t *more, struct arena *a,
		 SignalQueueEntry **ret)
{
	_cleanup_free_ siginfo_t *info = NULL;
	SignalQueueEntry *q = arena_new(a, SignalQueueEntry);
	unsigned int n;
	int r;

	if (!q)
		return -ENOMEM;
	signal_queue_entry__init(q);
	r = ptrace_peek_siginfo(tid, shared, &info, &n);
	if (r < 0)
		return log_err(r, "thread %d: pending signals", tid);
	q->signals = arena_array(a, SiginfoEntry *, n + 1);
	if (!q->signals)
		return -ENOMEM;
	for (unsigned int i = 0; r == 0 && i < n; i++)
		r = add_siginfo(q, &info[i], a);
	if (r == 0 && more)
		r = add_siginfo(q, more, a);
	*ret = q;
	return r;
}

int siginfo_check(const SignalQueueEntry *q, const char *image)
{
	for (size_t i = 0; q && i < q->n_signals; i++) {
		const SiginfoEntry *e = q->signals[i];
		int sig;

		if (e->siginfo.len != sizeof(siginfo_t))
			return log_bad_image("%s: a pending signal of %zu bytes", image,
					     e->siginfo.len);
		memcpy(&sig, e->siginfo.data, sizeof(sig));
		if (sig < 1 || sig > NR_SIGNALS)
			return log_bad_image("%s: pending signal %d", image, sig);
	}
	return 0;
}

bool siginfo_has_stop(const SignalQueueEntry *q)
{
	for (size_t i = 0; q && i < q->n_signals; i++) {
		int sig;

		memcpy(&sig, q->signals[i]->siginfo.data, sizeof(sig));
		if (sig == SIGSTOP)
			return true;
	}
	return false;
}

/* To itself a task may send any siginfo, the kernel's own codes too. */
int siginfo_restore(struct program *p, const SignalQueueEntry *q, const TaskTimersEntry *timers,
		    pid_t pid, pid_t tid)
{
	for (size_t i = 0; q && i < q->n_signals; i++) {
		siginfo_t info;
		uint64_t at;

		memcpy(&info, q->signals[i]->siginfo.data, sizeof(info));
		if (info.si_signo == SIGSTOP || timers_will_send(timers, &info))
			continue;
		at = (uintptr_t)program_copy(p, &info, sizeof(info));
		if (tid)
			program_call(p, "pending signal of a thread", SYS_rt_tgsigqueueinfo, pid,
				     tid, info.si_signo, at);
		else
			program_call(p, "pending signal", SYS_rt_sigqueueinfo, pid, info.si_signo,
				     at);
	}
	return p->err;
}
