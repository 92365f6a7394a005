// SPDX-License-Identifier: GPL-2.0-only
/* The end of a tree, most of which is that big memory is given back. */
#include <signal.h>
#include <unistd.h>

#include "dump.h"
#include "engine/base/cleanup.h"
#include "engine/base/parallel.h"
#include "engine/kernel/syscalls.h"

static const struct task *biggest(const struct dump_memory *m)
{
	const struct page_source *big = NULL;

	for (unsigned int i = 0; i < m->n; i++) {
		const struct page_source *s = m->source[i];

		if (s->task && s->runs.pages > (big ? big->runs.pages : BIG / PAGE))
			big = s;
	}
	return big ? big->task : NULL;
}

/*
 * process_mrelease(2) helps with the memory of a task for as long as that has not begun to give it back
 * itself: it must come right behind the signal. Others have CPUs of their own for that.
 */
static void kill_all(struct dump *d)
{
	const struct task *big = biggest(d->memory);
	_cleanup_close_ int pidfd = big ? sys_pidfd_open(big->pid, 0) : -EBADF;

	for_each_task(t, &d->tree)
		if (!t->zombie && t != big)
			(void)kill(t->pid, SIGKILL);
	if (big)
		(void)kill(big->pid, SIGKILL);
	/* On older kernels it takes longer. */
	if (pidfd >= 0)
		(void)sys_process_mrelease(pidfd);
}

/* Ours would take us as long when we end. */
static void unmap_all(struct dump_memory *m)
{
	for (unsigned int i = 0; i < m->n; i++)
		if (m->source[i]->out)
			room_done(&m->source[i]->out->room);
}

static int end_part(void *arg, size_t i)
{
	struct dump *d = arg;

	if (i == 0)
		kill_all(d);
	else
		unmap_all(d->memory);
	return 0;
}

void memory_end(struct dump *d)
{
	(void)parallel_for(2, end_part, d);
}
