// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process registers for the expedited membarriers it wants to use; for others they are refused.
 * One kind, or all of them.
 */
#include <linux/membarrier.h>

#include "zdtm.h"

static const struct kind {
	int registers, command;
} kinds[] = {
	{ MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, MEMBARRIER_CMD_PRIVATE_EXPEDITED },
	{ MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
	  MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE },
	{ MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ },
	{ MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, MEMBARRIER_CMD_GLOBAL_EXPEDITED },
};

#define KINDS             4
#define GLOBAL            3   /* may be asked for by anybody: registering makes one a target */
#define GET_REGISTRATIONS 512 /* since 6.3 */

static struct {
	long supported, registered;
} was;

static long membarrier(int command)
{
	return syscall(SYS_membarrier, command, 0, 0);
}

static bool wanted(int i)
{
	return was.supported & kinds[i].command && variant->arg & 1 << i;
}

/*
 * The kernel tells of "private" as registered with either of its special kinds, and refuses it all
 * the same: whoever believes what it tells has one more.
 */
static bool is_refused(int i)
{
	return was.supported & kinds[i].command && i != GLOBAL &&
	       !(was.registered & kinds[i].registers);
}

static void expect_registered(int i)
{
	if (was.supported & GET_REGISTRATIONS)
		EXPECT(was.registered & kinds[i].registers);
	SYS(membarrier(kinds[i].command));
}

static void setup(void)
{
	was.supported = membarrier(MEMBARRIER_CMD_QUERY);
	if (was.supported < 0)
		t_skip("membarrier: %s", strerror(errno));
	for (int i = 0; i < KINDS; i++)
		if (wanted(i))
			SYS(membarrier(kinds[i].registers));
	if (was.supported & GET_REGISTRATIONS)
		was.registered = SYS(membarrier(GET_REGISTRATIONS));
}

static void check(void)
{
	if (was.supported & GET_REGISTRATIONS)
		EXPECT_EQ(membarrier(GET_REGISTRATIONS), was.registered);
	for (int i = 0; i < KINDS; i++)
		if (wanted(i))
			expect_registered(i);
		else if (is_refused(i))
			EXPECT_ERRNO(membarrier(kinds[i].command), EPERM);
}

ZDTM_TEST = {
	.doc = "the expedited membarriers a process registered for work, and no others",
	.object = "mm",
	.variants = VARIANTS({ "none", 0 }, { "private", 1 }, { "sync_core", 2 }, { "rseq", 4 },
			     { "global", 8 }, { "all", 15 }),
	.setup = setup,
	.check = check,
};
