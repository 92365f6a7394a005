// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/memory/memory_task.h"
#include "restart.h"

/* Is there a signal for it that is not in the mask? */
static int has_signal(const struct task *t, const struct thread *th, uint64_t mask, bool *ret)
{
	for (int shared = 0; shared < 2; shared++) {
		_cleanup_free_ siginfo_t *info = NULL;
		unsigned int n;
		int r = ptrace_peek_siginfo(th->tid, shared, &info, &n);

		if (r < 0)
			return log_err(r, "task %d: pending signals", t->pid);
		for (unsigned int i = 0; i < n; i++)
			*ret |= !(mask & 1ULL << (info[i].si_signo - 1));
	}
	return 0;
}

/*
 * Those that the kernel ends with EINTR at any stop. Whoever has other things to do after a while expects
 * to be woken: of waits for events only those are meant that are for ever.
 */
static bool ends_at_stop(long nr, const uint64_t arg[6])
{
	switch (nr) {
	case SYS_semop:
	case SYS_semtimedop:
		return true;
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
		return (int)arg[3] < 0;
	case SYS_epoll_pwait2:
		return !arg[3];
	case SYS_rt_sigtimedwait:
		return !arg[2];
	case SYS_io_getevents:
		return !arg[4];
	case SYS_io_uring_enter: /* that submitted nothing: else it would tell how much */
		return !(arg[3] & IORING_ENTER_EXT_ARG);
	default:
		return false;
	}
}

/* A mask for the time of the call: any signal may have been meant to end it. */
static bool own_mask(long nr, const uint64_t arg[6])
{
	return (nr == SYS_epoll_pwait || nr == SYS_epoll_pwait2 || nr == SYS_io_uring_enter) &&
	       arg[4];
}

static int repeat_ended(const struct task *t, struct thread *th)
{
	bool signal = false;
	uint64_t arg[6];
	long nr;
	int r;

	if (!arch_call_failed(&th->cpu.regs, EINTR))
		return 0;
	arch_call_args(&th->cpu.regs, &nr, arg);
	if (!ends_at_stop(nr, arg))
		return 0;
	r = has_signal(t, th, own_mask(nr, arg) ? 0 : th->sigmask, &signal);
	if (r < 0 || signal)
		return r;
	arch_repeat_call(&th->cpu.regs);
	r = ptrace_set_regs(th->tid, &th->cpu.regs);
	return r < 0 ? log_err(r, "task %d: registers of thread %d", t->pid, th->tid) : 0;
}

int restart_after_stop(struct task *t)
{
	int r = 0;

	/* Who was stopped by job control will have noticed. */
	for_each_thread(th, t)
		if (r == 0 && !t->stop_signo)
			r = repeat_ended(t, th);
	return r;
}

void restart_image_regs(const struct thread *th, arch_regs *ret, bool *block)
{
	enum arch_call call = arch_interrupted_call(&th->cpu.regs);

	*ret = th->cpu.regs;
	*block = call == ARCH_CALL_BLOCK;
	if (call == ARCH_CALL_NONE)
		return;
	arch_repeat_call(ret);
	if (th->restarts)
		arch_set_number(ret, th->restarts);
}

static bool valid(const struct timespec *t)
{
	return t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec < 1000000000;
}

/* The kernel has written to `rem` what was left when the sleep was interrupted. */
static bool enter_sleep(const struct restore_task *t, struct program *p, uint64_t req, uint64_t rem,
			uint64_t *time)
{
	struct timespec left;

	if (!rem || !memory_peek(t, rem, &left, sizeof(left)) || !valid(&left))
		if (!memory_peek(t, req, &left, sizeof(left)) || !valid(&left))
			return false;
	*time = (uintptr_t)program_copy(p, &left, sizeof(left));
	return true;
}

bool restart_enter(const struct restore_task *t, const CoreEntry *core, struct program *p, long *nr,
		   uint64_t arg[6])
{
	uint64_t a[6];
	long n;

	arch_image_call(core, &n, a);
	switch (n) {
	case SYS_nanosleep:
		if (!enter_sleep(t, p, a[0], a[1], &a[0]))
			return false;
		break;
	case SYS_clock_nanosleep:
		if (a[1] & TIMER_ABSTIME || !enter_sleep(t, p, a[2], a[3], &a[2]))
			return false;
		break;
	case SYS_poll:
		break;
	case SYS_futex:
		if ((a[1] & FUTEX_CMD_MASK) != FUTEX_WAIT || !a[3])
			return false;
		break;
	default:
		return false;
	}
	*nr = n;
	memcpy(arg, a, sizeof(a));
	return true;
}
