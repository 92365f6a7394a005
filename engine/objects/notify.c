// SPDX-License-Identifier: GPL-2.0-only
/*
 * A watch holds an inode; fdinfo tells of it by a file handle, which leads to the inode whatever
 * it is called by now, for as long as that lives and its file system is mounted. Images have the
 * path as well, for other machines. Nothing here opens a file in a way that a watch could see.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/mounts.h"
#include "notify.h"

/* ---- file handles ---- */

/* A place on the file system with this device number; kept, as watches come in crowds. */
static int place_on(uint32_t dev)
{
	static struct place {
		uint32_t dev;
		int fd;
	} * places;
	static size_t n;
	struct place *more;
	int fd;

	for (size_t i = 0; i < n; i++)
		if (places[i].dev == dev)
			return places[i].fd;
	fd = mounts_open_device(notify_major(dev), notify_minor(dev));
	if (fd < 0)
		return fd;
	more = realloc(places, (n + 1) * sizeof(*more));
	if (!more) {
		close(fd);
		return -ENOMEM;
	}
	places = more;
	places[n++] = (struct place){ dev, fd };
	return fd;
}

/*
 * The kernel wants a place on the mount: a descriptor that is open for reading, which a watch on
 * that place would tell of, or the working directory.
 */
static struct {
	int place; /* where we are */
	int home;  /* where we were */
} cwd = { -EBADF, -EBADF };

static int go_to(int place)
{
	if (cwd.home < 0)
		cwd.home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (cwd.home < 0 || (cwd.place != place && fchdir(place) < 0))
		return -errno;
	cwd.place = place;
	return 0;
}

int notify_done(int r)
{
	if (cwd.home >= 0 && fchdir(cwd.home) < 0 && r == 0)
		r = log_err(-errno, "working directory");
	cleanup_close(&cwd.home);
	cwd.home = cwd.place = -EBADF;
	return r;
}

int notify_go_to(uint32_t dev)
{
	int place = place_on(dev);

	return place < 0 ? place : go_to(place);
}

int notify_open_handle(const FhEntry *fh)
{
	union {
		struct file_handle head;
		char room[sizeof(struct file_handle) + NOTIFY_HANDLE_MAX];
	} handle = { .head = { .handle_bytes = fh->bytes, .handle_type = (int)fh->type } };
	int fd;

	memcpy(handle.head.f_handle, fh->handle, fh->bytes);
	fd = open_by_handle_at(AT_FDCWD, &handle.head, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* ---- restore ---- */

int notify_check_file(const struct restore *r, const FhEntry *fh, uint32_t file_id,
		      const char *what)
{
	if (!fh || fh->bytes > NOTIFY_HANDLE_MAX || fh->bytes > 8 * fh->n_handle)
		return log_bad_image("files.img: %s: its file handle", what);
	if (fh->path && fh->path[0] != '/')
		return log_bad_image("files.img: %s: \"%s\" is no path", what, fh->path);
	if (file_id && !file_exists(r, file_id))
		return log_bad_image("files.img: %s: there is no file %u", what, file_id);
	return 0;
}

int notify_open_file(struct restore *r, const FhEntry *fh, uint32_t dev, uint32_t file_id,
		     const char *what)
{
	int fd, by_path;

	if (file_id)
		return file_open_extra(r, file_id, O_PATH, what);
	fd = notify_go_to(dev);
	if (fd == 0)
		fd = notify_open_handle(fh);
	if (fd >= 0)
		return fd;
	/* Elsewhere, or after another boot, the path has to do. */
	if (!fh->path)
		return log_err(fd, "%s: its file, by handle", what);
	by_path = open(fh->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return by_path < 0 ? log_err(-errno, "%s: %s", what, fh->path) : by_path;
}
