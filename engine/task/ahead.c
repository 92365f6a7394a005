// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel makes an inode for each name in /proc when it is first looked up, which takes longer than
 * most reads from it; it keeps them while the task lives. So that is had before anything stands still.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/parallel.h"
#include "parts.h"

struct seen {
	pid_t pid;
	int proc;
};

struct ahead {
	struct seen *seen;
	size_t n, cap;
};

static void look_up(int proc, const char *name)
{
	struct stat st;

	(void)fstatat(proc, name, &st, AT_SYMLINK_NOFOLLOW);
}

/* Reading a directory of /proc looks all of it up; of a big one what one read gives is enough. */
static void look_up_in(int proc, const char *name)
{
	_cleanup_closedir_ DIR *d = NULL;
	int fd = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	d = fdopendir(fd);
	if (d)
		(void)readdir(d);
	else
		close(fd);
}

static int look_at(void *arg, size_t i)
{
	static const char *const names[] = {
		"auxv",          "coredump_filter", "cwd",         "exe",
		"fdinfo",        "limits",          "loginuid",    "mem",
		"oom_score_adj", "pagemap",         "personality", "root",
		"sessionid",     "smaps",           "stat",        "timers",
	};
	static const char *const of_thread[] = { "children", "status" };
	static const char *const directories[] = { "fd", "map_files", "ns" };
	const struct seen *s = &((struct ahead *)arg)->seen[i];
	char path[64];

	for (size_t k = 0; k < ARRAY_SIZE(names); k++)
		look_up(s->proc, names[k]);
	for (size_t k = 0; k < ARRAY_SIZE(of_thread); k++) {
		snprintf(path, sizeof(path), "task/%d/%s", s->pid, of_thread[k]);
		look_up(s->proc, path);
	}
	for (size_t k = 0; k < ARRAY_SIZE(directories); k++)
		look_up_in(s->proc, directories[k]);
	close(s->proc);
	return 0;
}

/* Whoever has gone, comes later or is not found for want of memory is looked up when it is needed. */
static void find(struct ahead *a, pid_t pid)
{
	_cleanup_close_ int proc = proc_open(pid, 0);
	_cleanup_free_ pid_t *child = NULL;
	unsigned int n = 0;

	if (proc < 0)
		return;
	if (a->n == a->cap) {
		size_t cap = MAX(a->cap * 2, (size_t)16);
		struct seen *more = realloc(a->seen, cap * sizeof(*more));

		if (!more)
			return;
		a->seen = more;
		a->cap = cap;
	}
	(void)proc_children(proc, &child, NULL, &n);
	a->seen[a->n++] = (struct seen){ pid, TAKE_FD(proc) };
	for (unsigned int i = 0; i < n; i++)
		find(a, child[i]);
}

/*
 * A task wakes up where it slept. While it does there what it was asked for we do something else, and
 * on the CPU it slept on we would wait for it, or it for us.
 */
static void leave_cpu_of(pid_t pid)
{
	_cleanup_close_ int proc = proc_open(pid, 0);
	struct proc_stat stat;
	cpu_set_t ours, others;

	if (proc < 0 || proc_read_stat(proc, &stat) < 0 || stat.cpu < 0 ||
	    stat.cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof(ours), &ours) < 0)
		return;
	others = ours;
	CPU_CLR(stat.cpu, &others);
	/* To be there is enough: it may be moved again. Without another CPU all stays as it is. */
	if (sched_setaffinity(0, sizeof(others), &others) == 0)
		(void)sched_setaffinity(0, sizeof(ours), &ours);
}

void tree_look_ahead(pid_t root)
{
	struct ahead a = {};

	leave_cpu_of(root);
	find(&a, root);
	(void)parallel_for(a.n, look_at, &a);
	free(a.seen);
}
