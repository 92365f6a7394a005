// SPDX-License-Identifier: GPL-2.0-only
/* Locks in which somebody outside the tree has a part. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/kernel/procfs.h"
#include "engine/kernel/syscalls.h"
#include "filelock.h"

#define MAX_ROUNDS 100

/* The open files of the outsider that was looked at last: usually there is but one. */
static struct {
	pid_t pid;
	struct outside_file {
		dev_t dev;
		ino_t ino;
		int fd;
	} * file;
	unsigned int n;
} outsider;

static void look_at(pid_t pid)
{
	_cleanup_close_ int proc = proc_open(pid, 0);
	_cleanup_free_ int *fds = NULL;
	unsigned int n = 0;

	free(outsider.file);
	outsider.pid = pid;
	outsider.n = 0;
	outsider.file = NULL;
	/* It may be gone, or end meanwhile: then it has nothing. */
	if (proc < 0 || proc_fds(proc, &fds, &n) < 0)
		return;
	outsider.file = calloc(n + 1, sizeof(*outsider.file));
	for (unsigned int i = 0; outsider.file && i < n; i++) {
		char path[32];
		struct stat st;

		snprintf(path, sizeof(path), "fd/%d", fds[i]);
		if (fstatat(proc, path, &st, 0) == 0)
			outsider.file[outsider.n++] =
				(struct outside_file){ st.st_dev, st.st_ino, fds[i] };
	}
}

int filelock_refuse_sharer(const struct dump *d, const struct held_lock *l)
{
	_cleanup_close_ int copy = -EBADF;
	struct task *t;

	HASH_FIND_INT(d->tree.by_pid, &l->shown, t);
	if (t || l->shown <= 0)
		return 0;
	if (l->img.flag == LOCK_POSIX) {
		if (sys_kcmp(l->shown, l->img.pid, KCMP_WHAT_FILES) != 0)
			return 0;
		return log_refuse("%s: task %d outside the tree has the descriptor table, and "
				  "with it the %s, too",
				  l->who, l->shown, filelock_name(&l->img));
	}
	if (outsider.pid != l->shown)
		look_at(l->shown);
	for (unsigned int i = 0; i < outsider.n; i++) {
		const struct outside_file *f = &outsider.file[i];

		if (f->dev != l->dev || f->ino != l->ino)
			continue;
		if (copy < 0)
			copy = open_file_copy(l->file);
		if (copy < 0)
			return log_err(copy, "%s", l->who);
		if (sys_kcmp_file(getpid(), copy, l->shown, f->fd) == 0)
			return log_refuse("%s: task %d outside the tree has the open file, and "
					  "with it the %s, too",
					  l->who, l->shown, filelock_name(&l->img));
	}
	return 0;
}

/* Everybody below a lock in the list waits for it; returns how many of ours were listed. */
static int look_for_waiters(const char *text, struct held_lock *by_text, unsigned int round)
{
	struct held_lock *lock = NULL;
	const char *line;
	int seen = 0;
	size_t len;

	while (next_line(&text, &line, &len)) {
		const char *at = memchr(line, ':', len), *end = line + len;
		pid_t pid = -1;

		if (!at)
			continue;
		for (at++; at < end && *at == ' '; at++)
			;
		if (!str_after(at, "->")) {
			HASH_FIND(hh, by_text, at, (unsigned int)(end - at), lock);
			if (lock && lock->shown && lock->seen != round)
				seen++;
			if (lock)
				lock->seen = round;
			continue;
		}
		if (!lock)
			continue;
		/* Not of those who wait for an open file's. */
		(void)sscanf(at, "-> %*s %*s %*s %d", &pid);
		if (pid <= 0)
			return log_refuse("%s: somebody outside the tree waits for its %s",
					  lock->who, filelock_name(&lock->img));
		return log_refuse("%s: task %d outside the tree waits for its %s", lock->who, pid,
				  filelock_name(&lock->img));
	}
	return seen;
}

/*
 * "14: POSIX  ADVISORY  READ 812 fe:00:1234 0 EOF", and below it those who wait for it, "14: ->
 * POSIX ...", with those who wait for them further to the right. Of the tree nobody is among them:
 * a task that is held still does not wait.
 *
 * The list comes in pieces, and what others lock and unlock between two of them makes it leave out
 * some: it is good when all of ours are in it. A lock that was taken by who is gone need not be.
 */
int filelock_refuse_waiters(const struct dump *d, struct held_lock *by_text)
{
	struct held_lock *l, *next;
	_cleanup_buf_ struct buf b = {};
	int r, wanted = 0;

	if (d->opts->leave_running || d->opts->leave_stopped)
		return 0;
	HASH_ITER(hh, by_text, l, next)
		wanted += l->shown != 0;
	for (unsigned int round = 1; round <= MAX_ROUNDS; round++) {
		r = read_file_at(AT_FDCWD, "/proc/locks", &b);
		if (r < 0)
			return log_err(r, "/proc/locks");
		r = look_for_waiters(b.data ?: "", by_text, round);
		if (r < 0 || r == wanted)
			return r < 0 ? r : 0;
	}
	return log_refuse("/proc/locks changes too fast to tell who waits for the tree's locks");
}
