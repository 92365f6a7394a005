// SPDX-License-Identifier: GPL-2.0-only
/* What a task has beside memory and files: credentials, limits, timers, signals, prctls. */
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/mempolicy.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/kernel/procfs.h"
#include "engine/kernel/syscalls.h"
#include "engine/restore/program.h"
#include "engine/task/attributes.h"
#include "engine/task/parts.h"
#include "feature.h"
#include "parasite/arch.h"

/* ---- credentials and limits ---- */

/* What the restorer does. */
static enum answer run(const struct program *p)
{
	if (p->err)
		return no_err(p->err, "to write the program down");
	for (const struct step *s = p->step; s < p->step + p->n; s++) {
		int64_t r = raw_syscall(s->nr, s->arg);

		if (r < 0 && r > -4096)
			return no_err(r, "%s", s->what);
	}
	return YES;
}

static enum answer take_own_credentials(void)
{
	static char room[64 << 10] __attribute__((aligned(16)));
	struct program_area area = { room, 0, sizeof(room) };
	_cleanup_close_ int self = proc_open(getpid(), 0);
	_cleanup_(proc_status_done) struct proc_status status = {};
	struct arena arena;
	struct program p;
	CredsEntry *e;
	int r;

	arena_init(&arena, false);
	r = self < 0 ? self : proc_read_status(self, &status);
	if (r == 0)
		r = creds_dump(&status, prctl(PR_GET_SECUREBITS), &arena, &e);
	if (r < 0)
		return no_err(r, "to read them");
	program_begin(&p, &area, 256);
	creds_restore(&p, e);
	return run(&p);
}

FEATURE(credentials, NEEDED, "credentials of restored tasks", "CAP_SETPCAP, CAP_SETUID, CAP_SETGID")
{
	return apart(0, take_own_credentials);
}

static enum answer raise_a_limit(void)
{
	struct rlimit low = { 1, 1 }, high = { 2, 2 };

	if (setrlimit(RLIMIT_CORE, &low) < 0)
		return no_err(-errno, "to lower a limit");
	return setrlimit(RLIMIT_CORE, &high) < 0 ? no_err(-errno, "to raise a hard limit") : YES;
}

FEATURE(raise_limits, EXTRA, "tasks with higher hard limits than refcr has", "CAP_SYS_RESOURCE")
{
	return apart(0, raise_a_limit);
}

static enum answer lower_oom_score(void)
{
	_cleanup_close_ int self = proc_open(getpid(), 0);
	char text[16];
	int adj, r = self < 0 ? self : proc_int(self, "oom_score_adj", &adj);

	if (r < 0)
		return no_err(r, "/proc/PID/oom_score_adj");
	snprintf(text, sizeof(text), "%d", MAX(adj - 1, -1000));
	r = write_file_at(self, "oom_score_adj", text);
	return r < 0 ? no_err(r, "to lower oom_score_adj") : YES;
}

FEATURE(oom_score_adj, EXTRA, "tasks with a lower oom_score_adj than refcr has", "CAP_SYS_RESOURCE")
{
	return apart(0, lower_oom_score);
}

static enum answer set_loginuid(void)
{
	_cleanup_close_ int self = proc_open(getpid(), 0);
	const char *values[] = { "4294967295", "12345" };
	uint64_t v = 0;
	int r = self < 0 ? self : proc_u64(self, "loginuid", 10, &v);

	if (r < 0)
		return nobody("/proc/PID/loginuid: %s", strerror(-r));
	/* What is set cannot be set any more, unless it may be unset. */
	for (int i = 0; r == 0 && i < 2; i++)
		r = write_file_at(self, "loginuid", values[i]);
	if (r == 0)
		r = write_file_at(self, "loginuid", values[0]);
	if (r < 0)
		return no_err(r, "to set and unset /proc/PID/loginuid");
	r = proc_u64(self, "loginuid", 10, &v);
	return r == 0 && v == UINT32_MAX ? YES : no("/proc/PID/loginuid is not what was written");
}

