// SPDX-License-Identifier: GPL-2.0-only
/*
 * What belongs to a descriptor and not to its open file: its number, and whether it is closed on
 * exec. Others are told of that in /proc only, by a file for each descriptor, which the kernel makes
 * to be read once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/inject/inject.h"
#include "parts.h"

long fds_look(struct task *t)
{
	_cleanup_free_ int *numbers = NULL;
	int r;

	if (t->shares_files)
		return 0;
	r = proc_fds(t->proc, &numbers, &t->n_fds);
	if (r < 0)
		return log_err(r, "task %d: list of descriptors", t->pid);
	t->fd = calloc(t->n_fds + 1, sizeof(*t->fd));
	if (!t->fd)
		return -ENOMEM;
	for (unsigned int i = 0; i < t->n_fds; i++)
		t->fd[i].number = numbers[i];
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
	for (unsigned int i = 0; i < t->n_fds; i++) {
		int64_t flags = batch_ret(b, first + i);

		if (flags < 0)
			return log_err(flags, "task %d: descriptor %d", t->pid, t->fd[i].number);
		t->fd[i].cloexec = flags & FD_CLOEXEC;
	}
	return 0;
}
