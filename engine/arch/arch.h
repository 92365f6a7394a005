// SPDX-License-Identifier: GPL-2.0-only
/* What differs from CPU to CPU; arch/<cpu>/ answers. */
#ifndef ARCH_ARCH_H
#define ARCH_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/user.h>

#include "parasite/gate.h"
#include "proto/core.pb-c.h"

typedef struct user_regs_struct arch_regs;

#define ARCH_MTYPE      CORE_ENTRY__MARCH__X86_64
#define ARCH_XSTATE_MAX 16384 /* AMX included */
/* What F_GETFL says of large files: O_LARGEFILE is 0 where no program needs to say it. */
#define ARCH_LARGEFILE  0100000

/* Registers of a thread, as they are while it is stopped. */
struct arch_thread {
	arch_regs regs;
	size_t xstate_len;
	uint8_t *xstate;
};

/* A 64-bit thread, in a mode that can be rebuilt? Otherwise a word for what it is. */
const char *arch_unsupported(const arch_regs *regs);

/*
 * What an interrupted system call does when its thread goes on.
 * ARCH_CALL_BLOCK: restart_syscall(2), with state that only the kernel has.
 */
enum arch_call { ARCH_CALL_NONE, ARCH_CALL_RESTART, ARCH_CALL_BLOCK };
enum arch_call arch_interrupted_call(const arch_regs *regs);

/* Is it about to return from a system call with this error? */
bool arch_call_failed(const arch_regs *regs, int err);

/* Number and arguments of the system call a thread was stopped in. */
void arch_call_args(const arch_regs *regs, long *nr, uint64_t arg[6]);

/* Makes the registers repeat the interrupted call from its start. */
void arch_repeat_call(arch_regs *regs);

/* The text just before a system call instruction: does it load the number of the call? */
#define ARCH_CODE_BEFORE 48
bool arch_loaded_number(const uint8_t code[ARCH_CODE_BEFORE], long *nr);
void arch_set_number(arch_regs *regs, long nr);

/* Number and arguments of the call that the registers of an image repeat. */
void arch_image_call(const CoreEntry *core, long *nr, uint64_t arg[6]);

/*
 * Registers that repeat a call, turned into those of a thread that was interrupted in it and that
 * the kernel will let go on by restart_syscall.
 */
void arch_resume_block(arch_regs *regs);
/* The call at which the registers stand came to its end meanwhile. */
void arch_skip_call(arch_regs *regs, int64_t result);

/* Is the thread stopped in a call, with a restart block? */
bool arch_in_block(const arch_regs *regs);

/* A system call to be made at `ip`, where the instruction is. */
void arch_set_call(arch_regs *regs, uint64_t ip, long nr, const uint64_t arg[6]);
int64_t arch_call_result(const arch_regs *regs);

/* Registers that enter the gate at `at` (see gate.S), leaving the stack pointer alone. */
struct gate_entry {
	uint64_t at;
	int32_t pid, tid, sig;
	bool is_mmap;
	uint64_t list;   /* for gate_run */
	long nr;         /* for gate_call, */
	uint64_t arg[6]; /* ditto */
};
void arch_enter_gate(arch_regs *regs, const struct gate_entry *e);
uint64_t arch_ip(const arch_regs *regs);
/* Where the C library keeps what a thread has of its own. */
uint64_t arch_thread_pointer(const arch_regs *regs);
void arch_set_ip(arch_regs *regs, uint64_t ip);
/* The result of gate_call. */
int64_t arch_gate_result(const arch_regs *regs);
/* What the gate puts back when the engine is gone: the registers, with an interrupted call repeated. */
void arch_fill_gate(struct gate_data *g, const arch_regs *regs, uint64_t mask);
/* What they are when it has done so. */
void arch_leave_gate(arch_regs *regs, const struct gate_data *g);

/* Asks the CPU beforehand what it may take long to tell. */
void arch_dump_prepare(void);
/* Registers to and from the image. Memory of the message comes from malloc. */
int arch_dump_thread(const struct arch_thread *t, uint64_t clear_tid, CoreEntry *core);
void arch_dump_done(CoreEntry *core);
int arch_check_core(const CoreEntry *core, const char **why);
int arch_restore_thread(const CoreEntry *core, struct arch_thread *ret);
uint64_t arch_clear_tid(const CoreEntry *core);

struct batch;
/* Queues the question how big the task's local descriptor table is; -1 where there is no such thing. */
int arch_ask_ldt(struct batch *b);

#endif
