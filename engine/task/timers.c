// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "parts.h"

#define TIMER_CREATE_RESTORE_IDS 77 /* prctl, since 6.16 */
#define RESTORE_IDS_OFF          0
#define RESTORE_IDS_ON           1
#define RESTORE_IDS_GET          2

/* Without that prctl ids can only be reached by counting; further than this is not tried. */
#define COUNT_TO 100000

/* ---- dump ---- */

static ItimerEntry *itimer_dump(const struct raw_timer *t, struct arena *a)
{
	ItimerEntry *e = arena_new(a, ItimerEntry);

	if (e) {
		itimer_entry__init(e);
		e->isec = t->interval_sec;
		e->iusec = t->interval_frac;
		e->vsec = t->value_sec;
		e->vusec = t->value_frac;
	}
	return e;
}

static PosixTimerEntry *posix_dump(const struct task_answers *ans, unsigned int i, struct arena *a)
{
	const struct proc_timer *t = &ans->timer[i];
	const struct raw_timer *v = &ans->timer_value[i];
	PosixTimerEntry *e = arena_new(a, PosixTimerEntry);

	if (!e)
		return NULL;
	posix_timer_entry__init(e);
	e->it_id = t->id;
	e->clock_id = t->clock;
	e->si_signo = t->signo;
	e->it_sigev_notify = t->notify;
	e->sival_ptr = t->value;
	e->overrun = ans->timer_overrun[i] > 0 ? ans->timer_overrun[i] : 0;
	e->isec = v->interval_sec;
	e->insec = v->interval_frac;
	e->vsec = v->value_sec;
	e->vnsec = v->value_frac;
	if (t->notify & SIGEV_THREAD_ID) {
		e->has_notify_thread_id = true;
		e->notify_thread_id = t->tid;
	}
	return e;
}

/* The task or thread a timer's clock counts the time of, when there is nobody of that number here. */
static pid_t foreign_clock(const struct tree *tree, const struct task *t, int clock)
{
	pid_t pid = clock < 0 ? ~(clock >> 3) : 0; /* CPU clocks: linux/posix-timers.h */
	const struct task *other;

	if (pid == 0)
		return 0;
	for_each_thread(th, t)
		if (th->tid == pid)
			return 0;
	HASH_FIND_INT(tree->by_pid, &pid, other);
	return other ? 0 : pid;
}

int timers_dump(const struct tree *tree, const struct task *t, struct arena *a,
		TaskTimersEntry **ret)
{
	const struct task_answers *ans = &t->answers;
	TaskTimersEntry *e = arena_new(a, TaskTimersEntry);

	if (!e)
		return -ENOMEM;
	task_timers_entry__init(e);
	e->real = itimer_dump(&ans->itimer[ITIMER_REAL], a);
	e->virt = itimer_dump(&ans->itimer[ITIMER_VIRTUAL], a);
	e->prof = itimer_dump(&ans->itimer[ITIMER_PROF], a);
	e->posix = arena_array(a, PosixTimerEntry *, ans->n_timers + 1);
	if (!e->real || !e->virt || !e->prof || !e->posix)
		return -ENOMEM;
	for (unsigned int i = 0; i < ans->n_timers; i++) {
		pid_t other = foreign_clock(tree, t, ans->timer[i].clock);

		if (other)
			return log_refuse("task %d: timer %d runs on the CPU clock of task %d: not "
					  "supported yet",
					  t->pid, ans->timer[i].id, other);
		e->posix[i] = posix_dump(ans, i, a);
		if (!e->posix[i])
			return -ENOMEM;
		e->n_posix++;
	}
	*ret = e;
	return 0;
}

/* ---- restore ---- */

int timers_check(const TaskTimersEntry *e, const char *image)
{
	if (!e)
		return log_bad_image("%s: has no timers", image);
	if (!e->real || !e->virt || !e->prof)
		return log_bad_image("%s: lacks an interval timer", image);
	for (size_t i = 0; i < e->n_posix; i++)
		if (e->posix[i]->it_id > INT32_MAX)
			return log_bad_image("%s: timer id %u", image, e->posix[i]->it_id);
	return 0;
}

bool timers_take_ids(void)
{
	return prctl(TIMER_CREATE_RESTORE_IDS, RESTORE_IDS_GET, 0, 0, 0) >= 0;
}

static int by_id(const void *a, const void *b)
{
	const PosixTimerEntry *const *x = a, *const *y = b;

	return ((*x)->it_id > (*y)->it_id) - ((*x)->it_id < (*y)->it_id);
}

