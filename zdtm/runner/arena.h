// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where one run takes place: pid, mount, net, ipc and uts namespaces of its own, a /proc that shows
 * only them, a pty instance, /dev/shm and a work directory that nobody else has. Its init is this
 * program, forked: it reaps orphans, starts test and engine, and judges. When it exits everything
 * in the arena is gone; its pids are free at every restore, and no other run can take them.
 */
#ifndef ZDTM_ARENA_H
#define ZDTM_ARENA_H

#include <sys/types.h>

struct arena {
	/*
	 * Becomes a tmpfs of the arena's own, writable for everybody. An existing directory, but it
	 * stays empty: what is in the tmpfs can be seen only from inside. NULL: none is needed.
	 */
	const char *work;

	/*
	 * All of the file system that / is on can be read only, but for this directory. NULL: as it
	 * is outside.
	 */
	const char *walled;

	/*
	 * Runs as the arena's init, which ends with it. `trouble` is NULL, or says which step of
	 * making the arena failed and why: the caller's life is then about telling that.
	 */
	void (*init)(const char *trouble, void *arg);
	void *arg;
};

/*
 * Starts one. The init dies with the calling thread. Gives its pid, to be waited for, or -errno when
 * there could be no process. Call it from a process with one thread only: nothing is executed.
 */
pid_t arena_start(const struct arena *a);

#endif
