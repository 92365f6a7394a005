// SPDX-License-Identifier: GPL-2.0-only
/* ptrace(2): stopping a task, looking at it, and leaving it as it was. */
#include <elf.h>
#include <linux/audit.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <time.h>

#include "probe.h"
#include "regs.h"
#include "uapi/ptrace.h"

#define DECLARED(release) .since = release, .source = "ptrace(2), kernel/ptrace.c"

static void get_regs(pid_t pid, struct user_regs_struct *regs)
{
	struct iovec iov = { regs, sizeof(*regs) };

	NEED(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov));
}

static void set_regs(pid_t pid, struct user_regs_struct *regs)
{
	struct iovec iov = { regs, sizeof(*regs) };

	NEED(ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov));
}

/*
 * Stopping and letting go
 */

PROBE(seize, .what = "PTRACE_SEIZE takes a task without stopping it or sending it a signal",
      DECLARED("3.4"))
{
	_Atomic unsigned long *count = share(page_size());
	pid_t pid = spawn();
	unsigned long then;
	int status;

	if (pid == 0)
		for (;;)
			++*count;
	while (!*count)
		usleep(100);
	OFFERED(ptrace(PTRACE_SEIZE, pid, 0, 0), "PTRACE_SEIZE", EIO);
	PROMISE_EQ(waitpid(pid, &status, WNOHANG | __WALL), 0);
	then = *count;
	for (int i = 0; i < 1000 && *count == then; i++)
		usleep(1000);
	PROMISE_GT(*count, then);
	PROMISE_EQ(atoi(NEED(status_field(pid, "TracerPid"))), getpid());
	PROMISE_FAILS(ptrace(PTRACE_SEIZE, pid, 0, 0), EPERM);
	PROMISE_FAILS(ptrace(PTRACE_SEIZE, spawn_idle(), 1, 0), EIO);
}

