// SPDX-License-Identifier: GPL-2.0-only
/* Waiting for a stop. */
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/kernel/procfs.h"
#include "engine/kernel/ptrace.h"
#include "tests/unit.h"

#define PATIENCE_MS 50

static pid_t held;

static pid_t seized_child(bool busy)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			if (!busy)
				pause();
	ATF_REQUIRE(pid > 0);
	ATF_REQUIRE_EQ(ptrace_seize(pid), 0);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	ATF_REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

UNIT(times_out, "who does not stop is waited for as long as was said")
{
	pid_t pid = seized_child(false);
	int64_t begun = now_ms();
	struct stop s;

	ATF_CHECK_EQ(ptrace_wait(pid, 0, &s), -ETIMEDOUT);
	ATF_CHECK_EQ(ptrace_wait(pid, PATIENCE_MS, &s), -ETIMEDOUT);
	ATF_CHECK(now_ms() - begun >= PATIENCE_MS);
	end(pid);
}

/* As if nobody let us run: the stop comes in time, and it is late when we see the clock again. */
static void hold_up(int sig)
{
	int64_t end = now_ms() + 2 * PATIENCE_MS;
	siginfo_t info;

	ptrace_interrupt(held);
	waitid(P_PID, held, &info, WSTOPPED | WNOWAIT);
	while (now_ms() < end)
		;
}

UNIT(held_up, "a stop that comes in time is seen, however late we look")
{
	const struct itimerval soon = { .it_value.tv_usec = PATIENCE_MS * 1000 / 5 };
	struct sigaction act = { .sa_handler = hold_up };
	struct stop s;

	held = seized_child(false);
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	ATF_REQUIRE_EQ(ptrace_wait(held, PATIENCE_MS, &s), 0);
	ATF_CHECK_EQ(s.kind, STOP_EVENT);
	end(held);
}

static void await_state(pid_t pid, char state)
{
	int64_t deadline = now_ms() + 10000;

	while (proc_state(pid, 0) != state)
		ATF_REQUIRE(now_ms() < deadline);
}

UNIT(starved, "who could run and is not let is waited for longer than who sleeps")
{
	pid_t busy = seized_child(true), asleep = seized_child(false);
	int64_t begun;
	struct stop s;

	await_state(asleep, 'S');
	ATF_CHECK_EQ(ptrace_patience(asleep, PATIENCE_MS), PATIENCE_MS);
	ATF_CHECK_EQ(ptrace_wait_long(asleep, PATIENCE_MS, &s), -ETIMEDOUT);
	await_state(busy, 'R');
	begun = now_ms();
	ATF_CHECK_EQ(ptrace_wait_long(busy, PATIENCE_MS, &s), -ETIMEDOUT);
	ATF_CHECK(now_ms() - begun >= 4 * PATIENCE_MS);
	end(busy);
	end(asleep);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, starved);
	ATF_TP_ADD_TC(tp, times_out);
	ATF_TP_ADD_TC(tp, held_up);
	return atf_no_error();
}
