// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "census.h"
#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"

/* ---- Tasks ------------------------------------------------------------------------------------ */

/* "5 (name) S 1 5 5 0 -1 flags minflt cminflt majflt cmajflt utime ... num_threads ..." */
static int read_stat(int dir, struct census_task *t, char *state)
{
	_cleanup_buf_ struct buf b = {};
	char *open, *close;
	int r;

	r = read_file_at(dir, "stat", &b);
	if (r < 0)
		return r;
	/* A name may hold anything, parentheses too: only the outermost are the kernel's. */
	open = strchr(b.data, '(');
	close = strrchr(b.data, ')');
	if (!open || !close)
		return -EBADMSG;
	*close = '\0';
	snprintf(t->comm, sizeof(t->comm), "%s", open + 1);
	if (sscanf(close + 1, " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d",
		   state, &t->ppid, &t->pgid, &t->sid, &t->threads) != 5)
		return -EBADMSG;
	t->zombie = *state == 'Z' || *state == 'X';
	t->stopped = *state == 'T' || *state == 't';
	return 0;
}

static bool is_running(char state)
{
	return state == 'R' || state == 'D';
}

/* The states of threads that are not the leader. */
static bool threads_run(int task)
{
	_cleanup_closedir_ DIR *dir = NULL;
	int fd = openat(task, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *d;

	dir = fd < 0 ? NULL : fdopendir(fd);
	while (dir && (d = readdir(dir))) {
		_cleanup_close_ int one = -EBADF;
		struct census_task t;
		char state;

		if (d->d_name[0] == '.')
			continue;
		one = openat(dirfd(dir), d->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (one >= 0 && read_stat(one, &t, &state) == 0 && is_running(state))
			return true;
	}
	return false;
}

bool census_running(const struct census *c)
{
	for (size_t i = 0; i < c->n_tasks; i++)
		if (c->tasks[i].running)
			return true;
	return false;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void read_fds(int task, struct census_task *t)
{
	_cleanup_closedir_ DIR *dir = NULL;
	int fd = openat(task, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *d;
	int *more;

	dir = fd < 0 ? NULL : fdopendir(fd);
	while (dir && (d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		more = reallocarray(t->fds, t->n_fds + 1, sizeof(*more));
		if (!more)
			return;
		t->fds = more;
		t->fds[t->n_fds++] = atoi(d->d_name);
	}
	if (t->n_fds)
		qsort(t->fds, t->n_fds, sizeof(*t->fds), by_number);
}

static void read_mappings(int task, struct census_task *t)
{
	_cleanup_buf_ struct buf b = {};

	if (read_file_at(task, "maps", &b) < 0)
		return;
	for (const char *at = b.data; (at = strchr(at, '\n')); at++)
		t->mappings++;
}

static int take_tasks(struct census *c)
{
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	struct census_task *more;
	struct dirent *d;
	char state;

	if (!proc)
		return -errno;
	while ((d = readdir(proc))) {
		_cleanup_close_ int dir = -EBADF;
		struct census_task t = { .pid = atoi(d->d_name) };

		if (t.pid <= 1)
			continue;
		dir = openat(dirfd(proc), d->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0 || read_stat(dir, &t, &state) < 0)
			continue;
		t.running = is_running(state) || (t.threads > 1 && threads_run(dir));
		read_fds(dir, &t);
		read_mappings(dir, &t);
		more = reallocarray(c->tasks, c->n_tasks + 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		c->tasks = more;
		c->tasks[c->n_tasks++] = t;
	}
	return 0; /* /proc lists tasks in order of their pids */
}

/* ---- Files ------------------------------------------------------------------------------------ */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

#define MAX_FILES 100000

static int take_files(struct census *c, int at, const char *prefix)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *d;
	char **more;
	int r;

	dir = fdopendir(at);
	if (!dir) {
		close(at);
		return -errno;
	}
	while ((d = readdir(dir))) {
		char *path;

		if (streq(d->d_name, ".") || streq(d->d_name, ".."))
			continue;
		/* Reading a directory that grows all the time has no end. */
		if (c->n_files == MAX_FILES)
			return -E2BIG;
		if (asprintf(&path, "%s%s", prefix, d->d_name) < 0)
			return -ENOMEM;
		more = reallocarray(c->files, c->n_files + 1, sizeof(*more));
		if (!more) {
			free(path);
			return -ENOMEM;
		}
		c->files = more;
		c->files[c->n_files++] = path;
		if (d->d_type == DT_DIR) {
			_cleanup_free_ char *below = NULL;
			int fd = openat(dirfd(dir), d->d_name,
					O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			if (fd < 0)
				continue;
			if (asprintf(&below, "%s/", path) < 0)
				return -ENOMEM;
			r = take_files(c, fd, below);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

int census_take(struct census *c, const char *work)
{
	int fd, r;

	*c = (struct census){};
	r = take_tasks(c);
	if (r < 0)
		return r;
	fd = open(work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = take_files(c, fd, "");
	if (c->n_files)
		qsort(c->files, c->n_files, sizeof(*c->files), by_text);
	return r;
}

void census_done(struct census *c)
{
	for (size_t i = 0; i < c->n_tasks; i++)
		free(c->tasks[i].fds);
	for (size_t i = 0; i < c->n_files; i++)
		free(c->files[i]);
	free(c->tasks);
	free(c->files);
	*c = (struct census){};
}

/* ---- Comparing -------------------------------------------------------------------------------- */

static bool fds_differ(const struct census_task *b, const struct census_task *a, char *to,
		       size_t size)
{
	char link[64], target[256];
	size_t i = 0, k = 0;

	while (i < b->n_fds || k < a->n_fds) {
		if (i < b->n_fds && k < a->n_fds && b->fds[i] == a->fds[k]) {
			i++;
			k++;
		} else if (k == a->n_fds || (i < b->n_fds && b->fds[i] < a->fds[k])) {
			snprintf(to, size, "task %d (%s) has lost fd %d", a->pid, a->comm,
				 b->fds[i]);
			return true;
		} else {
			snprintf(link, sizeof(link), "/proc/%d/fd/%d", a->pid, a->fds[k]);
			if (read_link_at(AT_FDCWD, link, target, sizeof(target)) < 0)
				snprintf(target, sizeof(target), "gone by now");
			snprintf(to, size, "task %d (%s) has a new fd %d: %s", a->pid, a->comm,
				 a->fds[k], target);
			return true;
		}
	}
	return false;
}

static bool number_differs(const struct census_task *t, const char *what, int before, int after,
			   char *to, size_t size)
{
	if (before == after)
		return false;
	snprintf(to, size, "task %d (%s): %s %d before, %d after", t->pid, t->comm, what, before,
		 after);
	return true;
}

static bool task_differs(const struct census_task *b, const struct census_task *a, bool untouched,
			 char *to, size_t size)
{
	return number_differs(a, "parent", b->ppid, a->ppid, to, size) ||
	       number_differs(a, "process group", b->pgid, a->pgid, to, size) ||
	       number_differs(a, "session", b->sid, a->sid, to, size) ||
	       number_differs(a, "threads", b->threads, a->threads, to, size) ||
	       number_differs(a, "zombie", b->zombie, a->zombie, to, size) ||
	       (untouched && number_differs(a, "stopped", b->stopped, a->stopped, to, size)) ||
	       (untouched && number_differs(a, "mappings", b->mappings, a->mappings, to, size)) ||
	       fds_differ(b, a, to, size);
}

static bool tasks_differ(const struct census *before, const struct census *after, bool untouched,
			 char *to, size_t size)
{
	size_t i = 0, k = 0;

	while (i < before->n_tasks || k < after->n_tasks) {
		const struct census_task *b = i < before->n_tasks ? &before->tasks[i] : NULL;
		const struct census_task *a = k < after->n_tasks ? &after->tasks[k] : NULL;

		if (a && b && a->pid == b->pid) {
			if (task_differs(b, a, untouched, to, size))
				return true;
			i++;
			k++;
		} else if (!a || (b && b->pid < a->pid)) {
			snprintf(to, size, "task %d (%s) is gone", b->pid, b->comm);
			return true;
		} else {
			snprintf(to, size, "task %d (%s) is new", a->pid, a->comm);
			return true;
		}
	}
	return false;
}

static bool files_differ(const struct census *before, const struct census *after, char *to,
			 size_t size)
{
	size_t i = 0, k = 0;

	while (i < before->n_files || k < after->n_files) {
		int order = i == before->n_files  ? 1
			    : k == after->n_files ? -1
						  : strcmp(before->files[i], after->files[k]);

		if (order != 0) {
			snprintf(to, size, "file %s is %s",
				 order < 0 ? before->files[i] : after->files[k],
				 order < 0 ? "gone" : "new");
			return true;
		}
		i++;
		k++;
	}
	return false;
}

bool census_differs(const struct census *before, const struct census *after, bool untouched,
		    char *to, size_t size)
{
	return tasks_differ(before, after, untouched, to, size) ||
	       files_differ(before, after, to, size);
}

void census_tell(struct buf *to)
{
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	struct dirent *d;

	while (proc && (d = readdir(proc))) {
		_cleanup_buf_ struct buf wchan = {};
		_cleanup_close_ int dir = -EBADF;
		struct census_task t = { .pid = atoi(d->d_name) };
		char state;

		if (t.pid <= 1)
			continue;
		dir = openat(dirfd(proc), d->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0 || read_stat(dir, &t, &state) < 0)
			continue;
		buf_printf(to, "%stask %d (%s) %c", to->len ? ", " : "", t.pid, t.comm, state);
		if (read_file_at(dir, "wchan", &wchan) == 0 && wchan.len > 1)
			buf_printf(to, " in %s", wchan.data);
	}
}