FEATURE(loginuid, EXTRA, "tasks of another login than refcr", "CONFIG_AUDIT, CAP_AUDIT_CONTROL")
{
	return apart(0, set_loginuid);
}

static enum answer set_coredump_filter(void)
{
	_cleanup_close_ int self = proc_open(getpid(), 0);
	uint64_t v = 0;
	int r = self < 0 ? self : write_file_at(self, "coredump_filter", "0x7f");

	if (r == -ENOENT)
		return nobody("/proc/PID/coredump_filter: %s", strerror(-r));
	if (r == 0)
		r = proc_u64(self, "coredump_filter", 16, &v);
	if (r < 0)
		return no_err(r, "/proc/PID/coredump_filter");
	return v == 0x7f ? YES : no("/proc/PID/coredump_filter is not what was written");
}

FEATURE(coredump_filter, EXTRA, "coredump_filter", "CONFIG_ELF_CORE")
{
	return apart(0, set_coredump_filter);
}

/* ---- signals and timers ---- */

static enum answer queue_signal(void)
{
	siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_KERNEL }, got;
	struct timespec now = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	info.si_ptr = &set;
	if (syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info) < 0)
		return no_err(-errno, "rt_sigqueueinfo of a code of the kernel's");
	if (sigtimedwait(&set, &got, &now) != SIGUSR1)
		return no("rt_sigqueueinfo has no effect");
	return got.si_code == SI_KERNEL ? YES : no("rt_sigqueueinfo changes the code");
}

FEATURE(sigqueueinfo, EXTRA, "signals that wait to be taken", "Linux 3.9")
{
	return apart(0, queue_signal);
}

static enum answer read_timers(void)
{
	struct sigevent none = { .sigev_notify = SIGEV_NONE };
	_cleanup_free_ struct proc_timer *timer = NULL;
	_cleanup_close_ int self = proc_open(getpid(), 0);
	unsigned int n;
	int id, r;

	if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &none, &id) < 0)
		return nobody("timer_create: %s", strerror(errno));
	r = self < 0 ? self : proc_timers(self, &timer, &n);
	if (r < 0)
		return no_err(r, "/proc/PID/timers");
	return n == 1 && timer->id == id && timer->clock == CLOCK_MONOTONIC
		       ? YES
		       : no("/proc/PID/timers does not tell");
}

FEATURE(posix_timers, EXTRA, "timers of timer_create(2)",
	"CONFIG_POSIX_TIMERS, CONFIG_CHECKPOINT_RESTORE")
{
	return apart(0, read_timers);
}

FEATURE(timer_cr_ids, FASTER, "timers with high ids: others are counted up to", "Linux 6.15")
{
	return timers_take_ids() ? YES : no("PR_TIMER_CREATE_RESTORE_IDS is unknown");
}

FEATURE(membarrier_registrations, FASTER,
	"what a task is registered for with membarrier(2): otherwise each barrier is tried",
	"CONFIG_MEMBARRIER, Linux 6.3")
{
	return membarrier_is_told() ? YES : no("MEMBARRIER_CMD_GET_REGISTRATIONS is unknown");
}

/* ---- prctls ---- */

static struct {
	const char *name;
	int64_t value;
} wanted;

static enum answer set_attribute(void)
{
	int64_t v = attribute_read_own(wanted.name);
	int r;

	if (v == -EPERM)
		return no_err(v, "to read it");
	if (v < 0)
		return nobody("to read it: %s", strerror(-v));
	r = attribute_set_own(wanted.name, wanted.value);
	if (r == -ENXIO || r == -ENODEV)
		return nobody("to set it: %s", strerror(-r));
	if (r < 0)
		return no_err(r, "to set it");
	v = attribute_read_own(wanted.name);
	return v == wanted.value ? YES : no("it is not what was set");
}

