// SPDX-License-Identifier: GPL-2.0-only
/*
 * The word that the kernel clears, and wakes who waits for it, when a thread ends: another one than
 * the C library's, and none for a second thread.
 */
#include <linux/futex.h>

#include "zdtm.h"

#define THREADS 2

enum { WITH, WITHOUT };
enum { READY, GO };

static struct {
	pid_t tid[THREADS];
	uint32_t word[THREADS];
} was;

static void thread(long i)
{
	was.tid[i] = gettid();
	was.word[i] = 4711;
	SYS(syscall(SYS_set_tid_address, i == WITH ? &was.word[i] : NULL));
	t_wake(READY);
	t_wait(GO);
	/* Its stack stays: the C library would wait for its own word to give it away. */
	syscall(SYS_exit, 0);
}

static void setup(void)
{
	for (int i = 0; i < THREADS; i++) {
		t_thread(thread, i);
		t_wait(READY);
	}
}

static bool is_gone(pid_t tid)
{
	return syscall(SYS_tgkill, getpid(), tid, 0) < 0 && errno == ESRCH;
}

static void check(void)
{
	const struct timespec patience = { .tv_sec = 5 };

	for (int i = 0; i < THREADS; i++)
		EXPECT_EQ(was.word[i], 4711);
	for (int i = 0; i < THREADS; i++)
		t_wake(GO);
	while (*(volatile uint32_t *)&was.word[WITH] == 4711)
		if (syscall(SYS_futex, &was.word[WITH], FUTEX_WAIT, 4711, &patience, NULL, 0) < 0 &&
		    errno == ETIMEDOUT)
			break;
	EXPECT_EQ(was.word[WITH], 0);
	T_UNTIL(is_gone(was.tid[WITHOUT]));
	EXPECT_EQ(was.word[WITHOUT], 4711);
}

ZDTM_TEST = {
	.doc = "the kernel clears the word a thread has named for its end, or none",
	.object = "tid_address",
	.setup = setup,
	.check = check,
};
