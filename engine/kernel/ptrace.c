// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "engine/base/cleanup.h"
#include "engine/base/clock.h"
#include "procfs.h"
#include "ptrace.h"

/* linux/ptrace.h of later kernels than Debian 12's headers know. */
#define REQ_GET_RSEQ_CONFIGURATION 0x420f
#define REQ_GET_SUD_CONFIG         0x4211
struct sud_config {
	uint64_t mode, selector, offset, len;
};

#define SPIN_NS (300 * 1000)

static int request(int req, pid_t tid, uintptr_t addr, uintptr_t data)
{
	return ptrace(req, tid, addr, data) < 0 ? -errno : 0;
}

/*
 * Should we die while it stands at a system call, the kernel sends it the signal of that stop,
 * SIGTRAP. With this option there is no signal of the number.
 */
#define OPTIONS PTRACE_O_TRACESYSGOOD

int ptrace_seize(pid_t tid)
{
	return request(PTRACE_SEIZE, tid, 0, OPTIONS);
}

int ptrace_seize_own(pid_t tid, bool suspend_seccomp)
{
	return request(PTRACE_SEIZE, tid, 0,
		       OPTIONS | PTRACE_O_EXITKILL |
			       (suspend_seccomp ? PTRACE_O_SUSPEND_SECCOMP : 0));
}

int ptrace_suspend_seccomp(pid_t tid)
{
	return request(PTRACE_SETOPTIONS, tid, 0, OPTIONS | PTRACE_O_SUSPEND_SECCOMP);
}

int ptrace_get_filter(pid_t tid, unsigned int n, struct sock_filter *to)
{
	long r = ptrace(PTRACE_SECCOMP_GET_FILTER, tid, n, to);

	return r < 0 ? -errno : r;
}

int ptrace_get_filter_flags(pid_t tid, unsigned int n, uint64_t *flags)
{
	struct __ptrace_seccomp_metadata data = { .filter_off = n };

	if (ptrace(PTRACE_SECCOMP_GET_METADATA, tid, sizeof(data), &data) < 0)
		return -errno;
	*flags = data.flags;
	return 0;
}

int ptrace_disown(pid_t tid)
{
	return request(PTRACE_SETOPTIONS, tid, 0, OPTIONS);
}

int ptrace_interrupt(pid_t tid)
{
	return request(PTRACE_INTERRUPT, tid, 0, 0);
}

/* Since 5.3. */
static bool at_entry(pid_t tid)
{
	struct __ptrace_syscall_info info = {};

	ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info);
	return info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

static struct stop stop_of(pid_t tid, int status)
{
	struct stop s = { .kind = STOP_GONE, .status = status };

	if (!WIFSTOPPED(status))
		return s;
	s.sig = WSTOPSIG(status);
	if (s.sig == (SIGTRAP | 0x80))
		s.kind = at_entry(tid) ? STOP_ENTRY : STOP_EXIT;
	else if (status >> 16 != PTRACE_EVENT_STOP)
		s.kind = STOP_SIGNAL;
	else
		s.kind = s.sig == SIGTRAP ? STOP_EVENT : STOP_GROUP;
	return s;
}

int ptrace_wait(pid_t tid, unsigned int timeout_ms, struct stop *ret)
{
	int64_t begun = now_ns(), waited = 0, patience = timeout_ms * 1000000LL;
	long nap = 20 * 1000;
	int status;

	for (;;) {
		/* Before the look: what has come while nobody let us run has come in time. */
		bool last = waited >= patience;
		pid_t got = waitpid(tid, &status, __WALL | WNOHANG);

		if (got == tid) {
			*ret = stop_of(tid, status);
			return 0;
		}
		if (got < 0 && errno != EINTR)
			return errno == ECHILD ? -ESRCH : -errno;
		if (last)
			return -ETIMEDOUT;
		if (waited < SPIN_NS) {
			sched_yield();
		} else {
			nanosleep(&(struct timespec){ .tv_nsec = nap }, NULL);
			nap = MIN(nap * 2, 2000L * 1000);
		}
		waited = now_ns() - begun;
	}
}

unsigned int ptrace_patience(pid_t tid, unsigned int timeout_ms)
{
	const unsigned int starved = 6;

	return proc_state(tid, 0) == 'R' ? MIN(timeout_ms, UINT_MAX / starved) * starved
					 : timeout_ms;
}

int ptrace_wait_long(pid_t tid, unsigned int timeout_ms, struct stop *ret)
{
	int r = ptrace_wait(tid, timeout_ms, ret);

	return r == -ETIMEDOUT
		       ? ptrace_wait(tid, ptrace_patience(tid, timeout_ms) - timeout_ms, ret)
		       : r;
}

