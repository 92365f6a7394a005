// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <poll.h>
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
/* The list, of which poll(2) tells whether it is another by now; until the first question. */
static int ahead = -EBADF;

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

static int read_mounts_of(int fd)
{
	_cleanup_buf_ struct buf b = {};
	const char *at, *line;
	size_t len, cap = 0;
	int r;

	forget();
	r = fd < 0 ? fd : read_rest(fd, &b);
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

static int open_list(void)
{
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int read_mounts(void)
{
	_cleanup_close_ int fd = open_list();

	return read_mounts_of(fd);
}

void mounts_read_ahead(void)
{
	ahead = open_list();
	if (read_mounts_of(ahead) < 0)
		forget();
}

static void check_ahead(void)
{
	struct pollfd p = { .fd = ahead, .events = POLLPRI };

	if (ahead < 0)
		return;
	if (poll(&p, 1, 0) != 0)
		forget();
	close(ahead);
	ahead = -EBADF;
}

static const struct mount *find(uint64_t id)
{
	check_ahead();
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

/* The mount that our root is in. After chroot(2) the list may lack it. */
static uint64_t root_mount(void)
{
	static uint64_t id;
	_cleanup_close_ int fd = -EBADF;

	if (id)
		return id;
	fd = open("/", O_PATH | O_CLOEXEC);
	if (fd < 0 || mount_id(fd, &id) < 0)
		id = 0;
	return id;
}

int mounts_has(uint64_t id)
{
	int r;

	if (id == root_mount() || find(id))
		return 1;
	r = read_mounts();
	return r < 0 ? r : find(id) != NULL;
}

int mounts_has_file(int fd)
{
	uint64_t id;
	int r = mount_id(fd, &id);

	return r < 0 ? r : mounts_has(id);
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
