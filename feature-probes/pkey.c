// SPDX-License-Identifier: GPL-2.0-only
/* Protection keys of memory. */
#include "probe.h"

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_ARCH_HAS_PKEYS", .source = "pkeys(7), pkey_alloc(2)"

static void need_pkeys(void)
{
	/* x86, and arm64 with its permission overlays; ppc64 shows no flag. */
	if (!cpu_has("pku") && !cpu_has("poe"))
		MACHINE_LACKS("this CPU has no protection keys");
}

PROBE(alloc_order, .what = "pkey_alloc gives the lowest free key, so that each can be had",
      DECLARED("4.9"))
{
	int a, b, c;

	need_pkeys();
	a = OFFERED(pkey_alloc(0, 0), "protection keys", EINVAL, ENOSPC);
	b = NEED(pkey_alloc(0, 0));
	c = NEED(pkey_alloc(0, 0));
	PROMISE_EQ(b, a + 1);
	PROMISE_EQ(c, b + 1);
	NEED(pkey_free(b));
	PROMISE_EQ(NEED(pkey_alloc(0, 0)), b);
	PROMISE_FAILS(pkey_free(c + 5), EINVAL);
	PROMISE_FAILS(pkey_alloc(1, 0), EINVAL);
}

PROBE(refusals, .what = "a key that was not allocated is put on no memory: EINVAL", DECLARED("4.9"))
{
	char *p = pages(1);
	int key;

	need_pkeys();
	key = OFFERED(pkey_alloc(0, 0), "protection keys", EINVAL, ENOSPC);
	NEED(pkey_mprotect(p, page_size(), PROT_READ, key));
	PROMISE_FAILS(pkey_mprotect(p, page_size(), PROT_READ, key + 3), EINVAL);
	/* Memory keeps a key that is freed. */
	NEED(pkey_free(key));
	PROMISE_FAILS(pkey_mprotect(p, page_size(), PROT_READ, key), EINVAL);
}

static pid_t spawn_with_keys(int keys, int stage)
{
	pid_t pid = spawn();

	if (pid == 0) {
		while (keys-- > 0)
			OFFERED(pkey_alloc(0, 0), "protection keys", EINVAL, ENOSPC);
		reach(stage);
		linger();
	}
	await(stage);
	return pid;
}

GAP(allocated, .what = "nobody but the task itself, by trying, tells which keys are allocated",
    .kconfig = "CONFIG_ARCH_HAS_PKEYS", .source = "pkeys(7)")
{
	pid_t with;

	need_pkeys();
	with = spawn_with_keys(2, 1);
	tried_tasks(with, spawn_with_keys(0, 2));
}
