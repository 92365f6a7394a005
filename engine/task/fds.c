// SPDX-License-Identifier: GPL-2.0-only
/*
 * What belongs to a descriptor and not to its open file: its number, and whether it is closed on
 * exec. Others are told of that in /proc only, by a file for each descriptor, which the kernel makes
 * to be read once. The task is asked instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/inject/inject.h"
#include "parts.h"

#define FEW     256
#define AT_ONCE 1024U /* for what that takes of the task's memory */

/*
 * Listing them costs as much, for each there is. A big table that is half full is asked about every
 * number it has room for. (How full it is, the kernel tells since 6.2.)
 */
static bool is_dense(const struct task *t)
{
	unsigned int room = task_leader(t)->status.fd_size;
	struct stat st;

	return room > FEW && fstatat(t->proc, "fd", &st, 0) == 0 && st.st_size >= room / 2;
}

long fds_look(struct task *t)
{
	_cleanup_free_ int *numbers = NULL;
	int r = 0;

	if (t->shares_files)
		return 0;
	if (is_dense(t))
		t->fds_to_ask = task_leader(t)->status.fd_size;
	else
		r = proc_fds(t->proc, &numbers, &t->fds_to_ask);
	if (r < 0)
		return log_err(r, "task %d: list of descriptors", t->pid);
	t->fd = calloc(t->fds_to_ask + 1, sizeof(*t->fd));
	if (!t->fd)
		return -ENOMEM;
	for (unsigned int i = 0; i < t->fds_to_ask; i++)
		t->fd[i].number = numbers ? numbers[i] : (int)i;
	return MIN(t->fds_to_ask, AT_ONCE) * sizeof(struct gate_op);
}

static unsigned int next_end(const struct task *t)
{
	return MIN(t->fds_asked + AT_ONCE, t->fds_to_ask);
}

void fds_ask(const struct task *t, struct batch *b, int *first)
{
	*first = b->n_ops;
	for (unsigned int i = t->fds_asked; i < next_end(t); i++)
		batch_call(b, SYS_fcntl, t->fd[i].number, F_GETFD);
}

/* There are never more than were asked about: they stay in place, or move down. */
int fds_answer(struct task *t, struct batch *b, int first)
{
	for (unsigned int end = next_end(t); t->fds_asked < end; t->fds_asked++) {
		int number = t->fd[t->fds_asked].number;
		int64_t flags = batch_ret(b, first++);

		if (flags == -EBADF)
			continue;
		if (flags < 0)
			return log_err(flags, "task %d: descriptor %d", t->pid, number);
		t->fd[t->n_fds++] = (struct task_fd){ number, flags & FD_CLOEXEC };
	}
	return 0;
}
