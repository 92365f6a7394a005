// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "ghost.h"

/* What chattr(1) may change: FS_FL_USER_MODIFIABLE, which is not in every header. */
#define FLAGS 0x000380ffU

/* xattr(7) calls take no O_PATH descriptor, but the name it has in /proc. */
static ssize_t list(int fd, char *to, size_t size)
{
	char link[FD_LINK_SIZE];

	return listxattr(fd_link(fd, link), to, size);
}

static ssize_t get(int fd, const char *name, void *to, size_t size)
{
	char link[FD_LINK_SIZE];

	return getxattr(fd_link(fd, link), name, to, size);
}

static int add_xattr(int fd, const char *name, struct arena *a, GhostFileEntry *e)
{
	GhostXattr *x = arena_new(a, GhostXattr);
	ssize_t n = get(fd, name, NULL, 0);

	if (!x)
		return -ENOMEM;
	if (n < 0)
		return -errno;
	ghost_xattr__init(x);
	x->name = arena_strdup(a, name);
	x->has_value = true;
	x->value.data = arena_alloc(a, n + 1);
	if (!x->name || !x->value.data)
		return -ENOMEM;
	n = get(fd, name, x->value.data, n);
	if (n < 0)
		return -errno;
	x->value.len = n;
	e->xattrs[e->n_xattrs++] = x;
	return 0;
}

static int dump_xattrs(int fd, struct arena *a, GhostFileEntry *e)
{
	_cleanup_free_ char *names = NULL;
	ssize_t len = list(fd, NULL, 0);
	size_t n = 0;
	int r = 0;

	if (len < 0)
		return errno == ENOTSUP ? 0 : -errno;
	names = malloc(len + 1);
	if (!names)
		return -ENOMEM;
	len = list(fd, names, len);
	if (len < 0)
		return -errno;
	for (char *p = names; p < names + len; p += strlen(p) + 1)
		n++;
	e->xattrs = arena_array(a, GhostXattr *, n + 1);
	if (!e->xattrs)
		return -ENOMEM;
	for (char *p = names; r == 0 && p < names + len; p += strlen(p) + 1)
		r = add_xattr(fd, p, a, e);
	return r;
}

static Timeval *timeval(const struct timespec *t, struct arena *a, uint32_t *nsec)
{
	Timeval *to = arena_new(a, Timeval);

	if (!to)
		return NULL;
	timeval__init(to);
	to->tv_sec = t->tv_sec;
	to->tv_usec = t->tv_nsec / 1000;
	*nsec = t->tv_nsec % 1000;
	return to;
}

int ghost_inode_dump(int fd, const struct stat *st, struct arena *a, GhostFileEntry *e)
{
	uint64_t blocks = (uint64_t)st->st_blocks * 512, size = st->st_size;
	int r = dump_xattrs(fd, a, e), flags;

	if (r < 0)
		return r;
	e->atim = timeval(&st->st_atim, a, &e->atim_nsec);
	e->mtim = timeval(&st->st_mtim, a, &e->mtim_nsec);
	if (!e->atim || !e->mtim)
		return -ENOMEM;
	e->has_atim_nsec = e->has_mtim_nsec = true;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && flags & FLAGS) {
		e->has_inode_flags = true;
		e->inode_flags = flags & FLAGS;
	}
	/* Holes hide what is reserved; without any, more blocks than bytes are blocks beyond the end. */
	if (S_ISREG(st->st_mode) && !e->chunks &&
	    blocks > ALIGN_UP(size, (uint64_t)st->st_blksize)) {
		e->has_reserved = true;
		e->reserved = blocks;
	}
	return 0;
}

int ghost_inode_restore(int fd, const GhostFileEntry *e)
{
	char link[FD_LINK_SIZE];

	for (size_t i = 0; i < e->n_xattrs; i++) {
		const GhostXattr *x = e->xattrs[i];

		if (!x->name ||
		    setxattr(fd_link(fd, link), x->name, x->value.data, x->value.len, 0) < 0)
			return x->name ? -errno : -EBADMSG;
	}
	if (e->has_reserved && e->reserved > e->size &&
	    fallocate(fd, FALLOC_FL_KEEP_SIZE, e->size, e->reserved - e->size) < 0)
		return -errno;
	return 0;
}

static struct timespec stamp(const Timeval *t, uint32_t nsec)
{
	if (!t)
		return (struct timespec){ .tv_nsec = UTIME_OMIT };
	return (struct timespec){ t->tv_sec, t->tv_usec * 1000 + nsec % 1000 };
}

void ghost_inode_times(const GhostFileEntry *e, struct timespec times[2])
{
	times[0] = stamp(e->atim, e->atim_nsec);
	times[1] = stamp(e->mtim, e->mtim_nsec);
}

int ghost_inode_flags(int fd, const GhostFileEntry *e)
{
	int flags;

	if (!e->has_inode_flags)
		return 0;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return -errno;
	if ((flags & FLAGS) == e->inode_flags)
		return 0;
	flags = (flags & ~FLAGS) | (e->inode_flags & FLAGS);
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0 ? -errno : 0;
}
