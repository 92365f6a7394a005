// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/parallel.h"
#include "tests/unit.h"

#define MANY 20000

static int times[MANY];

static int count(void *arg, size_t i)
{
	__atomic_fetch_add(&times[i], 1, __ATOMIC_RELAXED);
	return 0;
}

static void all_once(size_t n)
{
	memset(times, 0, sizeof(times));
	ATF_REQUIRE_EQ(parallel_for(n, count, NULL), 0);
	for (size_t i = 0; i < MANY; i++)
		ATF_REQUIRE_EQ_MSG(times[i], i < n, "%zu of %zu", i, n);
}

UNIT(every, "every piece is done once, however many there are")
{
	all_once(0);
	all_once(1);
	all_once(2);
	all_once(3);
	all_once(MANY);
}

UNIT(in_two_steps, "others have begun, and what they leave is done at the end")
{
	memset(times, 0, sizeof(times));
	for (size_t n = 0; n <= MANY; n += MANY / 2) {
		struct parallel *p = parallel_begin(n, count, NULL);

		ATF_REQUIRE(p);
		ATF_REQUIRE_EQ(parallel_end(p), 0);
	}
	for (size_t i = 0; i < MANY; i++)
		ATF_REQUIRE_EQ_MSG(times[i], i < MANY / 2 ? 2 : 1, "%zu", i);
}

static int count_all(void *arg, size_t i)
{
	if (i == 0)
		ATF_REQUIRE_EQ(parallel_for(MANY / 2, count, NULL), 0);
	return count(NULL, MANY / 2 + i);
}

static pthread_barrier_t meeting;

/* Comes to an end only where two are at it at once. */
static int meet(void *arg, size_t i)
{
	pthread_barrier_wait(&meeting);
	return count(arg, i);
}

static void expect_child_alone(void)
{
	pid_t pid = fork();
	int status;

	ATF_REQUIRE(pid >= 0);
	if (pid == 0)
		_exit(parallel_for(2, count, NULL) != 0);
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK_EQ(status, 0);
}

UNIT(made_before,
     "threads that were made before take work one job after the other, and side by side")
{
	parallel_ready();
	for (int i = 0; i < 1000; i++) {
		memset(times, 0, sizeof(times[0]) * 8);
		ATF_REQUIRE_EQ(parallel_for(i % 9, count, NULL), 0);
		for (int k = 0; k < 8; k++)
			ATF_REQUIRE_EQ(times[k], k < i % 9);
	}
	for (size_t n = 0; n <= MANY; n += MANY / 2)
		all_once(n);
	memset(times, 0, sizeof(times));
	ATF_REQUIRE_EQ(parallel_for(MANY / 2, count_all, NULL), 0);
	for (size_t i = 0; i < MANY; i++)
		ATF_REQUIRE_EQ_MSG(times[i], 1, "%zu", i);
	if (parallel_cpus() > 1) {
		pthread_barrier_init(&meeting, NULL, 2);
		for (int i = 0; i < 100; i++)
			ATF_REQUIRE_EQ(parallel_for(2, meet, NULL), 0);
	}
	expect_child_alone();
}

static void work_awhile(void)
{
	for (int i = 0; i < 200; i++) {
		memset(times, 0, sizeof(times[0]) * 3);
		ATF_REQUIRE_EQ(parallel_for(3, count, NULL), 0);
		for (int k = 0; k < 3; k++)
			ATF_REQUIRE_EQ(times[k], 1);
		if (parallel_cpus() > 1)
			ATF_REQUIRE_EQ(parallel_for(2, meet, NULL), 0);
	}
}

static double used(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

UNIT(awake,
     "threads that look out for work do it, sleep when they have for a while, and do it then")
{
	const struct timespec later = { .tv_nsec = 300 * 1000 * 1000 };
	double before;

	pthread_barrier_init(&meeting, NULL, 2);
	parallel_awake();
	work_awhile();
	parallel_ready();
	for (int i = 0; i < 3; i++) {
		parallel_awake();
		work_awhile();
	}
	parallel_awake();
	before = used();
	nanosleep(&later, NULL);
	ATF_CHECK_MSG(used() - before < 0.1, "%.3f s", used() - before);
	work_awhile();
	parallel_awake();
	expect_child_alone();
}

static int fail_at(void *arg, size_t i)
{
	__atomic_fetch_add(&times[i], 1, __ATOMIC_RELAXED);
	return i == *(size_t *)arg ? -EIO : i > *(size_t *)arg ? -EPERM : 0;
}

UNIT(failing, "an error is told, and ends the handing out of pieces")
{
	size_t at = 100, done = 0;
	int r;

	memset(times, 0, sizeof(times));
	r = parallel_for(MANY, fail_at, &at);
	ATF_CHECK_MSG(r == -EIO || r == -EPERM, "%d", r);
	for (size_t i = 0; i < MANY; i++)
		done += times[i];
	ATF_CHECK_MSG(done > at && done < MANY / 2, "%zu", done);
}

UNIT(one_cpu, "where there is one CPU it is done by that")
{
	cpu_set_t old, one;
	int cpu = 0;

	ATF_REQUIRE_EQ(sched_getaffinity(0, sizeof(old), &old), 0);
	ATF_CHECK_EQ(parallel_cpus(), (unsigned int)CPU_COUNT(&old));
	while (!CPU_ISSET(cpu, &old))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	ATF_REQUIRE_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
	ATF_CHECK_EQ(parallel_cpus(), 1);
	all_once(MANY);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, every);
	ATF_TP_ADD_TC(tp, in_two_steps);
	ATF_TP_ADD_TC(tp, made_before);
	ATF_TP_ADD_TC(tp, awake);
	ATF_TP_ADD_TC(tp, failing);
	ATF_TP_ADD_TC(tp, one_cpu);
	return atf_no_error();
}
