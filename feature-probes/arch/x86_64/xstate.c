// SPDX-License-Identifier: GPL-2.0-only
/* The FPU and vector state of a traced task. */
#include <elf.h>
#include <setjmp.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <ucontext.h>

#include "probe.h"

#define DECLARED(release) .since = release, .source = "ptrace(2), arch/x86/kernel/fpu/regset.c"

/* Offsets in an XSAVE image. */
enum {
	FCW = 0,
	MXCSR = 24,
	MXCSR_MASK = 28,
	XMM0 = 160,
	SOFTWARE = 464, /* bytes the CPU leaves to us: the kernel's features mask */
	XSTATE_BV = 512,
};

static unsigned char image[65536], again[65536];

static long regset(int request, pid_t pid, int type, void *to, size_t *size)
{
	struct iovec iov = { to, *size };
	long r = ptrace(request, pid, type, &iov);

	*size = iov.iov_len;
	return r;
}

static size_t get_xstate(pid_t pid, void *to)
{
	size_t size = sizeof(image);

	OFFERED(regset(PTRACE_GETREGSET, pid, NT_X86_XSTATE, to, &size), "NT_X86_XSTATE", ENODEV,
		EINVAL);
	return size;
}

static long set_xstate(pid_t pid, void *from, size_t size)
{
	return regset(PTRACE_SETREGSET, pid, NT_X86_XSTATE, from, &size);
}

static uint64_t u64_at(const unsigned char *p, size_t at)
{
	uint64_t v;

	memcpy(&v, p + at, 8);
	return v;
}

static uint32_t u32_at(const unsigned char *p, size_t at)
{
	return u64_at(p, at);
}

static void put32(unsigned char *p, size_t at, uint32_t v)
{
	memcpy(p + at, &v, 4);
}

static void put64(unsigned char *p, size_t at, uint64_t v)
{
	memcpy(p + at, &v, 8);
}

/* A stopped child that holds a number in xmm9 and a rounding mode, and nothing else special. */
static pid_t spawn_with_state(void)
{
	pid_t pid = spawn();

	if (pid == 0) {
		uint64_t number = 0x1234567890abcdef;
		uint16_t cw = 0x77f; /* round down */
		uint32_t mxcsr = 0x3f80;

		__asm__ volatile("movq %0, %%xmm9\n\tfldcw %1\n\tldmxcsr %2" ::"r"(number), "m"(cw),
				 "m"(mxcsr)
				 : "xmm9");
		/* A system call keeps them all; the C library's might not. */
		__asm__ volatile("1: mov %0, %%eax\n\tsyscall\n\tjmp 1b" ::"i"(SYS_pause)
				 : "rax", "rcx", "r11", "memory");
		__builtin_unreachable();
	}
	until_state(pid, 'S');
	seize_stopped(pid, 0);
	return pid;
}

PROBE(read, .what = "NT_X86_XSTATE and NT_PRFPREG show a stopped task's FPU and vector registers",
      DECLARED("2.6.35"))
{
	pid_t pid = spawn_with_state();
	size_t n = get_xstate(pid, image), fx = 512;

	PROMISE_GE(n, 576);
	NOTE("%zu bytes, features %#lx", n, (long)u64_at(image, SOFTWARE));
	PROMISE_EQ(u64_at(image, SOFTWARE) & 3, 3);
	PROMISE_EQ(u64_at(image, XSTATE_BV) & ~u64_at(image, SOFTWARE), 0);
	PROMISE_EQ(u64_at(image, XMM0 + 9 * 16), 0x1234567890abcdef);
	PROMISE_EQ(u32_at(image, MXCSR), 0x3f80);
	PROMISE_EQ(u32_at(image, FCW) & 0xffff, 0x77f);
	NEED(regset(PTRACE_GETREGSET, pid, NT_PRFPREG, again, &fx));
	PROMISE_EQ(fx, 512);
	PROMISE_MEM(again, image, SOFTWARE);
}

