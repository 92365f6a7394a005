// SPDX-License-Identifier: GPL-2.0-only
/* Memory policies: from which nodes a mapping or a task is given its pages. */
#include <linux/mempolicy.h>

#include "probe.h"
#include "uapi/syscalls.h"

#define WEIGHTED_INTERLEAVE 6 /* 6.9 */

#define DECLARED .since = "2.6.7", .kconfig = "CONFIG_NUMA", .source = "mbind(2), numa(7)"

/* The first node that has memory. */
static int node(void)
{
	char *text = OFFERED(slurp("/sys/devices/system/node/has_memory"), "nodes", ENOENT);

	return atoi(text);
}

static long mbind_(void *at, size_t len, int mode, unsigned long mask)
{
	return syscall(SYS_mbind, at, len, mode, mask ? &mask : NULL, 64, 0);
}

static long get_policy(int *mode, unsigned long *mask, void *at, int flags)
{
	/* The kernel wants room for all the nodes it could have. */
	unsigned long all[1024 / 8 / sizeof(long)] = {};
	long r = syscall(SYS_get_mempolicy, mode, all, 1024, at, flags);

	*mask = all[0];
	return r;
}

/* The policy numa_maps shows for the mapping that starts there. */
static char *shown(pid_t pid, const void *at)
{
	char *text = pid ? slurp("/proc/%d/numa_maps", pid) : slurp("/proc/self/numa_maps"),
	     key[32];

	OFFERED(text, "numa_maps", ENOENT);
	snprintf(key, sizeof(key), "%lx ", (long)at);
	for_each_line(line, text) {
		char *value = (char *)str_after(line, key);

		if (!value)
			continue;
		value[strcspn(value, " ")] = '\0';
		return value;
	}
	BROKEN("numa_maps has no mapping at %p", at);
}

/* Three pages, the middle one a mapping of its own from here on. */
static char *middle(void)
{
	return map(-1, 3, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS) + page_size();
}

PROBE(mapping,
      .what = "the policy of a mapping is told by numa_maps, and by get_mempolicy to the task",
      DECLARED)
{
	static const struct {
		int mode;
		const char *word;
	} kinds[] = { { MPOL_BIND, "bind" },
		      { MPOL_INTERLEAVE, "interleave" },
		      { MPOL_PREFERRED, "prefer" } };
	int n = node();

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char *p = middle(), want[32];
		unsigned long mask;
		int mode = -1;

		OFFERED(mbind_(p, page_size(), kinds[i].mode, 1UL << n), "mbind");
		snprintf(want, sizeof(want), "%s:%d", kinds[i].word, n);
		PROMISE_STR(shown(0, p), want);
		NEED(get_policy(&mode, &mask, p, MPOL_F_ADDR));
		PROMISE_EQ(mode, kinds[i].mode);
		PROMISE_EQ(mask, 1UL << n);
		/* Next to it, still the task's own. */
		PROMISE_STR(shown(0, p + page_size()), "default");
		NEED(mbind_(p, page_size(), MPOL_DEFAULT, 0));
		NEED(get_policy(&mode, &mask, p, MPOL_F_ADDR));
		PROMISE_EQ(mode, MPOL_DEFAULT);
	}
}

PROBE(flags, .what = "static and relative node masks are told as such, and read back", DECLARED)
{
	static const struct {
		int flag;
		const char *word;
	} flags[] = { { MPOL_F_STATIC_NODES, "bind=static:%d" },
		      { MPOL_F_RELATIVE_NODES, "bind=relative:%d" } };
	int n = node();

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		char *p = middle(), want[32];
		unsigned long mask;
		int mode;

		OFFERED(mbind_(p, page_size(), MPOL_BIND | flags[i].flag, 1UL << n), "mbind");
		snprintf(want, sizeof(want), flags[i].word, n);
		PROMISE_STR(shown(0, p), want);
		NEED(get_policy(&mode, &mask, p, MPOL_F_ADDR));
		PROMISE_EQ(mode, MPOL_BIND | flags[i].flag);
		PROMISE_EQ(mask, 1UL << n);
	}
}

PROBE(task, .what = "the policy of a task is its own to read, inherited, and behind its mappings'",
      DECLARED)
{
	unsigned long mask = 1UL << node();
	char *p = middle(), want[32];
	pid_t child;
	int mode;

	OFFERED(syscall(SYS_set_mempolicy, MPOL_BIND, &mask, 64), "set_mempolicy");
	child = spawn();
	if (child == 0) {
		NEED(get_policy(&mode, &mask, NULL, 0));
		PROMISE_EQ(mode, MPOL_BIND);
		PROMISE_EQ(mask, 1UL << node());
		_exit(0);
	}
	reap_good(child);
	NEED(mprotect(p, page_size(), PROT_READ));
	snprintf(want, sizeof(want), "bind:%d", node());
	PROMISE_STR(shown(0, p), want);
}

