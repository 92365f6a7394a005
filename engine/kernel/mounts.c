// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/fd.h"
#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "mounts.h"

/* One question per run is the rule: the list is read once, and again when it lacks an id. */
static uint64_t *ids;
static size_t n_ids;

static int read_ids(void)
{
	_cleanup_buf_ struct buf b = {};
	const char *at, *line;
	size_t len, cap = 0;
	int r;

	r = read_file_at(AT_FDCWD, "/proc/self/mountinfo", &b);
	if (r < 0)
		return r;
	n_ids = 0;
	for (at = b.data; next_line(&at, &line, &len);) {
		uint64_t id;

		if (n_ids == cap) {
			uint64_t *more = realloc(ids, (cap += 64) * sizeof(*more));

			if (!more)
				return -ENOMEM;
			ids = more;
		}
		if (scan_u64(&line, 10, &id))
			ids[n_ids++] = id;
	}
	return 0;
}

static bool known(uint64_t id)
{
	for (size_t i = 0; i < n_ids; i++)
		if (ids[i] == id)
			return true;
	return false;
}

int mounts_has_file(int fd)
{
	struct statx st;
	int r;

	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0)
		return -errno;
	if (!(st.stx_mask & STATX_MNT_ID))
		return -ENOTSUP;
	if (known(st.stx_mnt_id))
		return 1;
	r = read_ids();
	return r < 0 ? r : known(st.stx_mnt_id);
}