PROBE(write, .what = "what is set by NT_X86_XSTATE is what the task then has in its registers",
      DECLARED("2.6.35"))
{
	uint64_t *cell = share(page_size());
	pid_t pid = spawn();
	size_t n;

	if (pid == 0) {
		/* Out into memory, for as long as it takes. */
		__asm__ volatile("1: movq %%xmm9, (%0)\n\tpause\n\tjmp 1b" ::"r"(cell) : "memory");
		__builtin_unreachable();
	}
	seize_stopped(pid, 0);
	n = get_xstate(pid, image);
	put64(image, XMM0 + 9 * 16, 0xfeedfacecafebeef);
	put64(image, XSTATE_BV, u64_at(image, XSTATE_BV) | 3);
	NEED(set_xstate(pid, image, n));
	PROMISE_EQ(get_xstate(pid, again), n);
	PROMISE_EQ(u64_at(again, XMM0 + 9 * 16), 0xfeedfacecafebeef);
	let_go(pid);
	for (int i = 0; i < 3000 && *(volatile uint64_t *)cell != 0xfeedfacecafebeef; i++)
		usleep(1000);
	PROMISE_EQ(*cell, 0xfeedfacecafebeef);
}

PROBE(init_state, .what = "registers in their initial state are read as their initial values",
      DECLARED("4.14"), .guards = "ptrace-xstate-skylake")
{
	pid_t pid = spawn();
	size_t fx = 512;

	if (pid == 0) {
		__asm__ volatile("fninit\n\t1: mov %0, %%eax\n\tsyscall\n\tjmp 1b" ::"i"(SYS_pause)
				 : "rax", "rcx", "r11", "memory");
		__builtin_unreachable();
	}
	until_state(pid, 'S');
	seize_stopped(pid, 0);
	get_xstate(pid, image);
	PROMISE_EQ(u32_at(image, FCW) & 0xffff, 0x37f);
	PROMISE_EQ(u32_at(image, MXCSR), 0x1f80);
	NEED(regset(PTRACE_GETREGSET, pid, NT_PRFPREG, again, &fx));
	PROMISE_EQ(u32_at(again, FCW) & 0xffff, 0x37f);
	PROMISE_EQ(u32_at(again, MXCSR), 0x1f80);
}

PROBE(mxcsr_reserved, .what = "reserved bits of MXCSR are refused, as they would fault later",
      DECLARED("5.14"), .commit = "145e9e0d8c6f", .guards = "ptrace-mxcsr-reserved")
{
	pid_t pid = spawn_with_state();
	size_t fx = 512;
	uint32_t mask;

	NEED(regset(PTRACE_GETREGSET, pid, NT_PRFPREG, image, &fx));
	mask = u32_at(image, MXCSR_MASK) ?: 0xffbf;
	put32(image, MXCSR, 0x3f80 & mask);
	NEED(regset(PTRACE_SETREGSET, pid, NT_PRFPREG, image, &fx));
	put32(image, MXCSR, ~0U);
	errno = 0;
	if (regset(PTRACE_SETREGSET, pid, NT_PRFPREG, image, &fx) == 0)
		ABSENT("reserved bits of MXCSR are taken off in silence");
	PROMISE_EQ(errno, EINVAL);
	NEED(regset(PTRACE_GETREGSET, pid, NT_PRFPREG, again, &fx));
	PROMISE_EQ(u32_at(again, MXCSR), 0x3f80 & mask);
}

PROBE(mxcsr_sse_only, .what = "MXCSR is set when an image has the SSE state and not the x87 state",
      DECLARED("2.6.35"), .guards = "ptrace-xstate-nonxsaves")
{
	pid_t pid = spawn_with_state();
	size_t n = get_xstate(pid, image);

	put64(image, XSTATE_BV, 2);
	put32(image, MXCSR, 0x5f80);
	NEED(set_xstate(pid, image, n));
	get_xstate(pid, again);
	PROMISE_EQ(u32_at(again, MXCSR), 0x5f80);
	PROMISE_EQ(u32_at(again, FCW) & 0xffff, 0x37f);
	PROMISE_EQ(u64_at(again, XMM0 + 9 * 16), 0x1234567890abcdef);

	/* And with neither, but AVX alone: MXCSR goes with that, too. */
	if (u64_at(image, SOFTWARE) & 4) {
		put64(image, XSTATE_BV, 4);
		put32(image, MXCSR, 0x7f80);
		NEED(set_xstate(pid, image, n));
		get_xstate(pid, again);
		PROMISE_EQ(u32_at(again, MXCSR), 0x7f80);
	}
}

