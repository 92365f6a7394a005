// SPDX-License-Identifier: GPL-2.0-only
/* Files that are mapped, executed or stood in, without a descriptor: entries of their own. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "regfile.h"

int file_dump_extra(struct dump *d, pid_t pid, int copy, int open_flags, const char *what,
		    uint32_t *id)
{
	char link[PATH_MAX];
	struct fd_view v = {
		.dump = d,
		.pid = pid,
		.fd = -1,
		.copy = copy,
		.link = link,
		.flags = O_PATH,
	};
	FileEntry *fe;
	int r;

	if (fstat(copy, &v.st) < 0)
		return log_err(-errno, "task %d: %s", pid, what);
	r = fd_path(copy, link, sizeof(link));
	if (r < 0)
		return log_err(r, "task %d: path of %s", pid, what);
	v.found = path_leads_to(link, &v.st);
	for (unsigned int i = 0; objects[i]; i++) {
		if (!objects[i]->dump_mapped || !objects[i]->claims(&v))
			continue;
		fe = files_new_entry(d, objects[i]->type);
		if (!fe)
			return -ENOMEM;
		*id = fe->id;
		return objects[i]->dump_mapped(&v, open_flags, fe);
	}
	return log_refuse("task %d: %s, %s: not supported yet", pid, what, link);
}

bool file_exists(const struct restore *r, uint32_t id)
{
	const struct restore_file *f = restore_file_by_id(r, id);

	return f && f->ops && f->ops->dump_mapped;
}

int file_open_extra(struct restore *r, uint32_t id, int open_flags, const char *what)
{
	struct restore_file *f = restore_file_by_id(r, id);
	char path[64];
	int fd;

	if (!file_exists(r, id))
		return log_bad_image("%s: there is no file %u", what, id);
	if (f->main_fd < 0)
		return regfile_open_by_path(r, f, open_flags);
	/* Main has it open with the flags of the entry: these may be others. */
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", r->main_pid, f->main_fd);
	fd = open(path, open_flags | O_CLOEXEC);
	return fd < 0 ? log_err(-errno, "%s: file %u", what, id) : fd;
}
