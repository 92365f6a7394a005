// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process has registered for with membarrier(2): the kernel tells since 6.3. Before, each of
 * the private barriers tells whether it may be made, EPERM being the answer without a registration.
 * Who wants to be reached by the barriers of others nobody can tell: everybody is registered for
 * that, which loses nothing.
 */
#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "parts.h"

/* linux/membarrier.h of later kernels than Debian 12's headers know. */
#define GET_REGISTRATIONS (1 << 9)

static const struct {
	int registration, barrier; /* 0: none that would tell */
} cmds[] = {
	{ MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0 },
	{ MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, MEMBARRIER_CMD_PRIVATE_EXPEDITED },
	{ MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
	  MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE },
	{ MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ },
};
_Static_assert(ARRAY_SIZE(cmds) == MEMBARRIER_COMMANDS, "one answer for each");

static int known(void)
{
	static int commands = -1;

	if (commands < 0)
		commands = MAX((int)syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0), 0);
	return commands;
}

bool membarrier_is_told(void)
{
	return known() & GET_REGISTRATIONS;
}

int membarrier_ask(struct batch *b, struct membarrier_questions *q)
{
	if (membarrier_is_told())
		return q->all = batch_call(b, SYS_membarrier, GET_REGISTRATIONS, 0, 0);
	for (size_t i = 0; i < ARRAY_SIZE(cmds); i++) {
		if (!cmds[i].barrier || !(known() & cmds[i].barrier))
			continue;
		q->one[i] = batch_call(b, SYS_membarrier, cmds[i].barrier, 0, 0);
		if (q->one[i] < 0)
			return q->one[i];
	}
	return 0;
}

uint32_t membarrier_answer(struct batch *b, const struct membarrier_questions *q)
{
	uint32_t mask = 0;

	if (membarrier_is_told())
		return MAX(batch_ret(b, q->all), 0L);
	for (size_t i = 0; i < ARRAY_SIZE(cmds); i++)
		if (known() & cmds[i].registration &&
		    (!cmds[i].barrier || batch_ret(b, q->one[i]) == 0))
			mask |= cmds[i].registration;
	return mask;
}

int membarrier_restore(struct program *p, const TaskCoreEntry *tc)
{
	for (unsigned int bit = 0; bit < 32; bit++)
		if (tc->membarrier_registration_mask & (1U << bit))
			program_call(p, "membarrier", SYS_membarrier, 1U << bit, 0, 0);
	return p->err;
}
