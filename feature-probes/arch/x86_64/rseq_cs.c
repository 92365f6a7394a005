// SPDX-License-Identifier: GPL-2.0-only
/* Restartable sequences: what becomes of a thread that is stopped in the middle of one. */
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "probe.h"
#include "uapi/ptrace.h"

#define SIGNATURE LIBC_RSEQ_SIGNATURE

#define DECLARED .since = "4.18", .kconfig = "CONFIG_RSEQ", .source = "kernel/rseq.c"

struct rseq_area {
	uint32_t cpu_id_start, cpu_id;
	uint64_t cs;
	uint32_t flags, more[3];
	/* Of the probe's own from here on. */
	volatile uint64_t rounds, aborts;
} __attribute__((aligned(32)));

struct section {
	uint32_t version, flags;
	uint64_t start, length, abort;
};

extern const struct section the_section __attribute__((visibility("hidden")));

/* Goes round in a section for ever; each time it is thrown out it counts that, and goes in again. */
static _Noreturn void go_round(struct rseq_area *area)
{
	__asm__ volatile(".pushsection .data.rel.ro, \"aw\"\n\t"
			 ".balign 32\n"
			 "the_section:\n\t"
			 ".long 0, 0\n\t"
			 ".quad 2f, 3f - 2f, 4f\n\t"
			 ".popsection\n"
			 "1:	lea the_section(%%rip), %%rax\n\t"
			 "mov %%rax, 8(%0)\n"
			 "2:	incq 32(%0)\n\t"
			 "jmp 2b\n"
			 "3:\n\t"
			 ".long %c1\n"
			 "4:	incq 40(%0)\n\t"
			 "jmp 1b\n"
			 :
			 : "r"(area), "i"(SIGNATURE)
			 : "rax", "memory");
	__builtin_unreachable();
}

static pid_t spawn_going_round(struct rseq_area *area)
{
	uint32_t len;
	pid_t pid = spawn();

	if (pid == 0) {
		drop_libc_rseq(&len);
		OFFERED(syscall(SYS_rseq, area, 32, 0, SIGNATURE), "rseq");
		reach(1);
		go_round(area);
	}
	await(1);
	return pid;
}

static bool inside(uint64_t ip)
{
	return ip >= the_section.start && ip < the_section.start + the_section.length;
}

/* Stops it where it is in the section, which is nearly everywhere. */
static void stop_inside(pid_t pid, struct user_regs_struct *regs)
{
	for (int i = 0; i < 100; i++) {
		NEED(ptrace(PTRACE_GETREGS, pid, 0, regs));
		if (inside(regs->rip))
			return;
		NEED(ptrace(PTRACE_CONT, pid, 0, 0));
		usleep(1000);
		interrupt(pid);
	}
	BROKEN("the task is never in its critical section");
}

static void until_more(const volatile uint64_t *count, uint64_t than)
{
	for (int i = 0; i < 5000 && *count <= than; i++)
		usleep(1000);
	PROMISE_GT(*count, than);
}

PROBE(stopped, .what = "a tracer sees where in a section a thread is; let go, it begins anew",
      DECLARED)
{
	struct rseq_area *area = share(page_size());
	struct user_regs_struct regs;
	pid_t pid = spawn_going_round(area);
	uint64_t aborts;

	until_more(&area->rounds, 0);
	seize_stopped(pid, 0);
	stop_inside(pid, &regs);
	/* What a dump has to save: the section, and that the thread is in it. */
	PROMISE_EQ(area->cs, &the_section);
	aborts = area->aborts;
	let_go(pid);
	until_more(&area->aborts, aborts);
}

PROBE(set_inside, .what = "a thread whose tracer has put it into a section is thrown out of it",
      DECLARED)
{
	struct rseq_area *area = share(page_size());
	struct user_regs_struct regs;
	pid_t pid = spawn_going_round(area);
	uint64_t aborts;

	until_more(&area->rounds, 0);
	seize_stopped(pid, 0);
	stop_inside(pid, &regs);
	/* As after a restore: a task of this state that has never been in there. */
	regs.rip = the_section.start;
	area->cs = (uintptr_t)&the_section;
	NEED(ptrace(PTRACE_SETREGS, pid, 0, &regs));
	aborts = area->aborts;
	let_go(pid);
	until_more(&area->aborts, aborts);
	kill(pid, SIGKILL);
	reap(pid);
}

PROBE(bad_signature, .what = "a section whose end was not meant as one is death: SIGSEGV", DECLARED)
{
	struct rseq_area *area = share(page_size());
	uint32_t len;
	pid_t pid = spawn();

	if (pid == 0) {
		drop_libc_rseq(&len);
		OFFERED(syscall(SYS_rseq, area, 32, 0, SIGNATURE + 1), "rseq");
		reach(1);
		go_round(area);
	}
	await(1);
	/* The next time it is interrupted; which may have been before this. */
	kill(pid, SIGSTOP);
	kill(pid, SIGCONT);
	PROMISE_EQ(WTERMSIG(reap(pid)), SIGSEGV);
}
