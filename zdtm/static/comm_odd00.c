// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names that break whoever parses /proc/PID/stat or a list of lines, of the main thread and of
 * others: parentheses, a newline, all 15 bytes, bytes that are no text, and none at all.
 */
#include <sys/prctl.h>

#include "zdtm.h"

static const char *const names[] = { ") S 1 (", "a\nState:\tZ", "0123456789abcde", "\xff\xfe\x80",
				     "" };

#define NAMES 5

enum { READY, GO };

static struct {
	pthread_t thread[NAMES];
	pid_t tid[NAMES];
} was;

static void expect_name(const char *name)
{
	char now[17] = "";

	SYS(prctl(PR_GET_NAME, now));
	EXPECT_STR(now, name);
}

static void thread(long i)
{
	was.tid[i] = gettid();
	SYS(prctl(PR_SET_NAME, names[i]));
	t_wake(READY);
	t_wait(GO);
	expect_name(names[i]);
}

static void heir(long unused)
{
	expect_name(names[0]);
}

static void setup(void)
{
	for (int i = 0; i < NAMES; i++) {
		was.thread[i] = t_thread(thread, i);
		t_wait(READY);
	}
	SYS(prctl(PR_SET_NAME, names[0]));
}

static void check(void)
{
	heir(0);
	t_join(t_fork(heir, 0));
	for (int i = 0; i < NAMES; i++) {
		char path[64], line[64], *now;

		snprintf(path, sizeof(path), "/proc/self/task/%d/comm", was.tid[i]);
		snprintf(line, sizeof(line), "%s\n", names[i]);
		now = t_slurp(path);
		EXPECT_STR(now, line);
		free(now);
	}
	for (int i = 0; i < NAMES; i++)
		t_wake(GO);
	for (int i = 0; i < NAMES; i++)
		t_thread_join(was.thread[i]);
}

ZDTM_TEST = {
	.doc = "threads keep names that are hard to parse",
	.object = "task",
	.setup = setup,
	.check = check,
};