bool ptrace_stands(pid_t tid)
{
	unsigned long message;

	return request(PTRACE_GETEVENTMSG, tid, 0, (uintptr_t)&message) == 0;
}

int ptrace_cont(pid_t tid, int sig)
{
	return request(PTRACE_CONT, tid, 0, sig);
}

int ptrace_step(pid_t tid)
{
	return request(PTRACE_SINGLESTEP, tid, 0, 0);
}

int ptrace_until_syscall(pid_t tid, int sig)
{
	return request(PTRACE_SYSCALL, tid, 0, sig);
}

int ptrace_detach(pid_t tid, int sig)
{
	return request(PTRACE_DETACH, tid, 0, sig);
}

static int regset(int req, pid_t tid, int type, void *data, size_t *len)
{
	struct iovec v = { .iov_base = data, .iov_len = *len };
	int r = request(req, tid, type, (uintptr_t)&v);

	*len = v.iov_len;
	return r;
}

int ptrace_get_regs(pid_t tid, struct user_regs_struct *regs)
{
	size_t len = sizeof(*regs);
	int r = regset(PTRACE_GETREGSET, tid, NT_PRSTATUS, regs, &len);

	/* A 32-bit task fills less. */
	return r < 0 ? r : len == sizeof(*regs) ? 0 : -EPROTOTYPE;
}

int ptrace_set_regs(pid_t tid, const struct user_regs_struct *regs)
{
	size_t len = sizeof(*regs);

	return regset(PTRACE_SETREGSET, tid, NT_PRSTATUS, (void *)regs, &len);
}

int ptrace_get_xstate(pid_t tid, void *area, size_t *len)
{
	return regset(PTRACE_GETREGSET, tid, NT_X86_XSTATE, area, len);
}

int ptrace_set_xstate(pid_t tid, const void *area, size_t len)
{
	return regset(PTRACE_SETREGSET, tid, NT_X86_XSTATE, (void *)area, &len);
}

int ptrace_get_sigmask(pid_t tid, uint64_t *mask)
{
	return request(PTRACE_GETSIGMASK, tid, sizeof(*mask), (uintptr_t)mask);
}

int ptrace_set_sigmask(pid_t tid, uint64_t mask)
{
	return request(PTRACE_SETSIGMASK, tid, sizeof(mask), (uintptr_t)&mask);
}

int ptrace_peek_siginfo(pid_t tid, bool shared, siginfo_t **ret, unsigned int *ret_n)
{
	_cleanup_free_ siginfo_t *info = NULL;
	unsigned int n = 0, cap = 0;

	for (;;) {
		struct __ptrace_peeksiginfo_args args = {
			.off = n,
			.flags = shared ? PTRACE_PEEKSIGINFO_SHARED : 0,
			.nr = 16,
		};
		siginfo_t *more;
		long got;

		if (cap - n < 16) {
			cap = MAX(cap * 2, 16U);
			more = realloc(info, cap * sizeof(*info));
			if (!more)
				return -ENOMEM;
			info = more;
		}
		got = ptrace(PTRACE_PEEKSIGINFO, tid, &args, info + n);
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		n += got;
	}
	*ret = TAKE_PTR(info);
	*ret_n = n;
	return 0;
}

int ptrace_get_siginfo(pid_t tid, siginfo_t *ret)
{
	return request(PTRACE_GETSIGINFO, tid, 0, (uintptr_t)ret);
}

int ptrace_get_rseq(pid_t tid, struct rseq_config *ret)
{
	return request(REQ_GET_RSEQ_CONFIGURATION, tid, sizeof(*ret), (uintptr_t)ret);
}

int ptrace_sud_active(pid_t tid, bool *ret)
{
	struct sud_config c;
	int r = request(REQ_GET_SUD_CONFIG, tid, sizeof(c), (uintptr_t)&c);

	if (r == 0)
		*ret = c.mode != 0;
	return r;
}

int ptrace_poke(pid_t tid, uint64_t addr, const void *data, size_t n)
{
	const char *p = data;

	while (n > 0) {
		size_t part = MIN(n, sizeof(long));
		long word = 0;
		int r;

		if (part < sizeof(word)) {
			errno = 0;
			word = ptrace(PTRACE_PEEKDATA, tid, addr, 0);
			if (errno)
				return -errno;
		}
		memcpy(&word, p, part);
		r = request(PTRACE_POKEDATA, tid, addr, word);
		if (r < 0)
			return r;
		addr += part;
		p += part;
		n -= part;
	}
	return 0;
}