PROBE(interrupt, .what = "PTRACE_INTERRUPT stops a seized task with PTRACE_EVENT_STOP, 128",
      DECLARED("3.4"), .guards = "ptrace-event-stop")
{
	pid_t pid = spawn_idle();
	siginfo_t info;

	seize(pid, 0);
	PROMISE_EQ(interrupt(pid), (128 << 8 | SIGTRAP) << 8 | 0x7f);
	until_state(pid, 't');
	NEED(ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
	PROMISE_EQ(info.si_code, 128 << 8 | SIGTRAP);
	PROMISE_EQ(info.si_signo, SIGTRAP);
	let_go(pid);
	until_state(pid, 'S');
	PROMISE_FAILS(ptrace(PTRACE_INTERRUPT, pid, 0, 0), ESRCH);
}

PROBE(interrupt_restarts, .what = "a task interrupted in a system call goes on in it unharmed",
      DECLARED("3.4"))
{
	int pipes[2];
	char byte = 0;
	pid_t pid;

	NEED(pipe(pipes));
	pid = spawn();
	if (pid == 0) {
		reach(1);
		PROMISE_EQ(NEED(read(pipes[0], &byte, 1)), 1);
		PROMISE_EQ(byte, 'x');
		_exit(0);
	}
	await(1);
	until_state(pid, 'S');
	for (int i = 0; i < 3; i++) {
		seize_stopped(pid, 0);
		let_go(pid);
		until_state(pid, 'S');
	}
	NEED(write(pipes[1], "x", 1));
	reap_good(pid);
}

PROBE(interrupt_sleep, .what = "a task interrupted in nanosleep sleeps no longer for it",
      DECLARED("3.4"))
{
	const unsigned int whole = 500;
	pid_t pid = spawn();
	uint64_t start = now_ms(), last = start;

	if (pid == 0) {
		struct timespec t = { .tv_nsec = whole * 1000 * 1000 };

		reach(1);
		PROMISE_EQ(nanosleep(&t, NULL), 0);
		_exit(0);
	}
	await(1);
	/* However slow we are: it must not wake up before we have it. */
	while (now_ms() - start < whole / 2) {
		until_state(pid, 'S');
		seize_stopped(pid, 0);
		usleep(25000);
		last = now_ms();
		let_go(pid);
	}
	reap_good(pid);
	PROMISE_GE(now_ms() - start, whole - 5);
	/* Had it begun anew the last time, it would sleep still. */
	PROMISE_LT(now_ms(), last + whole);
}

PROBE(group_stop, .what = "a stopped task stays so through SEIZE, INTERRUPT and DETACH",
      DECLARED("3.4"))
{
	pid_t pid = spawn_idle();
	siginfo_t info = {};

	NEED(kill(pid, SIGSTOP));
	until_state(pid, 'T');
	NEED(waitid(P_PID, pid, &info, WSTOPPED));
	PROMISE_EQ(info.si_status, SIGSTOP);

	seize(pid, 0);
	PROMISE_EQ(interrupt(pid) >> 8, 128 << 8 | SIGSTOP);
	let_go(pid);
	until_state(pid, 'T');
	/* The parent has heard of that stop already. */
	info.si_pid = 0;
	NEED(waitid(P_PID, pid, &info, WSTOPPED | WNOHANG));
	PROMISE_EQ(info.si_pid, 0);
	NEED(kill(pid, SIGCONT));
	until_state(pid, 'S');
}

PROBE(listen, .what = "PTRACE_LISTEN leaves a stopped task stopped and tells when it goes on",
      DECLARED("3.4"))
{
	pid_t pid = spawn_idle();
	int status;

	NEED(kill(pid, SIGSTOP));
	until_state(pid, 'T');
	NEED(waitpid(pid, &status, WUNTRACED));
	seize(pid, 0);
	PROMISE_EQ(interrupt(pid) >> 8, 128 << 8 | SIGSTOP);
	NEED(ptrace(PTRACE_LISTEN, pid, 0, 0));
	PROMISE_FAILS(ptrace(PTRACE_PEEKDATA, pid, &status, 0), ESRCH);
	PROMISE_EQ(waitpid(pid, &status, WNOHANG | __WALL), 0);
	NEED(kill(pid, SIGCONT));
	PROMISE_EQ(await_stop(pid) >> 16, 128);
	PROMISE_FAILS(ptrace(PTRACE_LISTEN, getppid(), 0, 0), ESRCH);
}

PROBE(exitkill, .what = "PTRACE_O_EXITKILL kills the tracees of a tracer that is killed",
      .since = "3.8", .commit = "992fb6e17063", .source = "ptrace(2)")
{
	pid_t pid = spawn_idle(), other = spawn_idle(), tracer = spawn();
	int status;

	if (tracer == 0) {
		OFFERED(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL), "PTRACE_O_EXITKILL",
			EINVAL);
		seize(other, 0);
		reach(1);
		linger();
	}
	await(1);
	end_task(tracer);
	status = reap(pid);
	PROMISE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	until_state(other, 'S');
}

PROBE(tracer_dies, .what = "a stopped tracee runs on when its tracer is killed", DECLARED("3.4"))
{
	_Atomic unsigned long *count = share(page_size());
	pid_t pid = spawn(), tracer;
	unsigned long then;

	if (pid == 0)
		for (;;)
			++*count;
	tracer = spawn();
	if (tracer == 0) {
		seize_stopped(pid, 0);
		reach(1);
		linger();
	}
	await(1);
	then = *count;
	usleep(2000);
	PROMISE_EQ(*count, then);
	end_task(tracer);
	for (int i = 0; i < 1000 && *count == then; i++)
		usleep(1000);
	PROMISE_GT(*count, then);
	PROMISE_EQ(atoi(NEED(status_field(pid, "TracerPid"))), 0);
}

PROBE(fork_event, .what = "a tracee's child is traced from its first moment, and told of",
      DECLARED("3.4"))
{
	unsigned long child = 0;
	pid_t pid = spawn();
	int status;

	if (pid == 0) {
		await(1);
		spawn_idle();
		linger();
	}
	seize(pid, PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEVFORK);
	reach(1);
	status = await_stop(pid);
	PROMISE_EQ(status >> 8, PTRACE_EVENT_FORK << 8 | SIGTRAP);
	NEED(ptrace(PTRACE_GETEVENTMSG, pid, 0, &child));
	PROMISE_EQ(await_stop(child) >> 16, 128);
	PROMISE_EQ(atoi(NEED(status_field(child, "TracerPid"))), getpid());
	PROMISE_EQ(atoi(NEED(stat_field(child, 4))), pid);
}

