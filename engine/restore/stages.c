// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/procfs.h"
#include "engine/kernel/pagemap.h"
#include "stages.h"

/* How often main looks whether somebody died without a word. */
#define LOOK_MS 200

static void wake(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, 1 << 30);
}

/* 0, or -ETIMEDOUT; other errors mean that the word has changed. */
static int wait_while(uint32_t *word, uint32_t value, unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	if (syscall(SYS_futex, word, FUTEX_WAIT, value, &t) < 0 && errno == ETIMEDOUT)
		return -ETIMEDOUT;
	return 0;
}

int stages_init(struct restore *r)
{
	r->ctl = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->ctl == MAP_FAILED)
		return log_err(-errno, "shared page");
	return 0;
}

void stage_fail(struct restore *r)
{
	__atomic_exchange_n(&r->ctl->failed, 1, __ATOMIC_ACQ_REL);
	wake(&r->ctl->reached);
	for (;;)
		pause();
}

void stage_reach(struct restore *r, enum stage stage)
{
	struct restore_ctl *ctl = r->ctl;

	__atomic_fetch_add(&ctl->reached, 1, __ATOMIC_ACQ_REL);
	wake(&ctl->reached);
	stage_await_open(r, stage);
}

void stage_await_open(struct restore *r, enum stage stage)
{
	struct restore_ctl *ctl = r->ctl;
	uint32_t now;

	while ((now = __atomic_load_n(&ctl->stage, __ATOMIC_ACQUIRE)) <= (uint32_t)stage)
		wait_while(&ctl->stage, now, 3600 * 1000);
}

void stage_open(struct restore *r, enum stage stage)
{
	__atomic_store_n(&r->ctl->reached, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&r->ctl->stage, stage + 1, __ATOMIC_RELEASE);
	wake(&r->ctl->stage);
}

/* Something in the restorer fails with a number and the name of its step; the rest has been logged. */
static int failure(struct restore *r)
{
	const struct restore_ctl *ctl = r->ctl;

	if (ctl->failed_what)
		return log_err(ctl->failed_err, "task %d: %s", ctl->failed_tid, ctl->failed_what);
	return -ECANCELED;
}

/* Tasks that crash tell nobody: they turn up as zombies that should not be any. */
static bool must_live(const struct restore *r, const struct restore_task *t)
{
	if (t->zombie || t->helper)
		return t->n_fds && r->ctl->stage <= STAGE_FILES;
	return true;
}

static int look_for_dead(struct restore *r)
{
	struct restore_task *t, *next;

	HASH_ITER(hh, r->by_pid, t, next) {
		_cleanup_close_ int proc = -EBADF;
		struct proc_stat stat;

		if (!must_live(r, t) || !__atomic_load_n(&t->made, __ATOMIC_ACQUIRE))
			continue;
		proc = proc_open(t->pid, 0);
		if (proc >= 0 && proc_read_stat(proc, &stat) == 0 && stat.state != 'Z' &&
		    stat.state != 'X')
			continue;
		if (proc < 0)
			return log_err(proc, "task %d ended during its restore", t->pid);
		return log_err(-ESRCH, "task %d ended during its restore (status %#x)", t->pid,
			       stat.exit_code);
	}
	return 0;
}

int stage_await(struct restore *r, enum stage stage, unsigned int n)
{
	struct restore_ctl *ctl = r->ctl;
	uint32_t now;

	while ((now = __atomic_load_n(&ctl->reached, __ATOMIC_ACQUIRE)) < n) {
		if (__atomic_load_n(&ctl->failed, __ATOMIC_ACQUIRE))
			return failure(r);
		if (wait_while(&ctl->reached, now, LOOK_MS) == -ETIMEDOUT) {
			int err = look_for_dead(r);

			if (err < 0)
				return err;
		}
	}
	return __atomic_load_n(&ctl->failed, __ATOMIC_ACQUIRE) ? failure(r) : 0;
}

/* Most words are set before anybody waits: whoever does says so. */
enum { SET = 1, AWAITED };

void stage_await_word(struct restore *r, uint32_t *word)
{
	for (;;) {
		uint32_t was = 0;

		__atomic_compare_exchange_n(word, &was, AWAITED, false, __ATOMIC_ACQUIRE,
					    __ATOMIC_ACQUIRE);
		if (was == SET)
			return;
		wait_while(word, AWAITED, 3600 * 1000);
	}
}

void stage_set_word(uint32_t *word)
{
	if (__atomic_exchange_n(word, SET, __ATOMIC_ACQ_REL) == AWAITED)
		wake(word);
}

void stage_count(uint32_t *word)
{
	__atomic_fetch_add(word, 1, __ATOMIC_ACQ_REL);
	wake(word);
}

void stage_await_count(struct restore *r, uint32_t *word, uint32_t n)
{
	uint32_t now;

	while ((now = __atomic_load_n(word, __ATOMIC_ACQUIRE)) < n)
		wait_while(word, now, 3600 * 1000);
}

/* Nobody is woken before all are there. */
void stage_meet(struct restore *r, uint32_t *word, uint32_t n)
{
	if (__atomic_add_fetch(word, 1, __ATOMIC_ACQ_REL) >= n)
		wake(word);
	else
		stage_await_count(r, word, n);
}

void stage_lock(struct restore *r, uint32_t *word)
{
	while (__atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE))
		wait_while(word, 1, 3600 * 1000);
}

void stage_unlock(uint32_t *word)
{
	__atomic_store_n(word, 0, __ATOMIC_RELEASE);
	wake(word);
}
