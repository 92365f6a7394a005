// SPDX-License-Identifier: GPL-2.0-only
/* mincore(2): which pages of shared memory there are to save. */
#include "probe.h"

#define DECLARED .since = "2.4", .kconfig = "CONFIG_MMU", .source = "mincore(2)"

PROBE(shared,
      .what = "mincore tells which pages of shared memory are there, whoever has written them",
      DECLARED)
{
	char *p = share(4 * page_size());
	unsigned char there[4];
	pid_t pid = spawn();

	if (pid == 0) {
		p[page_size()] = 1;
		_exit(0);
	}
	reap_good(pid);
	p[3 * page_size()] = 1;
	NEED(mincore(p, 4 * page_size(), there));
	PROMISE_EQ(there[0] & 1, 0);
	PROMISE_EQ(there[1] & 1, 1);
	PROMISE_EQ(there[2] & 1, 0);
	PROMISE_EQ(there[3] & 1, 1);
}

PROBE(private,
      .what = "mincore tells which private pages are there; ENOMEM where nothing is mapped",
      DECLARED)
{
	char *p = map(-1, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
	unsigned char there[4];

	p[page_size()] = 1;
	NEED(mincore(p, 4 * page_size(), there));
	PROMISE_EQ(there[0] & 1, 0);
	PROMISE_EQ(there[1] & 1, 1);
	NEED(munmap(p + 2 * page_size(), page_size()));
	PROMISE_FAILS(mincore(p, 4 * page_size(), there), ENOMEM);
	PROMISE_FAILS(mincore(p + 1, page_size(), there), EINVAL);
}