/*
 * Who may
 */

PROBE(access, .what = "root, and CAP_SYS_PTRACE alone, may trace other users' tasks; others not",
      DECLARED("3.4"), .capability = "CAP_SYS_PTRACE", .guards = "ptrace-access-creds")
{
	pid_t ours = spawn_idle(), theirs = spawn(), asker;

	need_privilege("CAP_SYS_PTRACE");
	if (theirs == 0) {
		lose_privileges();
		reach(1);
		linger();
	}
	await(1);
	OFFERED(ptrace(PTRACE_SEIZE, theirs, 0, 0), "PTRACE_SEIZE", EIO);
	for (int privileged = 0; privileged < 2; privileged++) {
		asker = spawn();
		if (asker == 0) {
			if (privileged) {
				lose_privileges_but(CAP_SYS_PTRACE);
				OFFERED(ptrace(PTRACE_SEIZE, ours, 0, 0), "PTRACE_SEIZE", EIO);
			} else {
				lose_privileges();
				PROMISE_FAILS(ptrace(PTRACE_SEIZE, ours, 0, 0), EPERM);
			}
			_exit(0);
		}
		reap_good(asker);
	}
}

/*
 * Signals of a stopped task
 */

static long peek(pid_t pid, siginfo_t *info, int n, uint64_t off, uint32_t flags)
{
	struct __ptrace_peeksiginfo_args args = { .off = off, .flags = flags, .nr = n };

	return ptrace(PTRACE_PEEKSIGINFO, pid, &args, info);
}

PROBE(peeksiginfo, .what = "PTRACE_PEEKSIGINFO reads both signal queues and takes nothing away",
      .since = "3.10", .commit = "84c751bd4aeb", .source = "ptrace(2), kernel/ptrace.c")
{
	siginfo_t info[8];
	pid_t pid = spawn();

	if (pid == 0) {
		sigset_t all;

		sigfillset(&all);
		NEED(sigprocmask(SIG_BLOCK, &all, NULL));
		for (int i = 0; i < 3; i++)
			NEED(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 100 + i }));
		NEED(syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1));
		reach(1);
		linger();
	}
	await(1);
	seize_stopped(pid, 0);
	for (int again = 0; again < 2; again++) {
		PROMISE_EQ(OFFERED(peek(pid, info, 8, 0, PTRACE_PEEKSIGINFO_SHARED),
				   "PTRACE_PEEKSIGINFO", EIO),
			   3);
		for (int i = 0; i < 3; i++) {
			PROMISE_EQ(info[i].si_signo, SIGRTMIN);
			PROMISE_EQ(info[i].si_code, SI_QUEUE);
			PROMISE_EQ(info[i].si_pid, pid);
			PROMISE_EQ(info[i].si_value.sival_int, 100 + i);
		}
		PROMISE_EQ(NEED(peek(pid, info, 8, 0, 0)), 1);
		PROMISE_EQ(info[0].si_signo, SIGUSR1);
		PROMISE_EQ(info[0].si_code, SI_TKILL);
	}
	PROMISE_EQ(NEED(peek(pid, info, 1, 2, PTRACE_PEEKSIGINFO_SHARED)), 1);
	PROMISE_EQ(info[0].si_value.sival_int, 102);
	PROMISE_EQ(NEED(peek(pid, info, 8, 3, PTRACE_PEEKSIGINFO_SHARED)), 0);
	PROMISE_EQ(NEED(peek(pid, info, 8, 1, 0)), 0);
	PROMISE_FAILS(peek(pid, info, 8, 0, 1 << 20), EINVAL);
	PROMISE_FAILS(peek(pid, info, -1, 0, 0), EINVAL);
}

