// SPDX-License-Identifier: GPL-2.0-only
/* Signals: queueing them with the information they had, and what a task keeps of them. */
#include <linux/types.h>
#include <pthread.h>

#include "probe.h"

static long queue_to(pid_t pid, int sig, siginfo_t *info)
{
	return syscall(SYS_rt_sigqueueinfo, pid, sig, info);
}

static void block_all(void)
{
	sigset_t all;

	sigfillset(&all);
	NEED(sigprocmask(SIG_BLOCK, &all, NULL));
}

/* The next pending one of this signal. The C library's call would turn SI_TKILL into SI_USER. */
static siginfo_t take(int sig)
{
	struct timespec now = {};
	uint64_t set = 1ULL << (sig - 1);
	siginfo_t info;

	memset(&info, 0xee, sizeof(info));
	PROMISE_EQ(NEED(syscall(SYS_rt_sigtimedwait, &set, &info, &now, 8)), sig);
	return info;
}

#define QUEUE                                                                                      \
	.since = "3.9", .commit = "66dd34ad31e5", .source = "rt_sigqueueinfo(2), kernel/signal.c"

PROBE(queue_self, .what = "a task may queue to itself what only the kernel sends: any si_code",
      QUEUE)
{
	static const int codes[] = { SI_QUEUE, SI_USER,    SI_KERNEL, SI_TKILL,  SI_TIMER,
				     SI_MESGQ, SI_ASYNCIO, 1,         CLD_EXITED };

	block_all();
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		siginfo_t info = {}, got;

		info.si_signo = SIGRTMIN;
		info.si_code = codes[i];
		info.si_errno = 42;
		info.si_pid = 4711;
		info.si_uid = 4712;
		info.si_value.sival_int = 4713;
		if (queue_to(getpid(), SIGRTMIN, &info) < 0)
			DEVIATES("si_code %d to oneself: %s", codes[i], errno_name(errno));
		got = take(SIGRTMIN);
		PROMISE_EQ(got.si_code, codes[i]);
		PROMISE_EQ(got.si_errno, 42);
		PROMISE_EQ(got.si_pid, 4711);
		PROMISE_EQ(got.si_uid, 4712);
		PROMISE_EQ(got.si_value.sival_int, 4713);
	}
}

PROBE(queue_other, .what = "nobody may send another task what only the kernel sends: EPERM", QUEUE)
{
	siginfo_t info = { .si_signo = SIGRTMIN, .si_code = SI_KERNEL };
	pid_t pid = spawn_idle();

	PROMISE_FAILS(queue_to(pid, SIGRTMIN, &info), EPERM);
	info.si_code = SI_TKILL;
	PROMISE_FAILS(queue_to(pid, SIGRTMIN, &info), EPERM);
	info.si_code = 0;
	PROMISE_FAILS(queue_to(pid, SIGRTMIN, &info), EPERM);
	info.si_code = SI_QUEUE;
	NEED(queue_to(pid, 0, &info));
}

PROBE(siginfo_bytes, .what = "of a queued siginfo at least what its si_code says is kept",
      .since = "2.6.31", .source = "rt_sigqueueinfo(2), kernel/signal.c",
      .guards = "siginfo-copy-size")
{
	unsigned char sent[128], got[128];
	siginfo_t *info = (void *)sent, back;
	size_t kept = sizeof(sent);

	block_all();
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = i + 1;
	info->si_signo = SIGRTMIN;
	info->si_code = SI_QUEUE;
	NEED(queue_to(getpid(), SIGRTMIN, info));
	back = take(SIGRTMIN);
	memcpy(got, &back, sizeof(got));
	PROMISE_EQ(back.si_errno, info->si_errno);
	PROMISE_EQ(back.si_pid, info->si_pid);
	PROMISE_EQ(back.si_uid, info->si_uid);
	PROMISE_EQ(back.si_value.sival_ptr, info->si_value.sival_ptr);
	/* Up to 4.19 all 128 came back; since then the kernel keeps 48 of them. */
	while (kept > 0 && got[kept - 1] != sent[kept - 1])
		kept--;
	NOTE("%zu bytes come back", kept);
	for (size_t i = kept; i < sizeof(got); i++)
		PROMISE_EQ(got[i], 0);
}