static enum answer attribute(const char *name, int64_t value)
{
	wanted.name = name;
	wanted.value = value;
	return apart(0, set_attribute);
}

FEATURE(tsc, EXTRA, "tasks that may not read the timestamp counter", "CONFIG_X86")
{
	return attribute("timestamp counter", 2 /* PR_TSC_SIGSEGV */);
}

FEATURE(mce_kill, EXTRA, "tasks with a machine check policy of their own", "CONFIG_MEMORY_FAILURE")
{
	return attribute("machine check policy", 1 /* PR_MCE_KILL_EARLY */);
}

FEATURE(store_bypass, EXTRA, "tasks that have switched off speculation past stores",
	"Linux 4.17, a CPU on which prctl may do it")
{
	return attribute("store bypass speculation", 4 /* PR_SPEC_DISABLE */);
}

FEATURE(indirect_branch, EXTRA, "tasks that have switched off speculation of indirect branches",
	"Linux 4.20, a CPU on which prctl may do it")
{
	return attribute("indirect branch speculation", 4);
}

FEATURE(l1d_flush, EXTRA, "tasks that have their L1 data cache flushed", "Linux 5.15, l1d_flush=on")
{
	return attribute("L1D flushing", 2 /* PR_SPEC_ENABLE */);
}

FEATURE(io_flusher, EXTRA, "tasks that serve a block device", "Linux 5.6, CAP_SYS_RESOURCE")
{
	return attribute("I/O flusher", 1);
}

FEATURE(cpuid_faulting, EXTRA, "tasks that may not use CPUID", "a CPU that has it")
{
	return attribute("CPUID faulting", 0);
}

FEATURE(memory_merge, EXTRA, "tasks all of whose memory is merged", "CONFIG_KSM, Linux 6.4")
{
	return attribute("memory merging", 1);
}

FEATURE(futex_hash, EXTRA, "tasks that have asked for a futex hash of a size",
	"CONFIG_FUTEX_PRIVATE_HASH, Linux 6.16")
{
	return attribute("futex hash", 32);
}

FEATURE(mdwe, EXTRA, "tasks that have given up on memory they could write and execute", "Linux 6.3")
{
	return attribute("memory-deny-write-execute", 1);
}

static enum answer set_mempolicy(void)
{
	int mode = -1;

	if (syscall(SYS_set_mempolicy, MPOL_LOCAL, NULL, 0) < 0)
		return errno == ENOSYS ? nobody("set_mempolicy: %s", strerror(errno))
				       : no_err(-errno, "set_mempolicy");
	if (syscall(SYS_get_mempolicy, &mode, NULL, 0, 0, 0) < 0)
		return no_err(-errno, "get_mempolicy");
	/* Before 5.14 a local policy showed as one that prefers no node. */
	return mode == MPOL_LOCAL || mode == MPOL_PREFERRED ? YES : no("get_mempolicy is wrong");
}

FEATURE(mempolicy, EXTRA, "memory policies", "CONFIG_NUMA")
{
	return apart(0, set_mempolicy);
}

/* ---- what confines a task ---- */

static enum answer be_landlocked(uint64_t *kcmp)
{
	struct landlock_ruleset_attr rules = { .handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_SOCK };
	int fd = syscall(444 /* landlock_create_ruleset */, &rules, sizeof(rules), 0);

	if (fd < 0)
		return nobody("landlock_create_ruleset: %s", strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(446 /* landlock_restrict_self */, fd, 0) < 0)
		return no_err(-errno, "landlock_restrict_self");
	*kcmp = -sys_kcmp(getppid(), getppid(), KCMP_WHAT_VM);
	return YES;
}

FEATURE(landlock, EXTRA, "seeing that Landlock confines a task (it is refused)", "CONFIG_KCMP")
{
	_companion_ struct companion c = { .be = be_landlocked };
	enum answer a = companion_start(&c);

	if (a != YES)
		return a;
	return *c.word == EPERM ? YES : no("one that is confined may look out");
}
