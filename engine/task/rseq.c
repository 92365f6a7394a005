// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "parts.h"

/* linux/rseq.h, the parts that have been there since 4.18. */
struct rseq_area {
	uint32_t cpu_id_start, cpu_id;
	uint64_t rseq_cs;
	uint32_t flags, pad;
};
struct rseq_section {
	uint32_t version, flags;
	uint64_t start_ip, post_commit_offset, abort_ip;
};

static int peek(pid_t pid, uint64_t addr, void *to, size_t n)
{
	struct iovec here = { to, n }, there = { (void *)addr, n };
	ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);

	return got < 0 ? -errno : got == (ssize_t)n ? 0 : -EFAULT;
}

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

	r = peek(t->pid, area, &rseq, sizeof(rseq));
	if (r < 0)
		return log_err(r, "task %d: rseq area of thread %d", t->pid, th->tid);
	if (!rseq.rseq_cs)
		return 0;
	r = peek(t->pid, rseq.rseq_cs, &cs, sizeof(cs));
	if (r < 0)
		return log_err(r, "task %d: rseq critical section of thread %d", t->pid, th->tid);
	if (ip - cs.start_ip < cs.post_commit_offset)
		arch_set_ip(&th->cpu.regs, cs.abort_ip);
	return 0;
}

int rseq_look(struct task *t, struct thread *th)
{
	int r = ptrace_get_rseq(th->tid, &th->rseq);

	if (r == -EIO && syscall(SYS_rseq, NULL, 0, 0, 0) < 0 && errno == ENOSYS)
		return 0; /* a kernel without CONFIG_RSEQ: there is nothing to register */
	if (r == -EIO)
		return log_refuse(
			"task %d: this kernel (before 5.13) cannot tell whether a thread has "
			"registered restartable sequences",
			t->pid);
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
