// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/mman.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/kernel/vm.h"
#include "gate.h"

static bool all_zero(const char *p, size_t n)
{
	return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

/* What is left of an engine that was killed: nobody stands in it any more. */
static bool old_gate(const char *bytes)
{
	return memcmp(bytes, gate_begin, GATE_DATA) == 0;
}

static bool room_at(const struct task *t, uint64_t addr)
{
	char bytes[GATE_SIZE_MAX];

	return vm_read(t->pid, bytes, addr, GATE_SIZE) == 0 &&
	       (all_zero(bytes, GATE_SIZE) || old_gate(bytes));
}

/*
 * The last bytes of a text mapping are padding to the page's end more often than not. The vdso is
 * the first choice: every task has one, its tail has stayed free on every kernel so far, and no
 * file is behind it.
 */
int gate_find_room(const struct task *t, uint64_t *ret)
{
	for (int pass = 0; pass < 2; pass++)
		for (unsigned int i = 0; i < t->map.n; i++) {
			const struct vm_area *a = &t->map.area[i];
			bool vdso = streq(a->name, "[vdso]");

			if (vdso != (pass == 0) || a->shared || !(a->prot & PROT_EXEC) ||
			    (a->prot & PROT_WRITE) || streq(a->name, "[vsyscall]") ||
			    a->flags & VM_FLAG(IO))
				continue;
			if (room_at(t, a->end - GATE_SIZE_MAX)) {
				*ret = a->end - GATE_SIZE_MAX;
				return 0;
			}
		}
	return log_refuse("task %d: no executable mapping has %d unused bytes for the gate", t->pid,
			  GATE_SIZE_MAX);
}

/* The data of a gate with ip in its code; false when there is none. */
static bool gate_around(const struct task *t, uint64_t ip, struct gate_data *data)
{
	char bytes[2 * GATE_SIZE_MAX];
	uint64_t from = ip - GATE_DATA, page = ALIGN_DOWN(ip, PAGE);
	size_t size = GATE_DATA + GATE_SIZE;
	ssize_t n = vm_peek(t->pid, bytes, from, size);
	const char *gate;

	/* Nothing is mapped before this page: it then lies in it. */
	if (n < 0 && from < page) {
		n = vm_peek(t->pid, bytes, page, size - (page - from));
		from = page;
	}
	gate = n < 0 ? NULL : memmem(bytes, n, gate_begin, GATE_DATA);
	if (!gate || gate + GATE_SIZE > bytes + n || ip - (from + (gate - bytes)) >= GATE_DATA)
		return false;
	memcpy(data, gate + GATE_DATA, sizeof(*data));
	return true;
}

void gate_leave_old(struct task *t)
{
	struct gate_data data;

	for_each_thread(th, t)
		if (gate_around(t, arch_ip(&th->cpu.regs), &data)) {
			arch_leave_gate(&th->cpu.regs, &data);
			th->sigmask = data.mask;
		}
}
