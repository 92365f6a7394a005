// SPDX-License-Identifier: GPL-2.0-only
/* Shadow stacks. */
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "probe.h"
#include "uapi/syscalls.h"

#define ENABLE  0x5001
#define DISABLE 0x5002
#define LOCK    0x5003
#define UNLOCK  0x5004
#define STATUS  0x5005
#define SHSTK   1UL

#define NT_X86_SHSTK_ 0x204
#define SET_TOKEN     1

#define DECLARED                                                                                   \
	.since = "6.6", .kconfig = "CONFIG_X86_USER_SHADOW_STACK",                                 \
	.source = "Documentation/arch/x86/shstk.rst"

/* In a function of its own this would return, from a call that the new stack has not seen. */
static inline __attribute__((always_inline)) long shstk_prctl(int code, unsigned long arg)
{
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(SYS_arch_prctl), "D"(code), "S"(arg)
			 : "rcx", "r11", "memory");
	return r;
}

static void need_shadow_stacks(void)
{
	if (!cpu_has("user_shstk"))
		MACHINE_LACKS(
			"this CPU has no shadow stacks, or the kernel was told not to use them");
}

static unsigned long ssp(void)
{
	unsigned long p = 0;

	__asm__ volatile("rdsspq %0" : "+r"(p));
	return p;
}

PROBE(enable, .what = "a task that has enabled its shadow stack says so, and has memory marked ss",
      DECLARED)
{
	pid_t pid;

	need_shadow_stacks();
	pid = spawn();
	if (pid == 0) {
		unsigned long features = 0;
		long r = shstk_prctl(ENABLE, SHSTK);

		/* From here on nothing that was called before returns. */
		if (r == -EOPNOTSUPP || r == -EINVAL)
			ABSENT("no ARCH_SHSTK_ENABLE (%s)", errno_name(-r));
		PROMISE_EQ(r, 0);
		PROMISE_EQ(shstk_prctl(STATUS, (unsigned long)&features), 0);
		PROMISE_EQ(features, SHSTK);
		PROMISE(strstr(NEED(status_field(0, "x86_Thread_features")), "shstk"));
		PROMISE(vma_flag(0, (void *)ssp(), "ss"));
		/* One feature a call. */
		PROMISE_EQ(shstk_prctl(ENABLE, SHSTK | 2), -EINVAL);
		reach(1);
		linger();
	}
	await(1);
}

static pid_t spawn_shadowed(bool locked, unsigned long *at)
{
	pid_t pid;

	need_shadow_stacks();
	pid = spawn();
	if (pid == 0) {
		if (shstk_prctl(ENABLE, SHSTK) != 0)
			ABSENT("no ARCH_SHSTK_ENABLE");
		if (locked)
			PROMISE_EQ(shstk_prctl(LOCK, SHSTK), 0);
		*at = ssp();
		reach(1);
		await(2);
		/* With the lock off by now, if there was one. */
		PROMISE_EQ(shstk_prctl(DISABLE, SHSTK), 0);
		_exit(0);
	}
	await(1);
	return pid;
}

PROBE(lock, .what = "what a task has locked its tracer unlocks, and it cannot itself", DECLARED,
      .commit = "680ed2f1c7d8")
{
	unsigned long *at = share(page_size());
	pid_t pid = spawn_shadowed(true, at);

	PROMISE_EQ(shstk_prctl(UNLOCK, SHSTK), -EINVAL);
	seize_stopped(pid, 0);
	OFFERED(ptrace(PTRACE_ARCH_PRCTL, pid, SHSTK, UNLOCK), "ARCH_SHSTK_UNLOCK", EINVAL);
	let_go(pid);
	reach(2);
	reap_good(pid);
}

PROBE(regset, .what = "NT_X86_SHSTK tells where a thread is in its shadow stack, and sets that",
      DECLARED, .commit = "2fab02b25ae7")
{
	unsigned long *at = share(page_size()), where = 0;
	struct iovec iov = { &where, sizeof(where) };
	pid_t plain = spawn_idle(), pid = spawn_shadowed(false, at);

	seize_stopped(plain, 0);
	PROMISE_FAILS(ptrace(PTRACE_GETREGSET, plain, NT_X86_SHSTK_, &iov), ENODEV, EINVAL);
	seize_stopped(pid, 0);
	iov.iov_len = sizeof(where);
	OFFERED(ptrace(PTRACE_GETREGSET, pid, NT_X86_SHSTK_, &iov), "NT_X86_SHSTK", EINVAL);
	PROMISE_EQ(iov.iov_len, 8);
	/* It has called on since. */
	PROMISE_LE(where, *at);
	PROMISE_LT(*at - where, 4096);
	NEED(ptrace(PTRACE_SETREGSET, pid, NT_X86_SHSTK_, &iov));
	where += 1;
	PROMISE_FAILS(ptrace(PTRACE_SETREGSET, pid, NT_X86_SHSTK_, &iov), EINVAL);
	where = -8UL;
	PROMISE_FAILS(ptrace(PTRACE_SETREGSET, pid, NT_X86_SHSTK_, &iov), EINVAL);
	let_go(pid);
	reach(2);
	reap_good(pid);
}

PROBE(map,
      .what = "map_shadow_stack gives a shadow stack with a token, above 4G, at a free address",
      DECLARED, .commit = "c35559f94ebc")
{
	char *p, *again;

	need_shadow_stacks();
	p = OFFERED((char *)syscall(SYS_map_shadow_stack, NULL, page_size(), SET_TOKEN),
		    "map_shadow_stack", EOPNOTSUPP);
	PROMISE(vma_flag(0, p, "ss"));
	/* The token is the address behind itself, and says by its lowest bit that this is 64-bit. */
	PROMISE_EQ(*(unsigned long *)(p + page_size() - 8), (unsigned long)(p + page_size()) | 1);
	PROMISE_FAILS(syscall(SYS_map_shadow_stack, p, page_size(), 0), EEXIST);
	NEED(munmap(p, page_size()));
	again = NEED((char *)syscall(SYS_map_shadow_stack, p, page_size(), 0));
	PROMISE_EQ(again, p);
	PROMISE_FAILS(syscall(SYS_map_shadow_stack, 0x10000, page_size(), 0), ERANGE, EINVAL);
}
