// SPDX-License-Identifier: GPL-2.0-only
/* Children, threads, and waiting for each other. */
#include <limits.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <sys/pidfd.h>
#include <time.h>

#include "harness.h"

unsigned int patience(void)
{
	unsigned int timeout = zdtm_test.timeout ? zdtm_test.timeout : ZDTM_TIMEOUT;
	const char *times = getenv("ZDTM_PATIENCE");

	/* On an emulated machine the runner's own deadline is so many times as long, too. */
	timeout *= times && atoi(times) > 1 ? atoi(times) : 1;
	return timeout > 3 ? timeout / 3 : 1;
}

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

int64_t left_ms(int64_t deadline)
{
	int64_t now = now_ms();

	return now < deadline ? deadline - now : 0;
}

void t_share(void)
{
	if (harness.shared)
		return;
	if (harness.main && getpid() != harness.main)
		end_caller(
			"no page is shared with the other tasks: t_share() must come before the fork");
	harness.shared = SYS(mmap(NULL, sizeof(*harness.shared), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

bool t_over(void)
{
	const uint32_t *over = harness.shared ? &harness.shared->over : &harness.over;

	return __atomic_load_n(over, __ATOMIC_ACQUIRE);
}

static uint32_t *slot(unsigned int n)
{
	if (n >= T_SLOTS)
		end_caller("slot %u: there are %d", n, T_SLOTS);
	t_share();
	return &harness.shared->tokens[n];
}

static bool take(uint32_t *tokens)
{
	uint32_t n = __atomic_load_n(tokens, __ATOMIC_ACQUIRE);

	while (n > 0)
		if (__atomic_compare_exchange_n(tokens, &n, n - 1, false, __ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE))
			return true;
	return false;
}

void t_wait(unsigned int n)
{
	uint32_t *tokens = slot(n);
	int64_t deadline = now_ms() + 1000 * patience();
	char others[1000];

	while (!take(tokens)) {
		int64_t left = left_ms(deadline);
		struct timespec t = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };

		/*
		 * Not FUTEX_PRIVATE: the page is shared between processes. Without a timeout an
		 * interrupted wait is simply begun again (ERESTARTSYS), with one it leaves a
		 * restart block behind: so only the main thread, never dumped here, has one.
		 */
		if (in_main_thread() && left == 0)
			end_caller("t_wait(%u): nobody woke it for %u s; others: %s", n, patience(),
				   what_others_do(others, sizeof(others)));
		syscall(SYS_futex, tokens, FUTEX_WAIT, 0, in_main_thread() ? &t : NULL, NULL, 0);
	}
}

void t_wake(unsigned int n)
{
	uint32_t *tokens = slot(n);

	__atomic_add_fetch(tokens, 1, __ATOMIC_ACQ_REL);
	SYS(syscall(SYS_futex, tokens, FUTEX_WAKE, 1, NULL, NULL, 0));
}

_Noreturn void run_task(t_task *fn, long arg)
{
	harness.failures = 0;
	fn(arg);
	fflush(NULL);
	_exit(harness.failures ? ZDTM_EXIT_FAILED : ZDTM_EXIT_FINE);
}

pid_t t_fork(t_task *fn, long arg)
{
	pid_t pid;

	t_share();
	fflush(NULL);
	pid = SYS(fork());
	if (pid == 0)
		run_task(fn, arg);
	return pid;
}

void t_outside(t_task *fn, long arg)
{
	pid_t pid;

	t_share();
	fflush(NULL);
	pid = SYS(fork());
	if (pid > 0) {
		t_join(pid);
		return;
	}
	/* Whose parent ends is the arena's. */
	SYS(setsid());
	pid = SYS(fork());
	if (pid > 0) {
		say(ZDTM_SAYS_OUTSIDE, "%d", pid);
		_exit(ZDTM_EXIT_FINE);
	}
	run_task(fn, arg);
}

pid_t t_clone(uint64_t flags, int exit_signal, t_task *fn, long arg)
{
	struct clone_args args = { .flags = flags, .exit_signal = exit_signal };
	pid_t pid;

	t_share();
	fflush(NULL);
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		end_caller("clone3 with flags %#jx: %s", (uintmax_t)flags, strerror(errno));
	if (pid == 0)
		run_task(fn, arg);
	return pid;
}

bool ready_in_time(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t deadline = now_ms() + 1000 * patience();
	int r;

	do {
		r = poll(&p, 1, left_ms(deadline));
	} while (r < 0 && errno == EINTR);
	return r != 0;
}

int t_reap(pid_t pid)
{
	char others[1000];
	int status;

	if (in_main_thread()) {
		int fd = SYS(pidfd_open(pid, 0));

		if (!ready_in_time(fd, POLLIN))
			end_caller("child %d did not exit for %u s; others: %s", pid, patience(),
				   what_others_do(others, sizeof(others)));
		close(fd);
	}
	/* Whatever its exit signal. */
	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			end_caller("waitpid(%d): %s", pid, strerror(errno));
	return status;
}

void t_join(pid_t pid)
{
	int status = t_reap(pid);

	if (WIFSIGNALED(status))
		fail_caller("child %d was killed by signal %d (%s)", pid, WTERMSIG(status),
			    strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		fail_caller("child %d exited with %d%s%s", pid, WEXITSTATUS(status),
			    harness.shared && harness.shared->told ? "; first failure: " : "",
			    harness.shared ? harness.shared->text : "");
}

struct thread_start {
	t_task *fn;
	long arg;
};

static void *start_thread(void *p)
{
	struct thread_start start = *(struct thread_start *)p;

	free(p);
	start.fn(start.arg);
	return NULL;
}

pthread_t t_thread(t_task *fn, long arg)
{
	struct thread_start *start = SYS_PTR(malloc(sizeof(*start)));
	pthread_t thread;

	/* Now, for two threads that found no page would make two. */
	t_share();
	*start = (struct thread_start){ fn, arg };
	SYS_RC(pthread_create(&thread, NULL, start_thread, start));
	return thread;
}

void t_thread_join(pthread_t thread)
{
	char others[1000];
	struct timespec t;
	int r;

	if (!in_main_thread()) {
		SYS_RC(pthread_join(thread, NULL));
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += patience();
	r = pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &t);
	if (r == ETIMEDOUT)
		end_caller("a thread did not end for %u s; others: %s", patience(),
			   what_others_do(others, sizeof(others)));
	SYS_RC(r);
}