PROBE(getsigmask, .what = "PTRACE_GETSIGMASK reads the mask a task has set, also in sigsuspend",
      .since = "3.11", .commit = "29000caecbe8", .source = "ptrace(2), kernel/ptrace.c")
{
	uint64_t mask;
	pid_t pid = spawn();

	if (pid == 0) {
		sigset_t set, none;

		sigemptyset(&set);
		sigemptyset(&none);
		sigaddset(&set, SIGUSR1);
		sigaddset(&set, SIGRTMAX);
		NEED(sigprocmask(SIG_SETMASK, &set, NULL));
		reach(1);
		await(2);
		sigsuspend(&none);
		BROKEN("sigsuspend ended");
	}
	await(1);
	seize_stopped(pid, 0);
	OFFERED(ptrace(PTRACE_GETSIGMASK, pid, 8, &mask), "PTRACE_GETSIGMASK", EIO);
	PROMISE_EQ(mask, 1ULL << (SIGUSR1 - 1) | 1ULL << (SIGRTMAX - 1));
	PROMISE_FAILS(ptrace(PTRACE_GETSIGMASK, pid, 4, &mask), EINVAL);
	let_go(pid);
	reach(2);
	while (strtoull(NEED(status_field(pid, "SigBlk")), NULL, 16))
		usleep(200);
	until_state(pid, 'S');
	seize_stopped(pid, 0);
	NEED(ptrace(PTRACE_GETSIGMASK, pid, 8, &mask));
	PROMISE_EQ(mask, 1ULL << (SIGUSR1 - 1) | 1ULL << (SIGRTMAX - 1));
}

PROBE(setsigmask, .what = "PTRACE_SETSIGMASK sets the mask, but for SIGKILL and SIGSTOP",
      .since = "3.11", .commit = "29000caecbe8", .source = "ptrace(2), kernel/ptrace.c")
{
	const uint64_t unblockable = 1ULL << (SIGKILL - 1) | 1ULL << (SIGSTOP - 1);
	uint64_t mask = ~0ULL;
	pid_t pid = spawn_idle();

	seize_stopped(pid, 0);
	OFFERED(ptrace(PTRACE_SETSIGMASK, pid, 8, &mask), "PTRACE_SETSIGMASK", EIO);
	NEED(ptrace(PTRACE_GETSIGMASK, pid, 8, &mask));
	PROMISE_EQ(mask, ~unblockable);
	PROMISE_EQ(strtoull(NEED(status_field(pid, "SigBlk")), NULL, 16), ~unblockable);
	let_go(pid);
	/* It holds on after the tracer has gone. */
	NEED(kill(pid, SIGTERM));
	until_state(pid, 'S');
	PROMISE_EQ(strtoull(NEED(status_field(pid, "ShdPnd")), NULL, 16), 1ULL << (SIGTERM - 1));
	mask = 0;
	seize_stopped(pid, 0);
	NEED(ptrace(PTRACE_SETSIGMASK, pid, 8, &mask));
	let_go(pid);
	PROMISE_EQ(WTERMSIG(reap(pid)), SIGTERM);
}

PROBE(forced_trap, .what = "a trap while SIGTRAP is blocked costs the task its handler and mask",
      DECLARED("2.6"), .guards = "force-sigtrap-blocked")
{
	struct sigaction sa = { .sa_handler = SIG_IGN };
	uint64_t mask;
	pid_t pid = spawn();

	/* An engine that lets a task trap has to know: this is what it would take away. */
	if (pid == 0) {
		sigset_t set;

		sigemptyset(&set);
		sigaddset(&set, SIGTRAP);
		NEED(sigprocmask(SIG_SETMASK, &set, NULL));
		NEED(sigaction(SIGTRAP, &sa, NULL));
		reach(1);
		await(2);
		breakpoint();
		NEED(sigaction(SIGTRAP, NULL, &sa));
		if (sa.sa_handler == SIG_IGN)
			NEW("a forced SIGTRAP leaves the handler alone");
		reach(3);
		linger();
	}
	await(1);
	seize(pid, 0);
	reach(2);
	PROMISE_EQ(WSTOPSIG(await_stop(pid)), SIGTRAP);
	NEED(ptrace(PTRACE_GETSIGMASK, pid, 8, &mask));
	if (mask & 1ULL << (SIGTRAP - 1))
		NEW("a forced SIGTRAP leaves the mask alone");
	NEED(ptrace(PTRACE_CONT, pid, 0, 0));
	await(3);
}

