// SPDX-License-Identifier: GPL-2.0-only
/*
 * pidfd_open(2): a process of the tree, or one that is gone. For one that is gone another is made
 * that ends in the same way: all descriptors of it are opened before it is reaped, so that they
 * still stand for one process.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <uthash.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/kernel/procfs.h"
#include "engine/kernel/syscalls.h"
#include "engine/restore/enter.h"
#include "files.h"

#define THREAD    O_EXCL /* PIDFD_THREAD of 6.9 */
#define DUMPED    0x80   /* a core, of a wait status */
#define MAX_DEPTH 32     /* of pid namespaces */

/* ---- dump ---- */

static bool claims(const struct fd_view *v)
{
	return streq(v->link, "anon_inode:[pidfd]");
}

/* How it ended; before 6.15 nobody can know. */
static int dump_dead(const struct fd_view *v, PidfdEntry *img)
{
	int status;

	img->nspid = -1;
	if (sys_pidfd_exit_status(v->copy, &status) < 0)
		return 0;
	if (status & DUMPED)
		return log_refuse("%s: a process that dumped core: not supported yet",
				  fd_view_name(v));
	img->has_exit_code = true;
	img->exit_code = status;
	return 0;
}

static int dump_alive(const struct fd_view *v, pid_t pid, PidfdEntry *img)
{
	uint64_t nspid[MAX_DEPTH];
	struct task *t;
	int n;

	HASH_FIND_INT(v->dump->tree.by_pid, &pid, t);
	if (!t && v->flags & THREAD)
		return log_refuse("%s: stands for thread %d, which is not the first one of a task "
				  "of the tree: not supported yet",
				  fd_view_name(v), pid);
	if (!t)
		return log_refuse("%s: stands for process %d, which is outside the tree",
				  fd_view_name(v), pid);
	n = kv_list(v->fdinfo, "NSpid", 10, nspid, MAX_DEPTH);
	if (n < 1 || n > MAX_DEPTH)
		return log_err(-EBADMSG, "%s: no pid in its own namespace in fdinfo",
			       fd_view_name(v));
	img->nspid = nspid[n - 1];
	return 0;
}

static int dump(const struct fd_view *v, FileEntry *fe)
{
	PidfdEntry *img = arena_new(&v->dump->arena, PidfdEntry);
	const char *pid = kv_find(v->fdinfo, "Pid");
	uint64_t number;
	int r;

	if (!img)
		return -ENOMEM;
	if (!pid)
		return log_err(-ENODATA, "%s: no Pid in fdinfo", fd_view_name(v));
	if (v->st.st_ino > UINT32_MAX)
		return log_refuse("%s: inode number %ju does not fit into an image",
				  fd_view_name(v), (uintmax_t)v->st.st_ino);
	/* Since 6.17 they can have some, of the kind "trusted.". */
	if (flistxattr(v->copy, NULL, 0) > 0)
		return log_refuse("%s: a pidfd with extended attributes: not supported yet",
				  fd_view_name(v));
	pidfd_entry__init(img);
	fe->pidfd = img;
	img->id = fe->id;
	img->ino = v->st.st_ino;
	img->flags = v->flags & ~O_ACCMODE;
	if (str_after(pid, "-1"))
		r = dump_dead(v, img);
	else if (!scan_u64(&pid, 10, &number) || number == 0)
		r = log_refuse("%s: stands for a process outside this pid namespace",
			       fd_view_name(v));
	else
		r = dump_alive(v, number, img);
	return r < 0 ? r : fown_dump(v, &img->fown);
}

/* ---- restore ---- */

extern const struct object pidfd_object;

static int check(struct restore *r, struct restore_file *f)
{
	const PidfdEntry *img = f->fe->pidfd;
	pid_t pid = img ? img->nspid : 0;
	struct restore_task *t;

	if (!img || !img->fown)
		return log_bad_image("files.img: pidfd %u has no content", f->id);
	HASH_FIND_INT(r->by_pid, &pid, t);
	if (pid != -1 && (!t || t->helper))
		return log_bad_image("files.img: pidfd %u: there is no task %d", f->id, pid);
	if (img->has_exit_code && (img->exit_code & ~0xffff || img->exit_code & DUMPED))
		return log_bad_image("files.img: pidfd %u: nothing ends with status %#x", f->id,
				     img->exit_code);
	f->fown = img->fown;
	f->flags = img->flags;
	return 0;
}

static int open_pid(const struct restore_file *f, pid_t pid)
{
	int fd = sys_pidfd_open(pid, f->fe->pidfd->flags & (O_NONBLOCK | THREAD));

	return fd < 0 ? log_err(fd, "pidfd %u of process %d", f->id, pid) : fd;
}

/* Processes that are gone, by the inode number all their descriptors had. */
struct gone {
	uint32_t ino;
	pid_t pid; /* of the one that stands in */
	UT_hash_handle hh;
};
static struct gone *gone;

static int stand_in(const PidfdEntry *img, struct gone **ret)
{
	struct gone *g;

	HASH_FIND(hh, gone, &img->ino, sizeof(img->ino), g);
	*ret = g;
	if (g)
		return 0;
	g = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	g->pid = fork();
	if (g->pid == 0)
		task_end_as(img->exit_code);
	if (g->pid < 0) {
		free(g);
		return -errno;
	}
	g->ino = img->ino;
	HASH_ADD(hh, gone, ino, sizeof(g->ino), g);
	*ret = g;
	return 0;
}

/* Before there are any tasks: the pids that stand in are free again by then. */
static int prepare(struct restore *r)
{
	struct restore_file *f, *next;
	struct gone *g, *other;
	int ret = 0;

	HASH_ITER(hh, r->files, f, next) {
		if (f->ops != &pidfd_object || f->fe->pidfd->nspid != -1)
			continue;
		ret = stand_in(f->fe->pidfd, &g);
		if (ret < 0) {
			log_err(ret, "pidfd %u: a process that ends", f->id);
			break;
		}
		ret = f->main_fd = open_pid(f, g->pid);
		if (ret < 0)
			break;
	}
	HASH_ITER(hh, gone, g, other) {
		if (waitpid(g->pid, NULL, 0) < 0 && ret >= 0)
			ret = log_err(-errno, "wait for process %d", g->pid);
		HASH_DEL(gone, g);
		free(g);
	}
	return ret < 0 ? ret : 0;
}

static int open_file(struct restore *r, struct restore_file *f)
{
	return open_pid(f, f->fe->pidfd->nspid);
}

const struct object pidfd_object = {
	.name = "pidfd",
	.type = FD_TYPES__PIDFD,
	.claims = claims,
	.dump = dump,
	.check = check,
	.prepare = prepare,
	.open = open_file,
};
