// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel makes an inode for each name in /proc when it is first looked up, which takes longer than
 * most reads from it; it keeps them while the task lives. So that is had before anything stands still.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/parallel.h"
#include "engine/base/str.h"
#include "engine/kernel/procfs.h"
#include "ahead.h"

#define SOME_FILES 64

static void look_up(int proc, const char *name)
{
	struct stat st;

	(void)fstatat(proc, name, &st, AT_SYMLINK_NOFOLLOW);
}

/* Reading a directory of /proc looks all of it up; of a big one what one read gives is enough. */
static DIR *look_up_in(int proc, const char *name, struct dirent **first)
{
	int fd = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (d)
		*first = readdir(d);
	else
		cleanup_close(&fd);
	return d;
}

/* A few tell of a task what it does. */
static void look_at_files(struct ahead_task *t)
{
	struct dirent *e = NULL;
	_cleanup_closedir_ DIR *d = look_up_in(t->proc, "fd", &e);
	char link[16];

	for (int i = 0; d && e && i < SOME_FILES && !t->has_memfd; i++) {
		ssize_t n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);

		link[MAX(n, 0)] = '\0';
		t->has_memfd = str_after(link, "/memfd:");
		e = readdir(d);
	}
}

/* Before 4.5 there are no numbers. */
static void look_at_memory(struct ahead_task *t)
{
	_cleanup_buf_ struct buf b = {};
	uint64_t own = 0, swapped = 0;
	char path[64];

	snprintf(path, sizeof(path), "task/%d/status", t->pid);
	if (proc_read_single(t->proc, path, &b) < 0)
		return;
	(void)kv_u64(b.data, "RssAnon", 10, &own);
	(void)kv_u64(b.data, "VmSwap", 10, &swapped);
	t->own_bytes = (own + swapped) << 10;
}

static int look_at(void *arg, size_t i)
{
	static const char *const names[] = {
		"auxv",          "coredump_filter", "cwd",         "exe",
		"fdinfo",        "limits",          "loginuid",    "mem",
		"oom_score_adj", "pagemap",         "personality", "root",
		"sessionid",     "smaps",           "stat",        "timers",
	};
	static const char *const directories[] = { "map_files", "ns" };
	struct ahead_task *t = &((struct ahead *)arg)->task[i];
	char path[64];

	for (size_t k = 0; k < ARRAY_SIZE(names); k++)
		look_up(t->proc, names[k]);
	snprintf(path, sizeof(path), "task/%d/children", t->pid);
	look_up(t->proc, path);
	for (size_t k = 0; k < ARRAY_SIZE(directories); k++) {
		struct dirent *e;
		_cleanup_closedir_ DIR *d = look_up_in(t->proc, directories[k], &e);
	}
	look_at_files(t);
	look_at_memory(t);
	cleanup_close(&t->proc);
	t->proc = -EBADF;
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
		struct ahead_task *more = realloc(a->task, cap * sizeof(*more));

		if (!more)
			return;
		a->task = more;
		a->cap = cap;
	}
	(void)proc_children(proc, &child, NULL, &n);
	a->task[a->n++] = (struct ahead_task){ .pid = pid, .proc = TAKE_FD(proc) };
	for (unsigned int i = 0; i < n; i++)
		find(a, child[i]);
}

void tree_look_ahead(pid_t root, struct ahead *ret)
{
	*ret = (struct ahead){};
	find(ret, root);
	(void)parallel_for(ret->n, look_at, ret);
}

bool ahead_has_memfd(const struct ahead *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->task[i].has_memfd)
			return true;
	return false;
}

void ahead_done(struct ahead *a)
{
	free(a->task);
	*a = (struct ahead){};
}