/*
 * Registers, memory, system calls
 */

PROBE(regset, .what = "PTRACE_GETREGSET and SETREGSET move a task's registers, whole and exact",
      DECLARED("2.6.34"))
{
	static char too_big[4096];
	struct user_regs_struct was, now;
	struct iovec iov = { too_big, sizeof(too_big) };
	pid_t pid = spawn_idle();

	seize_stopped(pid, 0);
	OFFERED(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov), "PTRACE_GETREGSET", EIO);
	PROMISE_EQ(iov.iov_len, sizeof(struct user_regs_struct));
	get_regs(pid, &was);
	PROMISE_MEM(too_big, &was, sizeof(was));
	regs_scramble(&was);
	set_regs(pid, &was);
	get_regs(pid, &now);
	PROMISE_MEM(&now, &was, sizeof(was));
	iov.iov_len = 3;
	PROMISE_FAILS(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov), EINVAL);
	iov.iov_len = sizeof(too_big);
	PROMISE_FAILS(ptrace(PTRACE_GETREGSET, pid, 0x7777, &iov), EINVAL);
}

static _Noreturn void landed(void)
{
	reach(2);
	linger();
}

PROBE(set_ip, .what = "a task goes on where its tracer has set its registers to",
      DECLARED("2.6.34"))
{
	struct user_regs_struct regs;
	char *stack = pages(4);
	pid_t pid = spawn_idle();

	until_state(pid, 'S');
	seize_stopped(pid, 0);
	get_regs(pid, &regs);
	regs_call(&regs, (void *)landed, stack + 4 * page_size());
	set_regs(pid, &regs);
	let_go(pid);
	await(2);
}

PROBE(remote_syscall, .what = "a tracee can be made to run a system call and be put back",
      DECLARED("3.4"))
{
	struct user_regs_struct was, regs;
	long result;
	int pipes[2];
	pid_t pid;

	NEED(pipe(pipes));
	pid = spawn();
	if (pid == 0) {
		char byte;

		reach(1);
		PROMISE_EQ(NEED(read(pipes[0], &byte, 1)), 1);
		_exit(0);
	}
	await(1);
	until_state(pid, 'S');
	seize_stopped(pid, PTRACE_O_TRACESYSGOOD);
	get_regs(pid, &was);
	regs = was;
	regs_syscall(&regs, find_syscall_insn(), SYS_getpid);
	set_regs(pid, &regs);
	for (int i = 0; i < 2; i++) {
		NEED(ptrace(PTRACE_SYSCALL, pid, 0, 0));
		PROMISE_EQ(WSTOPSIG(await_stop(pid)), SIGTRAP | 0x80);
	}
	get_regs(pid, &regs);
	result = regs_result(&regs);
	PROMISE_EQ(result, pid);
	/* With the number of the call it was in, it goes back into it. */
	set_regs(pid, &was);
	let_go(pid);
	until_state(pid, 'S');
	NEED(write(pipes[1], "x", 1));
	reap_good(pid);
}

PROBE(peek_poke, .what = "PTRACE_POKEDATA writes read-only private memory, EIO where there is none",
      DECLARED("2.6"))
{
	long *p = (long *)pages(2);
	pid_t pid;

	p[3] = 0x1122334455667788;
	NEED(mprotect(p, page_size(), PROT_READ));
	NEED(munmap((char *)p + page_size(), page_size()));
	pid = spawn_idle();
	seize_stopped(pid, 0);
	PROMISE_EQ(NEED(ptrace(PTRACE_PEEKDATA, pid, &p[3], 0)), p[3]);
	NEED(ptrace(PTRACE_POKEDATA, pid, &p[3], 0x7766554433221100));
	PROMISE_EQ(NEED(ptrace(PTRACE_PEEKDATA, pid, &p[3], 0)), 0x7766554433221100);
	PROMISE_EQ(p[3], 0x1122334455667788);
	errno = 0;
	ptrace(PTRACE_PEEKDATA, pid, (char *)p + page_size(), 0);
	PROMISE_EQ(errno, EIO);
	PROMISE_FAILS(ptrace(PTRACE_POKEDATA, pid, (char *)p + page_size(), 1), EIO);
}

