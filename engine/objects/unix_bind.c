// SPDX-License-Identifier: GPL-2.0-only
/*
 * bind(2) makes a file where the name leads at that moment, and keeps the name as it was said. To have
 * both as they were, with names that are relative or lead elsewhere by now, a socket is bound in a
 * process of its own with another working or root directory; its file is then moved to its place, or
 * has none.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/kernel/socket.h"
#include "unix.h"

#define STACK       (64 << 10)
#define PATIENCE_MS 1000

/* ---- elsewhere ---- */

struct job {
	int sk;
	struct un_addr addr;
	const char *dir; /* to work in; or */
	int root;        /* to have as root, and make what directories the name wants */
	int to;          /* directory to move the file to, */
	const char *name;
	int err;
};

static int bind_here(int sk, const struct un_addr *a)
{
	return bind(sk, (const struct sockaddr *)&a->un, a->len) < 0 ? -errno : 0;
}

/*
 * The sockets that were dumped may still have the name, if they lay in each other's queues: the kernel
 * collects them when it has the time, and is reminded by a socket that is closed.
 */
static int bind_abstract(int sk, const struct un_addr *a)
{
	int r = bind_here(sk, a);

	for (int i = 0; r == -EADDRINUSE && i < PATIENCE_MS; i++) {
		close(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
		usleep(1000);
		r = bind_here(sk, a);
	}
	return r;
}

/* The directories of a path, or away with them again. */
static void directories(const char *path, bool make)
{
	char text[sizeof(struct un_addr)];

	snprintf(text, sizeof(text), "%s", path);
	if (make) {
		for (char *at = text + 1; (at = strchr(at, '/')); at++) {
			*at = '\0';
			mkdir(text, 0700);
			*at = '/';
		}
		return;
	}
	for (char *at; (at = strrchr(text + 1, '/'));) {
		*at = '\0';
		rmdir(text);
	}
}

static int bind_in_root(struct job *j)
{
	const char *path = j->addr.un.sun_path;
	int r;

	if (fchdir(j->root) < 0 || chroot(".") < 0)
		return -errno;
	directories(path, true);
	r = bind_here(j->sk, &j->addr);
	if (r == 0 && j->to >= 0 && renameat(AT_FDCWD, path, j->to, j->name) < 0)
		r = -errno;
	/* One that leads nowhere, or could not be moved. */
	if (j->to < 0 || r < 0)
		unlink(path);
	directories(path, false);
	return r;
}

/* With our memory and descriptors, but directories of its own; and we wait. */
static int elsewhere(void *arg)
{
	struct job *j = arg;

	if (j->root >= 0)
		j->err = bind_in_root(j);
	else
		j->err = chdir(j->dir) < 0 ? -errno : bind_here(j->sk, &j->addr);
	return 0;
}

static int bind_elsewhere(struct job *j)
{
	_cleanup_free_ char *stack = malloc(STACK);
	pid_t pid;

	if (!stack)
		return -ENOMEM;
	j->err = -ECHILD;
	pid = clone(elsewhere, stack + STACK, CLONE_VM | CLONE_VFORK | CLONE_FILES, j);
	if (pid < 0 || waitpid(pid, NULL, __WALL) < 0)
		return -errno;
	return j->err;
}

/* ---- nowhere ---- */

/* A file system that is mounted nowhere: what is in it has no path for anybody else. */
static int nowhere = -EBADF;

bool unix_bind_leads_nowhere(const UnixSkEntry *img)
{
	return img->name.len && !unix_name_abstract(&img->name) && img->deleted;
}

int unix_bind_prepare(struct restore *r)
{
	_cleanup_close_ int fs = syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);

	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return log_err(-errno, "a file system for sockets whose path is gone");
	nowhere = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (nowhere < 0)
		return log_err(-errno, "a mount for sockets whose path is gone");
	return 0;
}

void unix_bind_finish(void)
{
	cleanup_close(&nowhere);
	nowhere = -EBADF;
}

