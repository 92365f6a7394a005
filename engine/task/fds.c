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

#define FEW 256

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
		t->n_fds = task_leader(t)->status.fd_size;
	else
		r = proc_fds(t->proc, &numbers, &t->n_fds);
	if (r < 0)
		return log_err(r, "task %d: list of descriptors", t->pid);
	t->fd = calloc(t->n_fds + 1, sizeof(*t->fd));
	if (!t->fd)
		return -ENOMEM;
	for (unsigned int i = 0; i < t->n_fds; i++)
		t->fd[i].number = numbers ? numbers[i] : (int)i;
	return t->n_fds * sizeof(struct gate_op);
}

void fds_ask(const struct task *t, struct batch *b, int *first)
{
	*first = 0;
	for (unsigned int i = 0; i < t->n_fds; i++) {
		int call = batch_call(b, SYS_fcntl, t->fd[i].number, F_GETFD);

		if (i == 0)
			*first = call;
	}
}

int fds_answer(struct task *t, struct batch *b, int first)
{
	unsigned int asked = t->n_fds;

	t->n_fds = 0;
	for (unsigned int i = 0; i < asked; i++) {
		int64_t flags = batch_ret(b, first + i);

		if (flags == -EBADF)
			continue;
		if (flags < 0)
			return log_err(flags, "task %d: descriptor %d", t->pid, t->fd[i].number);
		t->fd[t->n_fds++] = (struct task_fd){ t->fd[i].number, flags & FD_CLOEXEC };
	}
	return 0;
}
