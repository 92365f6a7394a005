// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/vm.h"
#include "gate.h"
#include "inject.h"

#define LEADER_SLICE 12288UL
#define THREAD_SLICE 3072UL

struct inject {
	int mem; /* /proc/PID/mem */
	uint64_t gate;
	bool gate_written;
	uint64_t area;
	size_t size, used; /* behind what is used lies a page that nobody touches */
	char *local;       /* the area's used bytes on our side */
	struct batch *batch;
};

/* ---- signals to stop with ---- */

static uint64_t bit(int sig)
{
	return 1ULL << (sig - 1);
}

/*
 * Ignored by default, not caught, not blocked: then sending it to the thread itself has no effect
 * once the tracer is gone. 0 when the task has a use for all of them.
 */
static int pick_stop_signal(const struct thread *th)
{
	static const int candidate[] = { SIGURG, SIGWINCH, SIGCHLD };

	for (size_t i = 0; i < ARRAY_SIZE(candidate); i++)
		if (!((th->status.sig_caught | th->sigmask) & bit(candidate[i])))
			return candidate[i];
	return 0;
}

/* ---- one round: let a thread go into the gate, wait until it stops there ---- */

static int put_bytes(struct task *t, uint64_t addr, const void *data, size_t n)
{
	ssize_t put = pwrite(t->inject->mem, data, n, addr);

	if (put == (ssize_t)n)
		return 0;
	/* proc_mem.force_override= can hold /proc/PID/mem back; ptrace it cannot. */
	return ptrace_poke(t->pid, addr, data, n);
}

static uint64_t gate_of(const struct task *t, const struct thread *th)
{
	return th == task_leader(t) ? t->inject->gate : th->batch->base;
}

/* The slice of every other thread begins with a gate of its own. */
static size_t list_offset(const struct task *t, const struct thread *th)
{
	return th == task_leader(t) ? 0 : ALIGN_UP(GATE_SIZE, 64UL);
}

/* A thread that no signal can stop is driven from one system call to the next. */
static int run_on(const struct thread *th, int sig)
{
	return th->stop_sig ? ptrace_cont(th->tid, sig) : ptrace_until_syscall(th->tid, sig);
}

static int enter(struct task *t, struct thread *th, struct gate_entry *e)
{
	arch_regs regs = th->cpu.regs;
	int r;

	e->pid = t->pid;
	e->tid = th->tid;
	e->sig = th->stop_sig;
	arch_enter_gate(&regs, e);
	r = ptrace_set_regs(th->tid, &regs);
	/*
	 * Only now the mask: were we killed between the two, the gate would put the old mask back,
	 * but nobody would in the thread's own code.
	 */
	if (r == 0)
		r = ptrace_set_sigmask(th->tid, th->stop_sig ? ~bit(th->stop_sig) : ~0ULL);
	if (r == 0)
		r = run_on(th, 0);
	th->batch->runs = r == 0;
	th->batch->lost = false;
	return r;
}

/* Others may come at the same place before it: of job control, or of a SIGSTOP to the thread alone. */
static bool is_gate_stop(const struct thread *th, const struct stop *s)
{
	return th->stop_sig ? s->kind == STOP_SIGNAL && s->sig == th->stop_sig
			    : s->kind == STOP_EXIT;
}

/* Until the thread stands behind the gate's stop; other stops on the way are dealt with. */
static int await_stop(struct task *t, struct thread *th, unsigned int timeout_ms, arch_regs *regs)
{
	uint64_t stopped = gate_of(t, th) + GATE_STOPPED;
	struct stop s;
	int r;

	for (;;) {
		r = ptrace_wait_long(th->tid, timeout_ms, &s);
		if (r < 0)
			return log_err(
				r, "task %d: thread %d does not come out of the gate (state %c)",
				t->pid, th->tid, proc_state(t->pid, th->tid));
		if (s.kind == STOP_GONE)
			return log_err(-ESRCH, "task %d: thread %d died meanwhile", t->pid,
				       th->tid);
		r = ptrace_get_regs(th->tid, regs);
		if (r == 0 && arch_ip(regs) == stopped && is_gate_stop(th, &s))
			return 0;
		if (r == 0 && s.kind == STOP_SIGNAL && s.sig != SIGSTOP && s.sig != th->stop_sig)
			return log_err(-EFAULT, "task %d: signal %d in the gate", t->pid, s.sig);
		/*
		 * SIGSTOP from outside takes effect when the task runs on; here it goes on. A signal
		 * like ours from outside is ignored, as without us.
		 */
		if (r == 0)
			r = run_on(th, s.kind == STOP_SIGNAL && s.sig == SIGSTOP ? SIGSTOP : 0);
		if (r < 0)
			return log_err(r, "task %d: thread %d in the gate", t->pid, th->tid);
	}
}