int timers_restore(struct program *p, const TaskTimersEntry *e)
{
	bool given = timers_take_ids();

	if (!e->n_posix)
		return 0;
	/* Counting only goes upwards. */
	qsort(e->posix, e->n_posix, sizeof(*e->posix), by_id);
	if (!given && e->posix[e->n_posix - 1]->it_id > COUNT_TO)
		return log_refuse(
			"timer %u: this kernel cannot give a timer its id, and counting up "
			"to it would take too long",
			e->posix[e->n_posix - 1]->it_id);
	if (given)
		program_call(p, "timer ids", SYS_prctl, TIMER_CREATE_RESTORE_IDS, RESTORE_IDS_ON);
	for (size_t i = 0; i < e->n_posix; i++) {
		const PosixTimerEntry *t = e->posix[i];
		struct sigevent se = {
			.sigev_notify = t->it_sigev_notify,
			.sigev_signo = t->si_signo,
			.sigev_value.sival_ptr = (void *)t->sival_ptr,
			._sigev_un._tid = t->notify_thread_id,
		};
		uint64_t event = (uintptr_t)program_copy(p, &se, sizeof(se));
		uint64_t id = (uintptr_t)program_copy(p, &(int){ t->it_id }, sizeof(int));
		const uint64_t arg[6] = { (int64_t)(int)t->clock_id, event, id, t->it_id };

		program_add(p, "timer", given ? STEP_CALL : STEP_TIMER, SYS_timer_create, arg);
	}
	if (given)
		program_call(p, "timer ids", SYS_prctl, TIMER_CREATE_RESTORE_IDS, RESTORE_IDS_OFF);
	return p->err;
}

static bool sent_by(const PosixTimerEntry *t, const siginfo_t *info)
{
	return info->si_code == SI_TIMER && info->si_timerid == (int)t->it_id &&
	       (uint32_t)info->si_signo == t->si_signo;
}

static bool periodic(const PosixTimerEntry *t)
{
	return t->isec || t->insec;
}

bool timers_will_send(const TaskTimersEntry *e, const siginfo_t *info)
{
	for (size_t i = 0; i < e->n_posix; i++)
		if (periodic(e->posix[i]) && sent_by(e->posix[i], info))
			return true;
	return false;
}

static bool queue_has(const SignalQueueEntry *q, const PosixTimerEntry *t)
{
	for (size_t i = 0; q && i < q->n_signals; i++) {
		siginfo_t info;

		memcpy(&info, q->signals[i]->siginfo.data, sizeof(info));
		if (sent_by(t, &info))
			return true;
	}
	return false;
}

/* Does a signal of this timer wait to be taken? Until it is, the next period has not begun. */
static bool signal_waits(const struct restore_task *task, const PosixTimerEntry *t)
{
	if (queue_has(restore_task_core(task)->signals_s, t))
		return true;
	for (unsigned int i = 0; i < task->n_threads; i++)
		if (queue_has(task->thread[i].core->thread_core->signals_p, t))
			return true;
	return false;
}

static void start_itimer(struct program *p, int which, const ItimerEntry *e)
{
	struct raw_timer t = { e->isec, e->iusec, e->vsec, e->vusec };

	if (!t.value_sec && !t.value_frac && !t.interval_sec && !t.interval_frac)
		return;
	/*
	 * Expired, but with a signal that waits: the next period begins when that is taken. The
	 * others rewind themselves; without time left they have an interval and are disarmed.
	 */
	if (which == ITIMER_REAL && !t.value_sec && !t.value_frac)
		t.value_frac = 1;
	program_call(p, "interval timer", SYS_setitimer, which,
		     (uintptr_t)program_copy(p, &t, sizeof(t)), 0);
}

int timers_start(struct program *p, const struct restore_task *task)
{
	const TaskTimersEntry *e = restore_task_core(task)->timers;

	for (size_t i = 0; i < e->n_posix; i++) {
		const PosixTimerEntry *t = e->posix[i];
		struct raw_timer v = { t->isec, t->insec, t->vsec, t->vnsec };

		if (!t->vsec && !t->vnsec && !periodic(t))
			continue;
		/* It sends at once what waited before: see timers_will_send(). */
		if (periodic(t) && ((!t->vsec && !t->vnsec) || signal_waits(task, t))) {
			v.value_sec = 0;
			v.value_frac = 1;
		}
		program_call(p, "timer", SYS_timer_settime, t->it_id, 0,
			     (uintptr_t)program_copy(p, &v, sizeof(v)), 0);
	}
	start_itimer(p, ITIMER_REAL, e->real);
	start_itimer(p, ITIMER_VIRTUAL, e->virt);
	start_itimer(p, ITIMER_PROF, e->prof);
	return p->err;
}
