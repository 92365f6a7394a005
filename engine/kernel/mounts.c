// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/fd.h"
#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "mounts.h"

struct mount {
	uint64_t id, major, minor;
	bool whole;  /* the root of its file system, not of a part */
	char *place; /* where it is */
};

/* One question per run is the rule: the list is read once, and again when it lacks an id. */
static struct mount *mounts;
static size_t n_mounts;

static void forget(void)
{
	for (size_t i = 0; i < n_mounts; i++)
		free(mounts[i].place);
	n_mounts = 0;
}

/* What stands up to the next blank, with \040 and the like put right. */
static char *scan_path(const char **at)
{
	size_t len = strcspn(*at, " \n"), n = 0;
	char *path = malloc(len + 1);

	for (size_t i = 0; path && i < len; n++) {
		const char *p = *at + i;

		if (p[0] == '\\' && len - i >= 4) {
			path[n] = (p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0');
			i += 4;
		} else {
			path[n] = p[0];
			i++;
		}
	}
	if (path)
		path[n] = '\0';
	*at += len;
	return path;
}

static bool scan_after(const char **at, char before, uint64_t *ret)
{
	if (**at != before)
		return false;
	(*at)++;
	return scan_u64(at, 10, ret);
}

/* "36 35 98:0 /mnt1 /mnt2 rw ...": id, parent, device, root, place. */
static int scan_mount(const char *line, struct mount *m)
{
	uint64_t parent;

	if (!scan_u64(&line, 10, &m->id) || !scan_after(&line, ' ', &parent) ||
	    !scan_after(&line, ' ', &m->major) || !scan_after(&line, ':', &m->minor) ||
	    line[0] != ' ')
		return -EBADMSG;
	line++;
	m->whole = line[0] == '/' && line[1] == ' ';
	line += strcspn(line, " \n");
	if (line[0] != ' ')
		return -EBADMSG;
	line++;
	m->place = scan_path(&line);
	return m->place ? 0 : -ENOMEM;
}

static int read_mounts(void)
{
	_cleanup_buf_ struct buf b = {};
	const char *at, *line;
	size_t len, cap = 0;
	int r;

	forget();
	r = read_file_at(AT_FDCWD, "/proc/self/mountinfo", &b);
	for (at = b.data; r >= 0 && next_line(&at, &line, &len);) {
		if (n_mounts == cap) {
			struct mount *more = realloc(mounts, (cap += 64) * sizeof(*more));

			if (!more)
				return -ENOMEM;
			mounts = more;
		}
		r = scan_mount(line, &mounts[n_mounts]);
		if (r == 0)
			n_mounts++;
	}
	return r < 0 ? r : 0;
}

static const struct mount *find(uint64_t id)
{
	for (size_t i = 0; i < n_mounts; i++)
		if (mounts[i].id == id)
			return &mounts[i];
	return NULL;
}

static int mount_id(int fd, uint64_t *ret)
{
	struct statx st;

	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0)
		return -errno;
	*ret = st.stx_mnt_id;
	return st.stx_mask & STATX_MNT_ID ? 0 : -ENOTSUP;
}

int mounts_is_root(int fd)
{
	_cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t id, of_root;
	int r;

	if (root < 0)
		return -errno;
	r = mount_id(fd, &id);
	if (r == 0)
		r = mount_id(root, &of_root);
	return r < 0 ? r : id == of_root;
}

int mounts_has_file(int fd)
{
	uint64_t id;
	int r;

	r = mount_id(fd, &id);
	if (r < 0)
		return r;
	if (find(id))
		return 1;
	r = read_mounts();
	return r < 0 ? r : find(id) != NULL;
}

/* -ENOENT where something else is mounted over it. */
static int open_mount(const struct mount *m)
{
	_cleanup_close_ int fd = open(m->place, O_PATH | O_CLOEXEC);
	uint64_t id;
	int r;

	if (fd < 0)
		return -errno;
	r = mount_id(fd, &id);
	if (r < 0)
		return r;
	return id == m->id ? TAKE_FD(fd) : -ENOENT;
}

int mounts_open_device(unsigned int major, unsigned int minor)
{
	int fd, r = read_mounts();

	/* Paths of its files are right only below a mount of the whole. */
	for (int part = 0; r == 0 && part < 2; part++) {
		for (size_t i = 0; i < n_mounts; i++) {
			const struct mount *m = &mounts[i];

			if (m->major != major || m->minor != minor || m->whole == (bool)part)
				continue;
			fd = open_mount(m);
			if (fd >= 0)
				return fd;
		}
	}
	return r < 0 ? r : -ENOENT;
}

int mounts_find(uint64_t id, const char **place)
{
	const struct mount *m = find(id);
	int fd, r = 0;

	if (!m) {
		r = read_mounts();
		m = r == 0 ? find(id) : NULL;
	}
	if (!m)
		return r < 0 ? r : -ENOENT;
	fd = open_mount(m);
	if (fd < 0)
		return fd;
	close(fd);
	*place = m->place;
	return 0;
}
