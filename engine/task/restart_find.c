// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which call is it that has been interrupted twice? Often the program's own text says it, just before the
 * instruction; where a library makes all calls at one place, only the kernel knows. So the thread is let into
 * the call once more, as it would be without us, and held at its end: where it sleeps meanwhile, tells.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/vm.h"
#include "engine/session.h"
#include "restart.h"

/* Only these leave a block behind. */
static bool has_block(long nr)
{
	return nr == SYS_nanosleep || nr == SYS_clock_nanosleep || nr == SYS_poll ||
	       nr == SYS_futex;
}

static long in_text(const struct task *t, const struct thread *th)
{
	uint8_t code[ARCH_CODE_BEFORE];
	arch_regs regs = th->cpu.regs;
	long nr;

	arch_repeat_call(&regs);
	if (vm_read(t->pid, code, arch_ip(&regs) - sizeof(code), sizeof(code)) < 0 ||
	    !arch_loaded_number(code, &nr) || !has_block(nr))
		return 0;
	return nr;
}

/*
 * By the name of the function that sleeps. That of both nanosleep()s counts as a part of the scheduler, which
 * is never named: it is who called it, or even the entry of all calls. One of them has a clock as its first
 * argument, a small number if it is none of those above; the other the address of a time.
 */
static long of_place(const char *place, uint64_t arg)
{
	if (strstr(place, "futex"))
		return SYS_futex;
	if (strstr(place, "poll"))
		return SYS_poll;
	if (strstr(place, "do_cpu_nanosleep") || strstr(place, "posix_cpu_nsleep") ||
	    strstr(place, "alarm"))
		return SYS_clock_nanosleep;
	if (strstr(place, "nanosleep") || strstr(place, "_syscall"))
		return arg < PAGE ? SYS_clock_nanosleep : SYS_nanosleep;
	return 0;
}

/* 1: it sleeps, in a place that tells or not; 0: it stopped before, for the call is over. */
static int await_place(const struct task *t, const struct thread *th, unsigned int timeout_ms,
		       uint64_t arg, long *nr, struct stop *s)
{
	const struct timespec nap = { .tv_nsec = 50 * 1000 };
	const unsigned int enough_ms = 100;
	uint64_t begun = now_us();
	char place[64];
	int r;

	for (;;) {
		unsigned int waited_ms = (now_us() - begun) / 1000;

		r = ptrace_wait(th->tid, 0, s);
		if (r != -ETIMEDOUT)
			return r;
		if (proc_wchan(t->pid, th->tid, place, sizeof(place)) < 0)
			return 1;
		*nr = of_place(place, arg);
		if (*nr || waited_ms >= timeout_ms ||
		    (waited_ms >= enough_ms && proc_state(t->pid, th->tid) != 'R'))
			return 1;
		nanosleep(&nap, NULL);
	}
}

/* On from a stop to one that is ours. */
static int hold_again(const struct thread *th, unsigned int timeout_ms, struct stop *s)
{
	int r = 0;

	while (r == 0 && s->kind != STOP_EVENT) {
		if (s->kind == STOP_GONE)
			return -ESRCH;
		if (s->kind == STOP_GROUP)
			return -EAGAIN;
		r = ptrace_interrupt(th->tid);
		if (r == 0)
			r = ptrace_cont(th->tid, s->kind == STOP_SIGNAL ? s->sig : 0);
		if (r == 0)
			r = ptrace_wait_long(th->tid, timeout_ms, s);
	}
	return r;
}

static int let_in(const struct task *t, const struct thread *th, unsigned int timeout_ms,
		  uint64_t arg, long *nr)
{
	struct stop s;
	int r = ptrace_until_syscall(th->tid, 0);

	if (r == 0)
		r = ptrace_wait_long(th->tid, timeout_ms, &s);
	if (r == 0 && s.kind == STOP_ENTRY) {
		r = ptrace_until_syscall(th->tid, 0);
		if (r == 0)
			r = await_place(t, th, timeout_ms, arg, nr, &s);
		if (r > 0) {
			r = ptrace_interrupt(th->tid);
			if (r == 0)
				r = ptrace_wait_long(th->tid, timeout_ms, &s);
		}
	}
	return r < 0 ? r : hold_again(th, timeout_ms, &s);
}

static bool is_unknown(const struct thread *th, uint64_t *arg)
{
	uint64_t args[6];
	long nr;

	arch_call_args(&th->cpu.regs, &nr, args);
	*arg = args[0];
	return arch_interrupted_call(&th->cpu.regs) != ARCH_CALL_NONE && nr == SYS_restart_syscall;
}

int restart_find(const struct task *t, struct thread *th, unsigned int timeout_ms)
{
	uint64_t arg;
	int r;

	if (!is_unknown(th, &arg))
		return 0;
	th->restarts = in_text(t, th);
	/* Job control holds who it has stopped: that one cannot be let go for a while. */
	if (!th->restarts && !t->stop_signo) {
		r = let_in(t, th, timeout_ms, arg, &th->restarts);
		if (r == 0)
			r = ptrace_get_regs(th->tid, &th->cpu.regs);
		if (r < 0)
			return log_err(r, "task %d: thread %d, in a call for the third time",
				       t->pid, th->tid);
	}
	if (th->restarts || !is_unknown(th, &arg))
		return 0;
	return log_refuse("task %d: thread %d is in a system call that was interrupted twice, and "
			  "nothing tells any more which call it is",
			  t->pid, th->tid);
}
