// SPDX-License-Identifier: GPL-2.0-only
/* The code of arch/<cpu>/gate.S as the engine sees it: a piece of data to be copied. */
#ifndef PARASITE_GATE_H
#define PARASITE_GATE_H

#include <stddef.h>
#include <stdint.h>

/* An upper bound of gate_end - gate_begin, to look for room with. */
#define GATE_SIZE_MAX 512

extern const char gate_begin[], gate_run[], gate_stopped[], gate_data[], gate_end[];

#define GATE_SIZE    ((size_t)(gate_end - gate_begin))
/* Where in it a list of calls is run, where a thread then stops, and where its data lies. */
#define GATE_RUN     ((uint64_t)(gate_run - gate_begin))
#define GATE_STOPPED ((uint64_t)(gate_stopped - gate_begin))
#define GATE_DATA    ((uint64_t)(gate_data - gate_begin))

/* What the gate needs to put a thread back by itself. */
struct gate_data {
	uint64_t all_blocked;
	uint64_t area, area_size; /* to unmap; 0 while there is none */
	uint64_t mask;
	uint64_t flags, rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rip;
};

/* One system call of a list that gate_run works through. */
enum { GATE_END = -1, GATE_STORE = -2 };
struct gate_op {
	int64_t nr;
	uint64_t arg[6];
	int64_t ret;
};

#endif