static int bind_nowhere(struct restore *r, int sk, const UnixSkEntry *img)
{
	struct job j = { .sk = sk, .root = -EBADF, .to = -EBADF };
	_cleanup_close_ int all = -EBADF, root = -EBADF;
	char path[64];
	int ret;

	/* A task has closed its descriptor of it. */
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", r->main_pid, nowhere);
	all = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (all < 0)
		return -errno;
	snprintf(path, sizeof(path), "%d", getpid());
	if (mkdirat(all, path, 0700) < 0)
		return -errno;
	j.root = root = openat(all, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	unix_name_addr(img->name.data, img->name.len, &j.addr);
	ret = bind_elsewhere(&j);
	if (unlinkat(all, path, AT_REMOVEDIR) < 0 && ret == 0)
		ret = -errno;
	return ret;
}

/* ---- somewhere ---- */

static int path_of(const UnixSkEntry *img, char path[PATH_MAX])
{
	const char *name = (const char *)img->name.data;
	int n;

	if (img->has_path)
		n = snprintf(path, PATH_MAX, "%.*s", (int)img->path.len, img->path.data);
	else if (name[0] == '/')
		n = snprintf(path, PATH_MAX, "%s", name);
	else
		n = snprintf(path, PATH_MAX, "%s/%s", img->name_dir ?: "", name);
	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* Whoever is bound to this file answers, if only that he is of another kind. */
static int somebody_is_bound(int file)
{
	_cleanup_close_ int sk = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char link[FD_LINK_SIZE];
	struct un_addr addr;

	if (sk < 0)
		return -errno;
	fd_link(file, link);
	unix_name_addr(link, strlen(link) + 1, &addr);
	if (connect(sk, (struct sockaddr *)&addr.un, addr.len) < 0 && errno == ECONNREFUSED)
		return 0;
	return 1;
}

/* The socket left its file behind when it was dumped. */
int unix_look_at_place(const char *path, const char *who, bool *empty)
{
	_cleanup_close_ int file = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r;

	*empty = file < 0 && errno == ENOENT;
	if (*empty)
		return 0;
	if (file < 0 || fstat(file, &st) < 0)
		return log_err(-errno, "%s: %s", who, path);
	if (!S_ISSOCK(st.st_mode))
		return log_err(-EEXIST, "%s: there is something else at %s by now", who, path);
	r = somebody_is_bound(file);
	if (r < 0)
		return log_err(r, "%s: %s", who, path);
	return r ? log_err(-EADDRINUSE, "%s: another socket is bound to %s by now", who, path) : 0;
}

/* In a directory beside its place, which is its root meanwhile. */
static int bind_beside(struct job *j, const char *path)
{
	_cleanup_close_ int root = -EBADF, to = -EBADF;
	char dir[PATH_MAX], scratch[PATH_MAX + 32];
	int r;

	snprintf(dir, sizeof(dir), "%s", path);
	j->name = strrchr(path, '/') + 1;
	dir[MAX(j->name - path - 1, 1L)] = '\0';
	snprintf(scratch, sizeof(scratch), "%s/.refcr-XXXXXX", dir);
	to = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (to < 0 || !mkdtemp(scratch))
		return -errno;
	root = open(scratch, O_PATH | O_DIRECTORY | O_CLOEXEC);
	j->root = root;
	j->to = to;
	r = root < 0 ? -errno : bind_elsewhere(j);
	if (rmdir(scratch) < 0 && r == 0)
		r = -errno;
	return r;
}

static int bind_at(int sk, const UnixSkEntry *img, const char *who, uint32_t *made)
{
	struct job j = { .sk = sk, .root = -EBADF, .to = -EBADF, .dir = img->name_dir };
	char path[PATH_MAX];
	bool empty;
	int r;

	r = path_of(img, path);
	if (r < 0)
		return log_err(r, "%s: its path", who);
	r = unix_look_at_place(path, who, &empty);
	if (r < 0)
		return r;
	unix_name_addr(img->name.data, img->name.len, &j.addr);
	if (img->has_path)
		r = bind_beside(&j, path);
	else if (!empty && unlink(path) < 0)
		r = -errno;
	else
		r = img->name.data[0] == '/' ? bind_here(sk, &j.addr) : bind_elsewhere(&j);
	if (r < 0)
		return log_err(r, "%s: bind it to %s", who, path);
	*made = empty;
	return unix_other_make(img, path, who, made);
}

static int put_perms(int sk, const FilePermsEntry *e)
{
	_cleanup_close_ int file = ioctl(sk, SIOCUNIXFILE);
	char link[FD_LINK_SIZE];

	if (file < 0 || fchownat(file, "", e->uid, e->gid, AT_EMPTY_PATH) < 0 ||
	    chmod(fd_link(file, link), e->mode & 07777) < 0)
		return -errno;
	return 0;
}

int unix_bind(struct restore *r, int sk, const UnixSkEntry *img, const char *who, uint32_t *made)
{
	const char *text = unix_name_text(img->name.data, img->name.len);
	struct un_addr addr;
	int ret;

	if (unix_name_abstract(&img->name)) {
		unix_name_addr(img->name.data, img->name.len, &addr);
		ret = bind_abstract(sk, &addr);
		return ret < 0 ? log_err(ret, "%s: bind it to %s", who, text) : 0;
	}
	if (img->deleted) {
		ret = bind_nowhere(r, sk, img);
		if (ret < 0)
			return log_err(ret, "%s: bind it to %s, which is gone", who, text);
	} else {
		ret = bind_at(sk, img, who, made);
		if (ret < 0)
			return ret;
	}
	ret = img->file_perms ? put_perms(sk, img->file_perms) : 0;
	return ret < 0 ? log_err(ret, "%s: owner and mode of %s", who, text) : 0;
}

void unix_bind_undo(const UnixSkEntry *img, uint32_t made)
{
	char path[PATH_MAX];

	unix_other_undo(img, made);
	if (made & 1 && path_of(img, path) == 0)
		unlink(path);
}