PROBE(refusals, .what = "NT_X86_XSTATE refuses states this CPU has not, and half an image",
      DECLARED("4.10"))
{
	pid_t pid = spawn_with_state();
	size_t n = get_xstate(pid, image);
	uint64_t bv = u64_at(image, XSTATE_BV);

	put64(image, XSTATE_BV, bv | 1ULL << 62);
	PROMISE_FAILS(set_xstate(pid, image, n), EINVAL);
	put64(image, XSTATE_BV, bv);
	PROMISE_FAILS(set_xstate(pid, image, n - 64), EFAULT, EINVAL);
	/* What follows the features in the header must be empty. */
	put64(image, XSTATE_BV + 16, 1);
	PROMISE_FAILS(set_xstate(pid, image, n), EINVAL);
	put64(image, XSTATE_BV + 16, 0);
	NEED(set_xstate(pid, image, n));
}

/*
 * The other way into a task's registers: a signal frame
 */

static unsigned char frame[65536] __attribute__((aligned(64)));
static sigjmp_buf landed;

static void land(void)
{
	uint64_t xmm9;

	__asm__ volatile("movq %%xmm9, %0" : "=r"(xmm9));
	PROMISE_EQ(xmm9, 0x5157517551755175);
	siglongjmp(landed, 1);
}

/*
 * Copies the frame it runs on to other memory, changes it, and returns through the copy, as a
 * restorer does with one it has built.
 */
static void on_signal(int sig, siginfo_t *info, void *context)
{
	static char stack[65536] __attribute__((aligned(64)));
	ucontext_t *uc = context, *copy = (void *)(frame + 8);
	unsigned char *fp = (void *)uc->uc_mcontext.fpregs, *fp_copy = frame + 4096;
	/* The software bytes of the image: magic, extended size, features, size. */
	uint32_t magic = u32_at(fp, SOFTWARE), size = u32_at(fp, SOFTWARE + 4);

	if (magic != 0x46505853)
		cpu_has("xsave") ? DEVIATES("a signal frame without extended state")
				 : MACHINE_LACKS("this CPU has no xsave");
	PROMISE_LT(size, sizeof(frame) - 4096);
	memcpy(copy, uc, sizeof(*uc));
	memcpy(fp_copy, fp, size);
	put64(fp_copy, XMM0 + 9 * 16, 0x5157517551755175);
	put64(fp_copy, XSTATE_BV, u64_at(fp_copy, XSTATE_BV) | 2);
	copy->uc_mcontext.fpregs = (void *)fp_copy;
	copy->uc_mcontext.gregs[REG_RIP] = (greg_t)land;
	copy->uc_mcontext.gregs[REG_RSP] = (greg_t)(stack + sizeof(stack) - 512 - 8);
	sigaddset(&copy->uc_sigmask, SIGUSR2);
	/* The kernel finds the frame below the stack pointer: its first word is the return address. */
	__asm__ volatile("mov %0, %%rsp\n\tmov %1, %%eax\n\tsyscall" ::"r"(copy),
			 "i"(SYS_rt_sigreturn)
			 : "rax", "memory");
	__builtin_unreachable();
}

PROBE(sigreturn, .what = "rt_sigreturn restores registers, vectors and mask from a frame we made",
      .since = "2.6.30", .source = "sigreturn(2), arch/x86/kernel/signal.c",
      .guards = "sigframe-xsave-44")
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	sigset_t now;

	NEED(sigaction(SIGUSR1, &sa, NULL));
	/* Comes back with the mask as it is there: 0 does not save it. */
	if (sigsetjmp(landed, 0) == 0) {
		NEED(kill(getpid(), SIGUSR1));
		DEVIATES("rt_sigreturn went back to where the signal came from");
	}
	NEED(sigprocmask(SIG_SETMASK, NULL, &now));
	PROMISE(sigismember(&now, SIGUSR2));
	PROMISE(!sigismember(&now, SIGUSR1));
}
