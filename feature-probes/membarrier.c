// SPDX-License-Identifier: GPL-2.0-only
/* membarrier(2), and which of it a process has registered for. */
#include <linux/membarrier.h>

#include "probe.h"

#define GET_REGISTRATIONS 512 /* 6.3 */

static int membarrier(int cmd, unsigned int flags)
{
	return syscall(SYS_membarrier, cmd, flags, 0);
}

PROBE(registered,
      .what = "an expedited barrier wants its registration: EPERM without, by exec lost",
      .since = "4.14", .kconfig = "CONFIG_MEMBARRIER", .source = "membarrier(2)")
{
	pid_t child;

	PROMISE(OFFERED(membarrier(MEMBARRIER_CMD_QUERY, 0), "membarrier") &
		MEMBARRIER_CMD_PRIVATE_EXPEDITED);
	PROMISE_FAILS(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0), EPERM);
	NEED(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0));
	NEED(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0));
	/* It is of the memory, of which a child has a copy. */
	child = spawn();
	if (child == 0) {
		NEED(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0));
		_exit(0);
	}
	reap_good(child);
	PROMISE_FAILS(membarrier(1 << 20, 0), EINVAL);
}

PROBE(get_registrations, .what = "MEMBARRIER_CMD_GET_REGISTRATIONS tells what was registered",
      .since = "6.3", .commit = "544a4f2ecd45", .kconfig = "CONFIG_MEMBARRIER",
      .source = "membarrier(2)")
{
	PROMISE_EQ(OFFERED(membarrier(GET_REGISTRATIONS, 0), "GET_REGISTRATIONS", EINVAL), 0);
	NEED(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0));
	PROMISE_EQ(NEED(membarrier(GET_REGISTRATIONS, 0)),
		   MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
	NEED(membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0));
	PROMISE_EQ(NEED(membarrier(GET_REGISTRATIONS, 0)),
		   MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED |
			   MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED);
	PROMISE_FAILS(membarrier(GET_REGISTRATIONS, 1), EINVAL);
	PROMISE(NEED(membarrier(MEMBARRIER_CMD_QUERY, 0)) & GET_REGISTRATIONS);
}

PROBE(commands_known, .what = "every command of membarrier is one we have a word for",
      .since = "4.14", .kconfig = "CONFIG_MEMBARRIER", .source = "membarrier(2)")
{
	const int known = 0x3ff;
	int all = OFFERED(membarrier(MEMBARRIER_CMD_QUERY, 0), "membarrier");

	if (all & ~known)
		NEW("membarrier commands %#x", all & ~known);
}
