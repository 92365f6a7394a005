// SPDX-License-Identifier: GPL-2.0-only
/* PR_SET_MDWE: a process that gains no executable memory it can have written. */
#include <sys/prctl.h>

#include "probe.h"
#include "uapi/prctl.h"

#define NO_INHERIT 2 /* 6.7 */

#define DECLARED                                                                                   \
	.since = "6.3", .commit = "b507808ebce2", .kconfig = "CONFIG_MMU",                         \
	.source = "PR_SET_MDWE(2const)"

static int set(unsigned long bits)
{
	return prctl(PR_SET_MDWE, bits, 0, 0, 0);
}

static int get(void)
{
	return prctl(PR_GET_MDWE, 0, 0, 0, 0);
}

PROBE(refuses,
      .what = "under MDWE nothing is mapped or made executable that was not from the start",
      DECLARED)
{
	char *p = pages(1), *text = map(-1, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS);

	OFFERED(get(), "PR_GET_MDWE", EINVAL);
	OFFERED(set(PR_MDWE_REFUSE_EXEC_GAIN), "PR_SET_MDWE", EINVAL);
	PROMISE_EQ(NEED(get()), PR_MDWE_REFUSE_EXEC_GAIN);
	PROMISE_FAILS(mmap(NULL, page_size(), PROT_READ | PROT_WRITE | PROT_EXEC,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		      EACCES);
	PROMISE_FAILS(mprotect(p, page_size(), PROT_READ | PROT_EXEC), EACCES);
	NEED(mprotect(text, page_size(), PROT_READ | PROT_EXEC));
	/* A restorer has to place code before: this one can still be mapped, not written first. */
	map(-1, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS);
}

PROBE(for_good, .what = "MDWE is not taken back: EPERM", DECLARED)
{
	OFFERED(set(PR_MDWE_REFUSE_EXEC_GAIN), "PR_SET_MDWE", EINVAL);
	NEED(set(PR_MDWE_REFUSE_EXEC_GAIN));
	PROMISE_FAILS(set(0), EPERM);
	PROMISE_FAILS(set(1 << 5), EINVAL);
	PROMISE_FAILS(prctl(PR_GET_MDWE, 1, 0, 0, 0), EINVAL);
}

PROBE(inherited, .what = "MDWE is inherited", DECLARED)
{
	pid_t child;

	OFFERED(set(PR_MDWE_REFUSE_EXEC_GAIN), "PR_SET_MDWE", EINVAL);
	child = spawn();
	if (child == 0) {
		PROMISE_EQ(NEED(get()), PR_MDWE_REFUSE_EXEC_GAIN);
		_exit(0);
	}
	reap_good(child);
}

PROBE(no_inherit, .what = "with PR_MDWE_NO_INHERIT it is not", .since = "6.7",
      .commit = "24e41bf8a6b4", .kconfig = "CONFIG_MMU", .source = "PR_SET_MDWE(2const)")
{
	pid_t child;

	PROMISE_FAILS(set(NO_INHERIT), EINVAL);
	OFFERED(set(PR_MDWE_REFUSE_EXEC_GAIN | NO_INHERIT), "PR_MDWE_NO_INHERIT", EINVAL);
	PROMISE_EQ(NEED(get()), PR_MDWE_REFUSE_EXEC_GAIN | NO_INHERIT);
	child = spawn();
	if (child == 0) {
		PROMISE_EQ(NEED(get()), 0);
		_exit(0);
	}
	reap_good(child);
}
