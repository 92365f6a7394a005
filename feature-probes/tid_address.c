// SPDX-License-Identifier: GPL-2.0-only
/* The address the kernel clears and wakes when a thread ends. */
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include "probe.h"

PROBE(get, .what = "PR_GET_TID_ADDRESS tells the address set_tid_address or clone has set",
      .since = "3.5", .commit = "300f786b2683", .kconfig = "CONFIG_CHECKPOINT_RESTORE",
      .source = "PR_GET_TID_ADDRESS(2const)")
{
	uint32_t *word = share(page_size());
	void *got[2] = { NULL, (void *)0x5a5a };
	pid_t pid;

	PROMISE_EQ(syscall(SYS_set_tid_address, word), gettid());
	OFFERED(prctl(PR_GET_TID_ADDRESS, got, 0, 0, 0), "PR_GET_TID_ADDRESS", EINVAL);
	PROMISE_EQ(got[0], word);
	PROMISE_EQ(got[1], 0x5a5a);

	pid = NEED(syscall(SYS_clone, CLONE_CHILD_CLEARTID | SIGCHLD, 0, 0, word + 1, 0));
	if (pid == 0) {
		NEED(prctl(PR_GET_TID_ADDRESS, got, 0, 0, 0));
		PROMISE_EQ(got[0], word + 1);
		_exit(0);
	}
	reap_good(pid);
}

static uint32_t word;

static void *thread_until_1(void *unused)
{
	word = 1;
	syscall(SYS_set_tid_address, &word);
	await(1);
	syscall(SYS_exit, 0);
	return NULL;
}

PROBE(clear_at_exit, .what = "at a thread's end its tid address is set to 0 and waiters woken",
      .since = "2.5.48", .source = "set_tid_address(2)")
{
	pthread_t t;

	NEED(-pthread_create(&t, NULL, thread_until_1, NULL));
	while (*(volatile uint32_t *)&word != 1)
		usleep(100);
	reach(1);
	for (int i = 0; i < 50 && *(volatile uint32_t *)&word; i++) {
		struct timespec tick = { .tv_nsec = 100 * 1000 * 1000 };

		syscall(SYS_futex, &word, FUTEX_WAIT, 1, &tick, NULL, 0);
	}
	PROMISE_EQ(*(volatile uint32_t *)&word, 0);
}
