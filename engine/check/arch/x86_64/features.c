// SPDX-License-Identifier: GPL-2.0-only
/* What only x86 has, or has in a way of its own. */
#include <asm/prctl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "engine/check/feature.h"
#include "engine/kernel/maps.h"
#include "engine/kernel/procfs.h"
#include "engine/kernel/ptrace.h"

#define ELSEWHERE 0x200000000000 /* where nobody has anything */

/* ---- a vdso that the kernel maps ---- */

static enum answer map_vdso(void)
{
	_cleanup_close_ int self = proc_open(getpid(), 0);
	_cleanup_(vm_map_done) struct vm_map was = {}, is = {};
	int r = self < 0 ? self : vm_map_read(self, &was);

	if (r < 0)
		return no_err(r, "/proc/PID/smaps");
	/* There may be one at a time. */
	for (unsigned int i = 0; i < was.n; i++) {
		const struct vm_area *a = &was.area[i];

		if ((streq(a->name, "[vdso]") || str_after(a->name, "[vvar")) &&
		    munmap((void *)a->start, a->end - a->start) < 0)
			return no_err(-errno, "to unmap %s", a->name);
	}
	if (syscall(SYS_arch_prctl, ARCH_MAP_VDSO_64, ELSEWHERE) < 0)
		return no_err(-errno, "ARCH_MAP_VDSO_64");
	r = vm_map_read(self, &is);
	if (r < 0)
		return no_err(r, "/proc/PID/smaps");
	for (unsigned int i = 0; i < is.n; i++)
		if (streq(is.area[i].name, "[vdso]") && is.area[i].start >= ELSEWHERE &&
		    is.area[i].start < ELSEWHERE + (1UL << 20))
			return YES;
	return no("ARCH_MAP_VDSO_64 maps none");
}

FEATURE(can_map_vdso, UNUSED,
	"vdsos of restored tasks that are the kernel's work: theirs is a copy of refcr's own",
	"CONFIG_CHECKPOINT_RESTORE, Linux 4.9")
{
	return apart(0, map_vdso);
}

/* ---- 32-bit tasks ---- */

enum { GETPID_32 = 20, OLD_MMAP_32 = 90 };

static int call_32(int nr, uint32_t arg)
{
	int r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "0"(nr), "b"(arg)
			 : "memory", "cc", "r8", "r9", "r10", "r11");
	return r;
}

static enum answer act_as_32(void)
{
	/* An argument that a 32-bit call can point to: address, length and so on of mmap. */
	uint32_t *arg = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	int64_t at;

	if (arg == MAP_FAILED)
		return no_err(-errno, "memory below 4 GiB");
	if (call_32(GETPID_32, 0) != getpid())
		return nobody("there are no 32-bit system calls");
	memcpy(arg, (uint32_t[]){ 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 }, 24);
	at = call_32(OLD_MMAP_32, (uintptr_t)arg);
	if (at < 0 && at > -4096)
		return no_err(at, "mmap of 32 bits");
	/* Before 4.12 it could be anywhere, and lost its upper half on the way. */
	if (mprotect((void *)(uintptr_t)(uint32_t)at, 4096, PROT_READ) < 0)
		return no("memory that a 32-bit call maps lies above 4 GiB");
	/* Taken: there is a vdso already, as there may be one at a time. */
	if (syscall(SYS_arch_prctl, ARCH_MAP_VDSO_32, 0) < 0 && errno != EEXIST)
		return no_err(-errno, "ARCH_MAP_VDSO_32");
	return YES;
}

FEATURE(compat_cr, UNUSED, "32-bit tasks",
	"CONFIG_IA32_EMULATION, CONFIG_CHECKPOINT_RESTORE, Linux 4.12")
{
	return apart(0, act_as_32);
}

/* ---- hardware breakpoints ---- */

static __attribute__((noinline)) void marker(void)
{
	__asm__ volatile("");
}

static void pass_marker(uint64_t *word)
{
	marker();
	/* Here it stops in any case. */
	raise(SIGSTOP);
}

static enum answer be_idle(uint64_t *word)
{
	return YES;
}

static int set_debug_register(pid_t pid, int n, uint64_t value)
{
	return ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg) + n * sizeof(long),
		      value) < 0
		       ? -errno
		       : 0;
}

FEATURE(breakpoints, UNUSED, "hardware breakpoints", "CONFIG_HAVE_HW_BREAKPOINT")
{
	_companion_ struct companion c = { .be = be_idle, .act = pass_marker };
	enum answer a = companion_start(&c);
	struct stop s = {};
	int r;

	if (a != YES)
		return a;
	r = ptrace_seize(c.pid);
	if (r == 0)
		r = ptrace_interrupt(c.pid);
	if (r == 0)
		r = ptrace_wait(c.pid, 1000, &s);
	if (r < 0)
		return no_err(r, "PTRACE_SEIZE");
	/* Where, and then: execution, of this task only. */
	r = set_debug_register(c.pid, 0, (uintptr_t)marker);
	if (r == 0)
		r = set_debug_register(c.pid, 7, 1);
	if (r == 0)
		r = ptrace_cont(c.pid, 0);
	if (r < 0)
		return no_err(r, "debug registers");
	companion_wake(&c);
	r = ptrace_wait(c.pid, 1000, &s);
	if (r < 0)
		return no_err(r, "a breakpoint");
	return s.kind == STOP_SIGNAL && s.sig == SIGTRAP ? YES : no("a breakpoint is passed by");
}
