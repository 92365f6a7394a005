// SPDX-License-Identifier: GPL-2.0-only
/*
 * signalfd(2): a set of signals. It gives the signals of whoever reads it, so that what is pending
 * comes and goes with the tasks.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/kernel/procfs.h"
#include "files.h"

static bool claims(const struct fd_view *v)
{
	return streq(v->link, "anon_inode:[signalfd]");
}

static int dump(const struct fd_view *v, FileEntry *fe)
{
	SignalfdEntry *img = arena_new(&v->dump->arena, SignalfdEntry);
	int r;

	if (!img)
		return -ENOMEM;
	signalfd_entry__init(img);
	fe->sgfd = img;
	img->id = fe->id;
	img->flags = v->flags;
	r = kv_u64(v->fdinfo, "sigmask", 16, &img->sigmask);
	if (r < 0)
		return log_err(r, "%s: no mask in fdinfo", fd_view_name(v));
	return fown_dump(v, &img->fown);
}

static int check(struct restore *r, struct restore_file *f)
{
	const SignalfdEntry *img = f->fe->sgfd;

	if (!img || !img->fown)
		return log_bad_image("files.img: signalfd %u has no content", f->id);
	f->fown = img->fown;
	f->flags = img->flags;
	return 0;
}

static int open_file(struct restore *r, struct restore_file *f)
{
	/* The kernel's sets have 64 bits, the C library's many more. */
	int fd = syscall(SYS_signalfd4, -1, &f->fe->sgfd->sigmask, sizeof(uint64_t), 0);

	return fd < 0 ? log_err(-errno, "signalfd %u", f->id) : fd;
}

const struct object signalfd_object = {
	.name = "signalfd",
	.type = FD_TYPES__SIGNALFD,
	.claims = claims,
	.dump = dump,
	.check = check,
	.open = open_file,
};
