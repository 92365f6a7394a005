// SPDX-License-Identifier: GPL-2.0-only
/* eventfd(2): a counter, and whether reads take all of it or one. */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/objects/files.h"

static bool claims(const struct fd_view *v)
{
	return streq(v->link, "anon_inode:[eventfd]");
}

static int dump(const struct fd_view *v, FileEntry *fe)
{
	EventfdFileEntry *img = arena_new(&v->dump->arena, EventfdFileEntry);
	uint64_t semaphore;
	int r;

	if (!img)
		return -ENOMEM;
	eventfd_file_entry__init(img);
	fe->efd = img;
	img->id = fe->id;
	img->flags = v->flags;
	r = kv_u64(v->fdinfo, "eventfd-count", 16, &img->counter);
	if (r < 0)
		return log_err(r, "%s: no counter in fdinfo", fd_view_name(v));
	/* Since 6.5; before, nothing tells, and "probably not" is how state gets lost. */
	r = kv_u64(v->fdinfo, "eventfd-semaphore", 10, &semaphore);
	if (r == -ENODATA)
		return log_refuse("%s: this kernel cannot tell whether an eventfd is a semaphore",
				  fd_view_name(v));
	if (r < 0)
		return log_err(r, "%s: semaphore mode", fd_view_name(v));
	img->has_semaphore = true;
	img->semaphore = semaphore;
	return fown_dump(v, &img->fown);
}

static int check(struct restore *r, struct restore_file *f)
{
	const EventfdFileEntry *img = f->fe->efd;

	if (!img || !img->fown)
		return log_bad_image("files.img: eventfd %u has no content", f->id);
	if (img->counter == UINT64_MAX)
		return log_bad_image("files.img: eventfd %u: its counter cannot be that high",
				     f->id);
	f->fown = img->fown;
	f->flags = img->flags;
	return 0;
}

static int open_file(struct restore *r, struct restore_file *f)
{
	const EventfdFileEntry *img = f->fe->efd;
	_cleanup_close_ int fd = -EBADF;
	int ret;

	fd = eventfd(0, img->semaphore ? EFD_SEMAPHORE : 0);
	if (fd < 0)
		return log_err(-errno, "eventfd %u", f->id);
	/* The initial value is only 32 bits wide; write() takes all 64. */
	if (img->counter > 0) {
		ret = write_full(fd, &img->counter, sizeof(img->counter));
		if (ret < 0)
			return log_err(ret, "eventfd %u: counter %#jx", f->id,
				       (uintmax_t)img->counter);
	}
	return TAKE_FD(fd);
}

const struct object eventfd_object = {
	.name = "eventfd",
	.type = FD_TYPES__EVENTFD,
	.claims = claims,
	.dump = dump,
	.check = check,
	.open = open_file,
};