PROBE(order, .what = "queued realtime signals come in the order of their numbers, then of sending",
      .since = "2.6.31", .source = "signal(7)")
{
	block_all();
	for (int i = 0; i < 10; i++)
		NEED(sigqueue(getpid(), SIGRTMIN + i % 2, (union sigval){ .sival_int = i }));
	for (int i = 0; i < 10; i++) {
		siginfo_t info;
		sigset_t all;

		sigfillset(&all);
		NEED(sigwaitinfo(&all, &info));
		PROMISE_EQ(info.si_signo, SIGRTMIN + i / 5);
		PROMISE_EQ(info.si_value.sival_int, i < 5 ? 2 * i : 2 * (i - 5) + 1);
	}
	/* An ordinary signal is pending once, with the first one's information. */
	NEED(sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 1 }));
	NEED(sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 2 }));
	PROMISE_EQ(take(SIGUSR1).si_value.sival_int, 1);
}

static uint64_t mask_in(const char *text)
{
	return strtoull(text, NULL, 16);
}

PROBE(thread_queue, .what = "rt_tgsigqueueinfo queues to one thread; status tells both queues",
      .since = "2.6.31", .source = "rt_tgsigqueueinfo(2), proc_pid_status(5)")
{
	siginfo_t info = { .si_signo = SIGRTMIN, .si_code = SI_KERNEL, .si_value.sival_int = 99 };
	char path[64];

	block_all();
	OFFERED(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGRTMIN, &info),
		"rt_tgsigqueueinfo");
	NEED(kill(getpid(), SIGUSR2));
	snprintf(path, sizeof(path), "/proc/self/task/%d/status", gettid());
	PROMISE_EQ(mask_in(NEED(text_field(NEED(slurp("%s", path)), "SigPnd"))),
		   1ULL << (SIGRTMIN - 1));
	PROMISE_EQ(mask_in(NEED(status_field(0, "ShdPnd"))), 1ULL << (SIGUSR2 - 1));
	PROMISE_EQ(take(SIGRTMIN).si_value.sival_int, 99);
	PROMISE_FAILS(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), 99, &info), EINVAL);
}

static void handler(int sig)
{
}

PROBE(status_masks, .what = "status shows what is blocked, ignored and caught", .since = "2.0",
      .source = "proc_pid_status(5)")
{
	struct sigaction caught = { .sa_handler = handler }, ignored = { .sa_handler = SIG_IGN };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGRTMAX);
	NEED(sigprocmask(SIG_SETMASK, &set, NULL));
	NEED(sigaction(SIGUSR1, &caught, NULL));
	NEED(sigaction(SIGUSR2, &ignored, NULL));
	PROMISE_EQ(mask_in(NEED(status_field(0, "SigBlk"))),
		   1ULL << (SIGHUP - 1) | 1ULL << (SIGRTMAX - 1));
	PROMISE_EQ(mask_in(NEED(status_field(0, "SigCgt"))), 1ULL << (SIGUSR1 - 1));
	PROMISE_EQ(mask_in(NEED(status_field(0, "SigIgn"))), 1ULL << (SIGUSR2 - 1));
}

/* struct sigaction as the system call has it. */
struct kernel_sigaction {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

PROBE(action_flags, .what = "sigaction gives back what was set, without flags nobody knows",
      .since = "5.11", .commit = "a54f0dfda754", .source = "sigaction(2)")
{
	const unsigned long unsupported = 0x400, odd = 0x00080000;
	struct kernel_sigaction act = {
		.handler = (void *)handler,
		.flags = SA_SIGINFO | SA_RESTART | SA_NODEFER | SA_ONSTACK | 0x04000000,
		.restorer = (void *)0x1234,
		.mask = 0x8000000000000001,
	}, got;

	NEED(syscall(SYS_rt_sigaction, SIGUSR1, &act, NULL, 8));
	NEED(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &got, 8));
	PROMISE_EQ(got.handler, act.handler);
	PROMISE_EQ(got.flags, act.flags);
	PROMISE_EQ(got.mask, act.mask);
	PROMISE_EQ(got.restorer, act.restorer);