/* Who did not come in the time it had gets none again: all that is left is to look for it. */
static int await_gate(struct task *t, struct thread *th, unsigned int timeout_ms, arch_regs *regs)
{
	int r = await_stop(t, th, th->batch->lost ? 0 : timeout_ms, regs);

	th->batch->runs = th->batch->lost = r < 0;
	return r;
}

static int call_begin(struct task *t, long nr, bool is_mmap, const uint64_t arg[6])
{
	struct gate_entry e = { .at = t->inject->gate, .nr = nr, .is_mmap = is_mmap };

	memcpy(e.arg, arg, sizeof(e.arg));
	return enter(t, task_leader(t), &e);
}

/* ---- the area ---- */

static int write_gate(struct task *t)
{
	struct inject *in = t->inject;
	struct thread *th = task_leader(t);
	char copy[GATE_SIZE_MAX] = {};
	struct gate_data data;

	arch_fill_gate(&data, &th->cpu.regs, th->sigmask);
	data.area_size = in->size;
	memcpy(copy, gate_begin, GATE_SIZE);
	memcpy(copy + GATE_DATA, &data, sizeof(data));
	in->gate_written = true;
	return put_bytes(t, in->gate, copy, GATE_SIZE);
}

int inject_map_begin(struct task *t, size_t extra)
{
	struct inject *in = calloc(1, sizeof(*in));
	int r;

	if (!in)
		return -ENOMEM;
	t->inject = in;
	in->mem = openat(t->proc, "mem", O_RDWR | O_CLOEXEC);
	if (in->mem < 0)
		return log_err(-errno, "task %d: /proc/PID/mem", t->pid);
	r = gate_find_room(t, &in->gate);
	if (r < 0)
		return r;
	extra = ALIGN_UP(extra, 64UL);
	in->used = ALIGN_UP(LEADER_SLICE + extra + (t->n_threads - 1) * THREAD_SLICE, PAGE);
	in->size = in->used + PAGE;
	in->local = calloc(1, in->used);
	in->batch = calloc(t->n_threads, sizeof(*in->batch));
	if (!in->local || !in->batch)
		return -ENOMEM;
	for (unsigned int i = 0; i < t->n_threads; i++) {
		struct batch *b = &in->batch[i];
		size_t at = i ? LEADER_SLICE + extra + (i - 1) * THREAD_SLICE : 0;

		t->thread[i].stop_sig = pick_stop_signal(&t->thread[i]);
		t->thread[i].batch = b;
		b->base = at; /* until the area has an address */
		b->mem = in->local + at;
		b->size = i ? THREAD_SLICE : LEADER_SLICE + extra;
	}
	inject_again(t);

	r = write_gate(t);
	if (r < 0)
		return log_err(r, "task %d: cannot write the gate", t->pid);
	/* Other threads execute in the area: they cannot all use the leader's gate. */
	r = call_begin(
		t, SYS_mmap, true,
		(const uint64_t[6]){ 0, in->size,
				     PROT_READ | PROT_WRITE | (t->n_threads > 1 ? PROT_EXEC : 0),
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 });
	return r < 0 ? log_err(r, "task %d: enter the gate", t->pid) : 0;
}

/* What stands in the way is the task's own, and not shown by the error: mmap(2). */
static const char *what_is_used_up(int err)
{
	return err == -ENOMEM   ? " (its RLIMIT_AS, or vm.max_map_count)"
	       : err == -EAGAIN ? " (its RLIMIT_MEMLOCK)"
				: "";
}

int inject_map_end(struct task *t, unsigned int timeout_ms)
{
	struct inject *in = t->inject;
	arch_regs regs;
	int64_t addr;
	int r;

	r = await_gate(t, task_leader(t), timeout_ms, &regs);
	if (r < 0)
		return r;
	addr = arch_gate_result(&regs);
	if (addr < 0 && addr > -4096)
		return log_err(addr, "task %d: no room for %zu bytes in its memory%s", t->pid,
			       in->size, what_is_used_up(addr));
	in->area = addr;
	for (unsigned int i = 0; i < t->n_threads; i++)
		in->batch[i].base += addr;

	/*
	 * From now on the gate knows what to unmap. Not with several threads: one that is put back
	 * later would lose the code under it. Such a task keeps the area, should we be killed.
	 */
	if (t->n_threads == 1) {
		uint64_t area = in->area;

		r = put_bytes(t, in->gate + GATE_DATA + offsetof(struct gate_data, area), &area,
			      sizeof(area));
		if (r < 0)
			return log_err(r, "task %d: cannot write the gate", t->pid);
	}
	return 0;
}

/* ---- calls ---- */

uint64_t inject_untouched_page(const struct task *t)
{
	return t->inject->area + t->inject->used;
}

