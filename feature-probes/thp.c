// SPDX-License-Identifier: GPL-2.0-only
/* PR_SET_THP_DISABLE: a process that has no huge pages, or only where it asks for them. */
#include <sys/prctl.h>

#include "probe.h"
#include "uapi/prctl.h"

PROBE(disable, .what = "PR_SET_THP_DISABLE reads back and is inherited, over exec too",
      .since = "3.15", .commit = "a0715cc22601", .kconfig = "CONFIG_TRANSPARENT_HUGEPAGE",
      .source = "PR_SET_THP_DISABLE(2const)")
{
	pid_t child;

	PROMISE_EQ(OFFERED(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), "PR_GET_THP_DISABLE", EINVAL), 0);
	NEED(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	PROMISE_EQ(NEED(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0)), 1);
	child = spawn();
	if (child == 0) {
		PROMISE_EQ(NEED(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0)), 1);
		exec_idle();
	}
	until_exec(child);
	/* Since 5.0; where status does not tell, nobody but the task can. */
	PROMISE_STR(OFFERED(status_field(child, "THP_enabled"), "THP_enabled in status", ENODATA),
		    "0");
	NEED(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
	PROMISE_EQ(NEED(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0)), 0);
	PROMISE_FAILS(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0), EINVAL);
}

PROBE(except_advised,
      .what = "PR_THP_DISABLE_EXCEPT_ADVISED reads back as another way to have none",
      .since = "6.18", .commit = "9dc21bbd62ed", .kconfig = "CONFIG_TRANSPARENT_HUGEPAGE",
      .source = "PR_SET_THP_DISABLE(2const)")
{
	OFFERED(prctl(PR_SET_THP_DISABLE, 1, PR_THP_DISABLE_EXCEPT_ADVISED, 0, 0),
		"PR_THP_DISABLE_EXCEPT_ADVISED", EINVAL);
	PROMISE_EQ(NEED(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0)), 1 | PR_THP_DISABLE_EXCEPT_ADVISED);
	NEED(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	PROMISE_EQ(NEED(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0)), 1);
	PROMISE_FAILS(prctl(PR_SET_THP_DISABLE, 0, PR_THP_DISABLE_EXCEPT_ADVISED, 0, 0), EINVAL);
}
