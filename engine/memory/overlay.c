// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/kernel/vm.h"
#include "overlay.h"

#define STEP (256UL << 10)

static int64_t seconds(clockid_t clock)
{
	struct timespec t = {};

	clock_gettime(clock, &t);
	return t.tv_sec;
}

/* A copy is newer than the original; before the task began it cannot have had that mapped. */
static bool may_be_copied_up(const struct task *t, const struct stat *st)
{
	int64_t booted = seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME);
	int64_t began = booted + t->stat.start_time / sysconf(_SC_CLK_TCK);

	return st->st_ctim.tv_sec >= began - 1;
}

static int compare(const struct task *t, const struct vm_area *a, int fd, uint64_t size)
{
	_cleanup_free_ char *file = malloc(STEP), *mapped = malloc(STEP);
	uint64_t end = MIN(a->end - a->start, size > a->pgoff ? size - a->pgoff : 0);

	if (!file || !mapped)
		return -ENOMEM;
	for (uint64_t at = 0, n; at < end; at += n) {
		int r;

		n = MIN(end - at, STEP);
		r = pread_full(fd, file, n, a->pgoff + at);
		if (r == 0)
			r = vm_read(t->pid, mapped, a->start + at, n);
		if (r < 0)
			return r;
		if (memcmp(file, mapped, n) != 0)
			return -ESTALE;
	}
	return 0;
}

int overlay_check(const struct task *t, const struct vm_area *a, int fd)
{
	_cleanup_close_ int readable = -EBADF;
	char link[FD_LINK_SIZE];
	struct statfs fs;
	struct stat st;
	int r;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return log_err(-errno, "task %d: %s", t->pid, a->name);
	if (fs.f_type != OVERLAYFS_SUPER_MAGIC)
		return 0;
	/* What a private mapping shows may be the task's own. */
	if (!S_ISREG(st.st_mode) || !may_be_copied_up(t, &st) ||
	    (!a->shared && a->prot & PROT_WRITE))
		return 1;
	readable = open(fd_link(fd, link), O_RDONLY | O_CLOEXEC);
	r = readable < 0 ? -errno : compare(t, a, readable, st.st_size);
	if (r == -ESTALE)
		return log_refuse(
			"task %d: mapping %jx-%jx shows %s as it was before it was copied up on "
			"its overlay",
			t->pid, (uintmax_t)a->start, (uintmax_t)a->end, a->name);
	return r < 0 ? log_err(r, "task %d: compare %s with what is mapped", t->pid, a->name) : 1;
}
