// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/arch/arch.h"
#include "engine/base/log.h"
#include "engine/inject/inject.h"
#include "engine/kernel/vm.h"
#include "parts.h"

/* linux/rseq.h, the parts that have been there since 4.18. */
struct rseq_area {
	uint32_t cpu_id_start, cpu_id;
	uint64_t rseq_cs;
	uint32_t flags, pad;
};
#define AREA_SIZE 32 /* with padding, the only size before 6.3 */

/* RSEQ_CS_FLAG_NO_RESTART_ON_*: until 6.1, which kills who has them. */
#define NO_RESTART 7

struct rseq_section {
	uint32_t version, flags;
	uint64_t start_ip, post_commit_offset, abort_ip;
};

/*
 * A thread that was stopped inside a critical section has been preempted: the kernel would send it
 * to the abort handler when it goes on. It must, in the image and when it is let go here, as the
 * gate's system calls make the kernel forget the section.
 */
static int leave_section(struct task *t, struct thread *th, uint64_t area)
{
	struct rseq_area rseq;
	struct rseq_section cs;
	uint64_t ip = arch_ip(&th->cpu.regs);
	int r;

	r = vm_read(t->pid, &rseq, area, sizeof(rseq));
	if (r < 0)
		return log_err(r, "task %d: rseq area of thread %d", t->pid, th->tid);
	if (!rseq.rseq_cs)
		return 0;
	r = vm_read(t->pid, &cs, rseq.rseq_cs, sizeof(cs));
	if (r < 0 && th->rseq_guessed)
		return 0; /* then it is none, as the gate will find */
	if (r < 0)
		return log_err(r, "task %d: rseq critical section of thread %d", t->pid, th->tid);
	if (ip - cs.start_ip >= cs.post_commit_offset)
		return 0;
	if ((rseq.flags | cs.flags) & NO_RESTART)
		return log_refuse(
			"task %d: thread %d is in a sequence that is not to be restarted: "
			"not supported yet",
			t->pid, th->tid);
	arch_set_ip(&th->cpu.regs, cs.abort_ip);
	return 0;
}

/*
 * Before 5.13 nobody tells whether a thread has registered an area, and where. The C library's lies
 * at one distance from the thread pointer; whether it is that is asked in the gate.
 */
static void guess(struct thread *th)
{
	th->rseq_guessed = true;
	th->rseq = (struct rseq_config){
		.area = arch_thread_pointer(&th->cpu.regs) + __rseq_offset,
		.size = AREA_SIZE,
		.signature = RSEQ_SIG,
	};
}

int rseq_ask(const struct thread *th, struct batch *b, struct rseq_questions *q)
{
	const uint64_t nowhere = 0xffff800000000000;
	int r;

	if (!th->rseq_guessed)
		return 0;
	/* An area at an address of the kernel's: EFAULT, unless there is one already: EINVAL. */
	q->any = batch_call(b, SYS_rseq, nowhere, AREA_SIZE, 0, RSEQ_SIG);
	/*
	 * Only the right address, size and signature can be unregistered; they are registered again, by
	 * a call that has the result, 0, for its flags. Any other result makes that fail.
	 */
	q->right =
		batch_call(b, SYS_rseq, th->rseq.area, AREA_SIZE, RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
	batch_pass(b, 1, 2);
	r = batch_call(b, SYS_rseq, th->rseq.area, AREA_SIZE, 0, RSEQ_SIG);
	return r < 0 ? r : 0;
}

int rseq_answer(const struct task *t, struct thread *th, struct batch *b,
		const struct rseq_questions *q)
{
	if (!th->rseq_guessed || batch_ret(b, q->right) == 0)
		return 0;
	th->rseq = (struct rseq_config){};
	return batch_ret(b, q->any) == -EFAULT
		       ? 0
		       : log_refuse(
				 "task %d: this kernel (before 5.13) does not tell where thread %d has "
				 "registered restartable sequences, and it is not where the C library has",
				 t->pid, th->tid);
}

int rseq_look(struct task *t, struct thread *th)
{
	int r = ptrace_get_rseq(th->tid, &th->rseq);
	struct rseq_area area;

	if (r == -EIO && syscall(SYS_rseq, NULL, 0, 0, 0) < 0 && errno == ENOSYS)
		return 0; /* a kernel without CONFIG_RSEQ: there is nothing to register */
	if (r == -EIO) {
		guess(th);
		/* A thread pointer that leads nowhere: there can be none. */
		return vm_read(t->pid, &area, th->rseq.area, sizeof(area)) < 0
			       ? 0
			       : leave_section(t, th, th->rseq.area);
	}
	if (r < 0)
		return log_err(r, "task %d: rseq of thread %d", t->pid, th->tid);
	return th->rseq.area ? leave_section(t, th, th->rseq.area) : 0;
}

int rseq_dump(const struct thread *th, struct arena *a, ThreadCoreEntry *core)
{
	RseqEntry *e;

	if (!th->rseq.area)
		return 0;
	e = arena_new(a, RseqEntry);
	if (!e)
		return -ENOMEM;
	rseq_entry__init(e);
	e->rseq_abi_pointer = th->rseq.area;
	e->rseq_abi_size = th->rseq.size;
	e->signature = th->rseq.signature;
	core->rseq_entry = e;
	return 0;
}

int rseq_restore(struct program *p, const ThreadCoreEntry *core)
{
	const RseqEntry *e = core->rseq_entry;

	if (e && e->rseq_abi_pointer)
		program_call(p, "restartable sequences", SYS_rseq, e->rseq_abi_pointer,
			     e->rseq_abi_size, 0, e->signature);
	return p->err;
}