/* A child that asks for its parent's pid over and over, seized with the calls told apart. */
static pid_t spawn_calling(void)
{
	pid_t pid = spawn();

	if (pid == 0) {
		reach(1);
		for (;;)
			syscall(SYS_getppid, 1, 2, 3, 4, 5, 6);
	}
	await(1);
	seize_stopped(pid, PTRACE_O_TRACESYSGOOD);
	return pid;
}

static long syscall_info(pid_t pid, struct uapi_ptrace_syscall_info *info)
{
	memset(info, 0, sizeof(*info));
	return ptrace(UAPI_PTRACE_GET_SYSCALL_INFO, pid, sizeof(*info), info);
}

static void to_next_syscall_stop(pid_t pid)
{
	do
		NEED(ptrace(PTRACE_SYSCALL, pid, 0, 0));
	while (WSTOPSIG(await_stop(pid)) != (SIGTRAP | 0x80));
}

PROBE(get_syscall_info, .what = "PTRACE_GET_SYSCALL_INFO tells entry from exit, and what is called",
      .since = "5.3", .commit = "201766a20e30", .kconfig = "CONFIG_HAVE_ARCH_TRACEHOOK",
      .source = "ptrace(2)")
{
	struct uapi_ptrace_syscall_info info;
	pid_t pid = spawn_calling();

	PROMISE_GE(OFFERED(syscall_info(pid, &info), "PTRACE_GET_SYSCALL_INFO", EIO), 24);
	PROMISE_EQ(info.op, UAPI_SYSCALL_INFO_NONE);
	/* It may not have come to its loop yet. */
	do {
		to_next_syscall_stop(pid);
		NEED(syscall_info(pid, &info));
	} while (info.op != UAPI_SYSCALL_INFO_ENTRY || info.entry.nr != SYS_getppid);
	for (int i = 0; i < 3; i++) {
		NEED(syscall_info(pid, &info));
		PROMISE_EQ(info.op, UAPI_SYSCALL_INFO_ENTRY);
		PROMISE_EQ(info.arch, NATIVE_AUDIT_ARCH);
		PROMISE_EQ(info.entry.nr, SYS_getppid);
		for (int a = 0; a < 6; a++)
			PROMISE_EQ(info.entry.args[a], a + 1);
		to_next_syscall_stop(pid);
		NEED(syscall_info(pid, &info));
		PROMISE_EQ(info.op, UAPI_SYSCALL_INFO_EXIT);
		PROMISE_EQ(info.exit.rval, getpid());
		PROMISE_EQ(info.exit.is_error, 0);
		to_next_syscall_stop(pid);
	}
}

static void *idle_thread(void *unused)
{
	pause();
	return NULL;
}

