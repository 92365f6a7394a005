// SPDX-License-Identifier: GPL-2.0-only
#include <asm/unistd.h>
#include <errno.h>
#include <linux/futex.h>
#include <linux/time_types.h>
#include <stddef.h>

#include "parasite/arch.h"
#include "parasite/restorer.h"

#define RESTORER __attribute__((section("restorer"), noinline))

/* Should main die, nobody would ever tell us to go on: what hangs this long ends itself. */
#define PATIENCE_S 60

static RESTORER int64_t call(int64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	const uint64_t arg[6] = { a, b, c, d };

	return raw_syscall(nr, arg);
}

static RESTORER void wake(uint32_t *word)
{
	call(__NR_futex, (uintptr_t)word, FUTEX_WAKE, 1 << 30, 0);
}

/* Sleeps while *word == value. */
static RESTORER void wait_while(uint32_t *word, uint32_t value)
{
	struct __kernel_timespec patience = { .tv_sec = PATIENCE_S };

	if (call(__NR_futex, (uintptr_t)word, FUTEX_WAIT, value, (uintptr_t)&patience) ==
	    -ETIMEDOUT)
		call(__NR_exit_group, 1, 0, 0, 0);
}

static RESTORER void fail(struct restorer_thread *t, const struct step *s, int64_t err)
{
	struct restore_ctl *ctl = t->ctl;

	if (__atomic_exchange_n(&ctl->claimed, 1, __ATOMIC_ACQ_REL) == 0) {
		ctl->failed_tid = t->tid;
		ctl->failed_what = s->what;
		ctl->failed_err = err;
		__atomic_store_n(&ctl->failed, 1, __ATOMIC_RELEASE);
	}
	wake(&ctl->reached);
	/* Main ends us. */
	for (;;)
		wait_while(&ctl->claimed, 1);
}

static RESTORER void await_stage(struct restore_ctl *ctl, uint32_t stage)
{
	uint32_t now;

	while ((now = __atomic_load_n(&ctl->stage, __ATOMIC_ACQUIRE)) < stage)
		wait_while(&ctl->stage, now);
}

/* Kernels before 6.16 count timer ids up: one that is passed on the way is deleted again. */
static RESTORER int64_t count_to_timer(const struct step *s)
{
	for (;;) {
		int64_t r = raw_syscall(__NR_timer_create, s->arg);
		int32_t id = *(volatile int32_t *)s->arg[2];

		if (r < 0)
			return r;
		if (id == (int32_t)s->arg[3])
			return 0;
		call(__NR_timer_delete, id, 0, 0, 0);
		if (id > (int32_t)s->arg[3])
			return -EEXIST;
	}
}

static RESTORER void run(void *arg)
{
	struct restorer_thread *t = arg;

	for (const struct step *s = t->step;; s++) {
		int64_t r = 0;

		if (s->kind == STEP_CALL) {
			r = raw_syscall(s->nr, s->arg);
		} else if (s->kind == STEP_DRAIN) {
			while (raw_syscall(s->nr, s->arg) >= 0)
				;
		} else if (s->kind == STEP_THREAD) {
			r = raw_thread((void *)s->arg[1], s->arg[2], run, (void *)s->arg[0]);
		} else if (s->kind == STEP_TIMER) {
			r = count_to_timer(s);
		} else if (s->kind == STEP_TELL) {
			__atomic_fetch_add(&t->ctl->reached, 1, __ATOMIC_ACQ_REL);
			wake(&t->ctl->reached);
		} else if (s->kind == STEP_AWAIT) {
			await_stage(t->ctl, s->arg[0]);
		} else {
			t->result = raw_syscall(s->nr, s->arg);
			__atomic_store_n(&t->done, 1, __ATOMIC_RELEASE);
			for (;;)
				wait_while(&t->ctl->failed, 0);
		}
		if (r < 0 && r > -4096)
			fail(t, s, r);
	}
}

RESTORER void restorer_enter(struct restorer_thread *t)
{
	run(t);
}