PROBE(many, .what = "MPOL_PREFERRED_MANY prefers several nodes", .since = "5.15",
      .commit = "b27abaccf8e8", .kconfig = "CONFIG_NUMA", .source = "set_mempolicy(2)")
{
	char *p = middle(), want[32];
	int n = node();

	OFFERED(mbind_(p, page_size(), MPOL_PREFERRED_MANY, 1UL << n), "MPOL_PREFERRED_MANY",
		EINVAL);
	snprintf(want, sizeof(want), "prefer (many):%d", n);
	PROMISE(str_after(want, shown(0, p)));
}

PROBE(weighted, .what = "MPOL_WEIGHTED_INTERLEAVE takes nodes by weights", .since = "6.9",
      .commit = "fa3bea4e1f82", .kconfig = "CONFIG_NUMA", .source = "set_mempolicy(2)")
{
	char *p = middle(), want[48];
	int n = node();

	OFFERED(mbind_(p, page_size(), WEIGHTED_INTERLEAVE, 1UL << n), "MPOL_WEIGHTED_INTERLEAVE",
		EINVAL);
	snprintf(want, sizeof(want), "weighted interleave:%d", n);
	PROMISE(str_after(want, shown(0, p)));
}

PROBE(home_node, .what = "set_mempolicy_home_node says from which node a bound mapping begins",
      .since = "5.17", .commit = "c6018b4b2549", .kconfig = "CONFIG_NUMA",
      .source = "Documentation/admin-guide/mm/numa_memory_policy.rst")
{
	char *p = middle();
	int n = node();

	NEED(mbind_(p, page_size(), MPOL_BIND, 1UL << n));
	OFFERED(syscall(SYS_set_mempolicy_home_node, p, page_size(), n, 0),
		"set_mempolicy_home_node");
	PROMISE_FAILS(syscall(SYS_set_mempolicy_home_node, p, page_size(), 1023, 0), EINVAL);
	NEED(mbind_(p, page_size(), MPOL_INTERLEAVE, 1UL << n));
	PROMISE_FAILS(syscall(SYS_set_mempolicy_home_node, p, page_size(), n, 0), EOPNOTSUPP);
}

GAP(home_node_told, .what = "nobody tells the home node of a mapping", .kconfig = "CONFIG_NUMA",
    .source = "mm/mempolicy.c")
{
	char *with = middle(), *without = middle();
	int n = node(), mode[2];
	unsigned long mask[2];

	NEED(mbind_(with, page_size(), MPOL_BIND, 1UL << n));
	NEED(mbind_(without, page_size(), MPOL_BIND, 1UL << n));
	OFFERED(syscall(SYS_set_mempolicy_home_node, with, page_size(), n, 0),
		"set_mempolicy_home_node");
	tried_texts("numa_maps", strdup(shown(0, with)), strdup(shown(0, without)), NULL);
	NEED(get_policy(&mode[0], &mask[0], with, MPOL_F_ADDR));
	NEED(get_policy(&mode[1], &mask[1], without, MPOL_F_ADDR));
	if (mode[0] != mode[1] || mask[0] != mask[1])
		NEW("get_mempolicy tells %#x %#lx", mode[0], mask[0]);
	TRIED("get_mempolicy");
}

GAP(task_remote, .what = "nobody reads the policy of another task, which numa_maps mixes in",
    .kconfig = "CONFIG_NUMA", .source = "get_mempolicy(2)")
{
	/* The one binds its mapping, the other itself: both mappings look the same. */
	char *p = middle();
	unsigned long mask = 1UL << node();
	pid_t with = spawn(), without;

	if (with == 0) {
		OFFERED(syscall(SYS_set_mempolicy, MPOL_BIND, &mask, 64), "set_mempolicy");
		NEED(mprotect(p, page_size(), PROT_READ));
		reach(1);
		linger();
	}
	await(1);
	without = spawn();
	if (without == 0) {
		NEED(mprotect(p, page_size(), PROT_READ));
		NEED(mbind_(p, page_size(), MPOL_BIND, mask));
		reach(2);
		linger();
	}
	await(2);
	tried_texts("numa_maps", strdup(shown(with, p)), strdup(shown(without, p)), NULL);
	tried_tasks(with, without);
}
