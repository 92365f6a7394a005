// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests of registers: two tasks, a thread and another process, that hold them while they sleep.
 * A test's hold(nr) loads registers with values made of nr, sleeps with HOLD in the same asm
 * statement, and stores them again.
 */
#ifndef HOLD_H
#define HOLD_H

#include <limits.h>
#include <linux/futex.h>

#include "zdtm.h"

/* futex(word, FUTEX_WAIT, 0, no timeout) until the word is no longer 0. */
#define HOLD                                                                                       \
	"1:	mov	$202, %%eax\n"                                                                     \
	"	mov	%[word], %%rdi\n"                                                                    \
	"	xor	%%esi, %%esi\n"                                                                      \
	"	xor	%%edx, %%edx\n"                                                                      \
	"	xor	%%r10d, %%r10d\n"                                                                    \
	"	syscall\n"                                                                               \
	"	cmpl	$0, (%%rdi)\n"                                                                      \
	"	je	1b\n"
#define HOLD_WORD    [word] "m"(holders->word)
#define HOLD_CLOBBER "rax", "rcx", "rdx", "rsi", "rdi", "r10", "r11", "cc", "memory"

#define HOLDERS 2

static struct {
	uint32_t *word, futex;
	pid_t tid[HOLDERS];
	pthread_t thread;
} * holders; /* shared */

static void hold(long nr);

static void holder(long nr)
{
	holders->tid[nr] = gettid();
	t_wake(0);
	hold(nr);
}

static void holders_begin(void)
{
	holders = SYS(mmap(NULL, sizeof(*holders), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	holders->word = &holders->futex;
	holders->thread = t_thread(holder, 0);
	t_fork(holder, 1);
	for (int i = 0; i < HOLDERS; i++)
		t_wait(0);
	for (int i = 0; i < HOLDERS; i++)
		t_wait_syscall(holders->tid[i], SYS_futex);
}

static void holders_end(void)
{
	holders->futex = 1;
	SYS(syscall(SYS_futex, &holders->futex, FUTEX_WAKE, INT_MAX, NULL, NULL, 0));
	t_thread_join(holders->thread);
	t_join(holders->tid[1]);
}

#endif