PROBE(interrupt_exec,
      .what = "an interrupt that comes during execve() holds behind it, also in a task of threads",
      .since = "5.3", .source = "ptrace(2), kernel/ptrace.c", .guards = "ptrace-interrupt-exec")
{
	for (int threads = 0; threads < 2; threads++) {
		struct uapi_ptrace_syscall_info info;
		int status = 0, stage = threads + 1;
		pid_t pid = spawn(), got = 0;

		if (pid == 0) {
			pthread_t t;

			for (int i = 0; i < threads; i++)
				NEED(-pthread_create(&t, NULL, idle_thread, NULL));
			await(stage);
			exec_idle();
		}
		seize_stopped(pid, PTRACE_O_TRACESYSGOOD);
		reach(stage);
		do {
			to_next_syscall_stop(pid);
			NEED(syscall_info(pid, &info));
		} while (info.op != UAPI_SYSCALL_INFO_ENTRY || info.entry.nr != SYS_execve);
		NEED(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
		NEED(ptrace(PTRACE_CONT, pid, 0, 0));
		until_exec(pid);
		/* It stops before the new program's first step. Asleep, that has made many. */
		for (char state = 'R'; got == 0 && state != 'S'; usleep(1000)) {
			state = *NEED(stat_field(pid, 3));
			got = NEED(waitpid(pid, &status, __WALL | WNOHANG));
		}
		/* 90918794a4e2, in 7.1 and stable kernels. */
		if (got == 0 && threads)
			ABSENT("it is dropped where execve() ends other threads");
		PROMISE_EQ(got, pid);
		PROMISE_EQ(status, (128 << 8 | SIGTRAP) << 8 | 0x7f);
		end_task(pid);
	}
}

PROBE(set_syscall_info, .what = "PTRACE_SET_SYSCALL_INFO changes the call that is about to be made",
      .since = "6.16", .commit = "26bb32768fe6", .kconfig = "CONFIG_HAVE_ARCH_TRACEHOOK",
      .source = "kernel/ptrace.c")
{
	struct uapi_ptrace_syscall_info info;
	pid_t pid = spawn_calling();

	NEED(syscall_info(pid, &info));
	errno = 0;
	if (ptrace(UAPI_PTRACE_SET_SYSCALL_INFO, pid, sizeof(info), &info) < 0 && errno == EIO)
		ABSENT("no PTRACE_SET_SYSCALL_INFO (EIO)");
	/* Outside a system call there is nothing to set. */
	PROMISE_EQ(errno, EINVAL);
	do {
		to_next_syscall_stop(pid);
		NEED(syscall_info(pid, &info));
	} while (info.op != UAPI_SYSCALL_INFO_ENTRY);
	info.entry.nr = SYS_getpid;
	NEED(ptrace(UAPI_PTRACE_SET_SYSCALL_INFO, pid, sizeof(info), &info));
	to_next_syscall_stop(pid);
	NEED(syscall_info(pid, &info));
	PROMISE_EQ(info.op, UAPI_SYSCALL_INFO_EXIT);
	PROMISE_EQ(info.exit.rval, pid);
	info.reserved = 1;
	PROMISE_FAILS(ptrace(UAPI_PTRACE_SET_SYSCALL_INFO, pid, sizeof(info), &info), EINVAL);
}

PROBE(rseq_configuration, .what = "PTRACE_GET_RSEQ_CONFIGURATION tells where a thread has its rseq",
      .since = "5.13", .commit = "90f093fa8ea4", .kconfig = "CONFIG_RSEQ", .source = "ptrace(2)",
      .guards = "rseq-ptrace-missing")
{
	struct uapi_ptrace_rseq_configuration conf = {};
	struct {
		uint32_t word[8];
	} *area = pages(1);
	pid_t pid = spawn();

	if (pid == 0) {
		uint32_t len;

		drop_libc_rseq(&len);
		reach(1);
		await(2);
		NEED(syscall(SYS_rseq, area, 32, 0, 0x53053053));
		reach(3);
		linger();
	}
	await(1);
	seize_stopped(pid, 0);
	PROMISE_EQ(OFFERED(ptrace(UAPI_PTRACE_GET_RSEQ_CONFIGURATION, pid, sizeof(conf), &conf),
			   "PTRACE_GET_RSEQ_CONFIGURATION", EIO),
		   sizeof(conf));
	PROMISE_EQ(conf.rseq_abi_pointer, 0);
	let_go(pid);
	reach(2);
	await(3);
	seize_stopped(pid, 0);
	NEED(ptrace(UAPI_PTRACE_GET_RSEQ_CONFIGURATION, pid, sizeof(conf), &conf));
	PROMISE_EQ(conf.rseq_abi_pointer, area);
	PROMISE_EQ(conf.rseq_abi_size, 32);
	PROMISE_EQ(conf.signature, 0x53053053);
	PROMISE_EQ(conf.flags, 0);
	conf.signature = 0;
	PROMISE_EQ(NEED(ptrace(UAPI_PTRACE_GET_RSEQ_CONFIGURATION, pid, 12, &conf)), sizeof(conf));
	PROMISE_EQ(conf.signature, 0);
}

PROBE(sysgood, .what = "PTRACE_O_TRACESYSGOOD marks the stops of system calls, in and out by turns",
      DECLARED("2.4.6"))
{
	pid_t pid = spawn_calling();
	struct user_regs_struct regs;
	int entries = 0;

	for (int i = 0; i < 4; i++) {
		int status;

		NEED(ptrace(PTRACE_SYSCALL, pid, 0, 0));
		status = await_stop(pid);
		PROMISE_EQ(WSTOPSIG(status), SIGTRAP | 0x80);
		get_regs(pid, &regs);
		/* At an exit the result is there; ENOSYS is what stands there at an entry. */
		entries += regs_result(&regs) == -ENOSYS;
	}
	PROMISE_EQ(entries, 2);
}

PROBE(getsiginfo, .what = "PTRACE_GETSIGINFO tells a signal's stop from others, and has the signal",
      DECLARED("2.3.99"))
{
	siginfo_t info;
	pid_t pid = spawn_idle();
	int status;

	seize_stopped(pid, 0);
	NEED(ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
	PROMISE_EQ(info.si_code, SIGTRAP | PTRACE_EVENT_STOP << 8);
	NEED(ptrace(PTRACE_CONT, pid, 0, 0));
	NEED(sigqueue(pid, SIGUSR1, (union sigval){ .sival_int = 77 }));
	status = await_stop(pid);
	PROMISE_EQ(status >> 8, SIGUSR1);
	NEED(ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
	PROMISE_EQ(info.si_signo, SIGUSR1);
	PROMISE_EQ(info.si_code, SI_QUEUE);
	PROMISE_EQ(info.si_value.sival_int, 77);
	info.si_value.sival_int = 78;
	NEED(ptrace(PTRACE_SETSIGINFO, pid, 0, &info));
	info.si_value.sival_int = 0;
	NEED(ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
	PROMISE_EQ(info.si_value.sival_int, 78);
	/* Taken back: the task never sees it. */
	NEED(ptrace(PTRACE_CONT, pid, 0, 0));
	interrupt(pid);
	/* Not stopped for a signal: there is none to tell. */
	NEED(ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
	PROMISE_EQ(info.si_code, SIGTRAP | PTRACE_EVENT_STOP << 8);
}

PROBE(exit_event, .what = "a tracee stops at its exit and says its status; exec is told as well",
      DECLARED("2.5.46"))
{
	unsigned long message;
	pid_t pid = spawn();
	int status;

	if (pid == 0) {
		await(1);
		exec_idle();
	}
	seize(pid, PTRACE_O_TRACEEXIT | PTRACE_O_TRACEEXEC);
	reach(1);
	status = await_stop(pid);
	PROMISE_EQ(status >> 8, SIGTRAP | PTRACE_EVENT_EXEC << 8);
	NEED(ptrace(PTRACE_GETEVENTMSG, pid, 0, &message));
	PROMISE_EQ(message, pid);
	NEED(ptrace(PTRACE_CONT, pid, 0, 0));
	kill(pid, SIGTERM);
	status = await_stop(pid);
	PROMISE_EQ(status >> 8, SIGTERM);
	NEED(ptrace(PTRACE_CONT, pid, 0, SIGTERM));
	status = await_stop(pid);
	PROMISE_EQ(status >> 8, SIGTRAP | PTRACE_EVENT_EXIT << 8);
	NEED(ptrace(PTRACE_GETEVENTMSG, pid, 0, &message));
	PROMISE_EQ(message, SIGTERM);
	NEED(ptrace(PTRACE_CONT, pid, 0, 0));
	PROMISE_EQ(WTERMSIG(reap(pid)), SIGTERM);
}

PROBE(traced_already,
      .what = "a task that is traced already cannot be seized, and TracerPid says by whom",
      DECLARED("3.4"))
{
	pid_t pid = spawn_idle(), tracer = spawn();

	if (tracer == 0) {
		seize(pid, 0);
		reach(1);
		linger();
	}
	await(1);
	PROMISE_FAILS(ptrace(PTRACE_SEIZE, pid, 0, 0), EPERM);
	PROMISE_EQ(atoi(NEED(status_field(pid, "TracerPid"))), tracer);
}

GAP(tracers_options, .what = "nobody tells by which options a task is traced by another",
    .source = "ptrace(2)")
{
	pid_t with = spawn_idle(), without = spawn_idle(), tracer = spawn();

	if (tracer == 0) {
		seize(with, PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC);
		seize(without, 0);
		reach(1);
		linger();
	}
	await(1);
	tried_tasks(with, without);
}
