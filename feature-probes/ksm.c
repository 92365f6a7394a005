// SPDX-License-Identifier: GPL-2.0-only
/* Same-page merging: asked for, and how much of it came about. */
#include <sys/prctl.h>

#include "probe.h"
#include "uapi/prctl.h"

PROBE(merge_any,
      .what = "PR_SET_MEMORY_MERGE makes all memory mergeable, present and future, of children too",
      .since = "6.4", .commit = "d7597f59d1d3", .kconfig = "CONFIG_KSM",
      .source = "prctl(2), kernel/sys.c")
{
	char *before = pages(1), *after;
	pid_t child;

	PROMISE_EQ(OFFERED(prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0), "PR_GET_MEMORY_MERGE", EINVAL),
		   0);
	PROMISE(!vma_flag(0, before, "mg"));
	NEED(prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0));
	PROMISE_EQ(NEED(prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0)), 1);
	PROMISE(vma_flag(0, before, "mg"));
	after = map(-1, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
	PROMISE(vma_flag(0, after, "mg"));
	child = spawn();
	if (child == 0) {
		PROMISE_EQ(NEED(prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0)), 1);
		_exit(0);
	}
	reap_good(child);
	NEED(prctl(PR_SET_MEMORY_MERGE, 0, 0, 0, 0));
	PROMISE(!vma_flag(0, before, "mg"));
	PROMISE_FAILS(prctl(PR_SET_MEMORY_MERGE, 1, 1, 0, 0), EINVAL);
}

PROBE(stat, .what = "ksm_stat tells whether a task has asked to have its memory merged",
      .since = "6.16", .kconfig = "CONFIG_KSM CONFIG_PROC_FS",
      .source = "Documentation/admin-guide/mm/ksm.rst")
{
	char *text = OFFERED(slurp("/proc/self/ksm_stat"), "ksm_stat", ENOENT), *any;

	any = OFFERED(text_field(text, "ksm_merge_any"), "ksm_merge_any in ksm_stat", ENODATA);
	PROMISE_STR(any, "no");
	NEED(prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0));
	PROMISE_STR(NEED(text_field(NEED(slurp("/proc/self/ksm_stat")), "ksm_merge_any")), "yes");
}

PROBE(stat_known, .what = "every line of ksm_stat is one we have a word for", .since = "6.2",
      .commit = "cb4df4cae4f2", .kconfig = "CONFIG_KSM CONFIG_PROC_FS",
      .source = "Documentation/admin-guide/mm/ksm.rst")
{
	static const char *const known[] = { "ksm_rmap_items",
					     "ksm_zero_pages",
					     "ksm_merging_pages",
					     "ksm_process_profit",
					     "ksm_merge_any",
					     "ksm_mergeable",
					     NULL };
	char *text = OFFERED(slurp("/proc/self/ksm_stat"), "ksm_stat", ENOENT);

	for_each_line(line, text) {
		line[strcspn(line, " :")] = '\0';
		if (!str_in(line, known))
			NEW("'%s' in ksm_stat", line);
	}
}

PROBE(merging_pages, .what = "ksm_merging_pages counts the pages of a task that are merged",
      .since = "5.19", .commit = "7609385337a4", .kconfig = "CONFIG_KSM CONFIG_PROC_FS",
      .source = "Documentation/admin-guide/mm/ksm.rst")
{
	char *text = OFFERED(slurp("/proc/self/ksm_merging_pages"), "ksm_merging_pages", ENOENT);
	char *end;

	PROMISE_EQ(strtoul(text, &end, 10), 0);
	PROMISE_STR(end, "\n");
}