int inject_run_begin(struct task *t)
{
	int r;

	for_each_thread(th, t) {
		struct gate_data *data;

		if (th == task_leader(t))
			continue;
		memcpy(th->batch->mem, gate_begin, GATE_SIZE);
		data = (void *)(th->batch->mem + GATE_DATA);
		arch_fill_gate(data, &th->cpu.regs, th->sigmask);
	}
	r = vm_write(t->pid, t->inject->area, t->inject->local, t->inject->used);
	if (r < 0)
		return log_err(r, "task %d: cannot write to its memory", t->pid);

	for_each_thread(th, t) {
		struct gate_entry e = { .at = gate_of(t, th) + GATE_RUN };

		e.list = th->batch->base + list_offset(t, th);
		if (!th->batch->n_ops)
			continue;
		r = enter(t, th, &e);
		if (r < 0)
			return log_err(r, "task %d: thread %d: enter the gate", t->pid, th->tid);
	}
	return 0;
}

int inject_run_end(struct task *t, unsigned int timeout_ms)
{
	arch_regs regs;
	int r;

	for_each_thread(th, t) {
		if (!th->batch->n_ops)
			continue;
		r = await_gate(t, th, timeout_ms, &regs);
		if (r < 0)
			return r;
	}
	r = vm_read(t->pid, t->inject->local, t->inject->area, t->inject->used);
	return r < 0 ? log_err(r, "task %d: cannot read its memory", t->pid) : 0;
}

void inject_again(struct task *t)
{
	for_each_thread(th, t)
		batch_empty(th->batch, list_offset(t, th));
}

/* ---- and out again ---- */

static int put_back(struct thread *th)
{
	int r;

	/* The mask first: in the gate, where the thread stands, either is right. */
	r = ptrace_set_sigmask(th->tid, th->sigmask);
	return r < 0 ? r : ptrace_set_regs(th->tid, &th->cpu.regs);
}

/* The dump has failed before they were all waited for. */
static int await_runners(struct task *t, unsigned int timeout_ms)
{
	arch_regs regs;
	int r = 0;

	/* It may have got no area: that is no hindrance here. */
	if (!t->inject->area && task_leader(t)->batch->runs) {
		r = inject_map_end(t, timeout_ms);
		return task_leader(t)->batch->runs ? r : 0;
	}
	for (unsigned int i = 0; r == 0 && i < t->n_threads; i++)
		if (t->thread[i].batch->runs)
			r = await_gate(t, &t->thread[i], timeout_ms, &regs);
	return r;
}

int inject_cure(struct task *t, unsigned int timeout_ms)
{
	static const char nothing[GATE_SIZE_MAX];
	struct inject *in = t->inject;
	arch_regs regs;
	int r = 0;

	if (!in || !in->gate_written)
		return 0;
	r = await_runners(t, timeout_ms);
	if (r < 0)
		return r;
	for (unsigned int i = 1; i < t->n_threads; i++) {
		r = put_back(&t->thread[i]);
		if (r < 0)
			return log_err(r, "task %d: put thread %d back", t->pid, t->thread[i].tid);
	}
	if (in->area) {
		r = call_begin(t, SYS_munmap, false, (const uint64_t[6]){ in->area, in->size });
		if (r < 0)
			return log_err(r, "task %d: enter the gate", t->pid);
		r = await_gate(t, task_leader(t), timeout_ms, &regs);
		if (r < 0)
			return r;
		if (arch_gate_result(&regs) < 0)
			return log_err(arch_gate_result(&regs), "task %d: munmap of the area",
				       t->pid);
	}
	r = put_back(task_leader(t));
	if (r == 0)
		r = put_bytes(t, in->gate, nothing, GATE_SIZE);
	if (r < 0)
		return log_err(r, "task %d: put it back", t->pid);
	inject_free(t);
	return 0;
}

void inject_hide_gate(const struct task *t, char *to, const struct iovec *from, unsigned int n)
{
	const struct inject *in = t->inject;
	uint64_t gate, end;

	if (!in || !in->gate_written)
		return;
	gate = in->gate;
	end = gate + GATE_SIZE;
	for (unsigned int i = 0; i < n; i++) {
		uint64_t start = (uintptr_t)from[i].iov_base, stop = start + from[i].iov_len;

		/* It was put where there were only zeroes, or another gate in their place. */
		if (start < end && gate < stop)
			memset(to + (MAX(start, gate) - start), 0,
			       MIN(stop, end) - MAX(start, gate));
		to += from[i].iov_len;
	}
}

void inject_free(struct task *t)
{
	struct inject *in = t->inject;

	if (!in)
		return;
	cleanup_close(&in->mem);
	free(in->local);
	free(in->batch);
	free(in);
	t->inject = NULL;
}