	act.flags |= unsupported | odd;
	NEED(syscall(SYS_rt_sigaction, SIGUSR1, &act, NULL, 8));
	NEED(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &got, 8));
	if (got.flags & unsupported)
		ABSENT("flags nobody knows are kept");
	PROMISE_EQ(got.flags, act.flags & ~(unsupported | odd));
}

static stack_t in_handler;

static void look_at_stack(int sig)
{
	sigaltstack(NULL, &in_handler);
}

PROBE(altstack, .what = "sigaltstack gives back what was set, SS_AUTODISARM too", .since = "4.7",
      .source = "sigaltstack(2)")
{
	const int autodisarm = 1U << 31;
	char *area = pages(8);
	stack_t ss = { .ss_sp = area, .ss_size = 8 * page_size() }, got;
	struct sigaction sa = { .sa_handler = look_at_stack, .sa_flags = SA_ONSTACK };

	NEED(sigaltstack(&ss, NULL));
	NEED(sigaltstack(NULL, &got));
	PROMISE_EQ(got.ss_sp, area);
	PROMISE_EQ(got.ss_size, ss.ss_size);
	PROMISE_EQ(got.ss_flags, 0);
	NEED(sigaction(SIGUSR1, &sa, NULL));
	NEED(kill(getpid(), SIGUSR1));
	PROMISE_EQ(in_handler.ss_flags, SS_ONSTACK);

	ss.ss_flags = autodisarm;
	OFFERED(sigaltstack(&ss, NULL), "SS_AUTODISARM", EINVAL);
	NEED(sigaltstack(NULL, &got));
	PROMISE_EQ(got.ss_flags, autodisarm);
	NEED(kill(getpid(), SIGUSR1));
	PROMISE_EQ(in_handler.ss_flags, SS_DISABLE);
	NEED(sigaltstack(NULL, &got));
	PROMISE_EQ(got.ss_flags, autodisarm);

	ss.ss_flags = 0;
	ss.ss_size = 100;
	PROMISE_FAILS(sigaltstack(&ss, NULL), ENOMEM);
	ss.ss_flags = SS_DISABLE;
	NEED(sigaltstack(&ss, NULL));
	NEED(sigaltstack(NULL, &got));
	PROMISE_EQ(got.ss_flags, SS_DISABLE);
}

PROBE(stop_report, .what = "a stop is reported to the parent once, and so is going on",
      .since = "2.6.9", .source = "waitid(2)")
{
	pid_t pid = spawn_idle();
	siginfo_t info;

	NEED(kill(pid, SIGSTOP));
	NEED(waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT));
	PROMISE_EQ(info.si_code, CLD_STOPPED);
	NEED(waitid(P_PID, pid, &info, WSTOPPED));
	PROMISE_EQ(info.si_status, SIGSTOP);
	info.si_pid = 0;
	NEED(waitid(P_PID, pid, &info, WSTOPPED | WNOHANG));
	PROMISE_EQ(info.si_pid, 0);
	until_state(pid, 'T');
	NEED(kill(pid, SIGCONT));
	NEED(waitid(P_PID, pid, &info, WCONTINUED));
	PROMISE_EQ(info.si_code, CLD_CONTINUED);
	until_state(pid, 'S');
}

PROBE(zombie_status, .what = "a zombie's end can be read again and again before it is reaped",
      .since = "3.5", .source = "waitid(2), proc_pid_stat(5)")
{
	pid_t exited = spawn(), killed = spawn_idle();
	siginfo_t info;

	if (exited == 0)
		_exit(7);
	NEED(kill(killed, SIGTERM));
	for (int again = 0; again < 2; again++) {
		NEED(waitid(P_PID, exited, &info, WEXITED | WNOWAIT));
		PROMISE_EQ(info.si_code, CLD_EXITED);
		PROMISE_EQ(info.si_status, 7);
		PROMISE_EQ(atoi(NEED(stat_field(exited, 52))), 7 << 8);
		NEED(waitid(P_PID, killed, &info, WEXITED | WNOWAIT));
		PROMISE_EQ(info.si_code, CLD_KILLED);
		PROMISE_EQ(atoi(NEED(stat_field(killed, 52))), SIGTERM);
	}
	PROMISE_STR(NEED(stat_field(killed, 3)), "Z");
}
