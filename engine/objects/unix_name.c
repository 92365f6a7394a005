// SPDX-License-Identifier: GPL-2.0-only
/* What unix sockets are bound to: abstract names, and paths that may lead elsewhere by now. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/kernel/socket.h"
#include "regfile.h"
#include "unix.h"

const char *unix_name_text(const void *name, size_t len)
{
	static char text[4][128];
	static unsigned int n;
	char *to = text[n++ % 4];

	if (len == 0)
		return "no name";
	snprintf(to, sizeof(text[0]), "%.*s", (int)MIN(len, sizeof(text[0]) - 1),
		 (const char *)name);
	if (to[0] == '\0')
		snprintf(to, sizeof(text[0]), "@%.*s", (int)MIN(len - 1, sizeof(text[0]) - 2),
			 (const char *)name + 1);
	return to;
}

/* ---- dump ---- */

/* The directory a relative name starts from: what `path` has before it. */
static int find_dir(struct arena *a, const char *path, const char *name, UnixSkEntry *img)
{
	size_t len = strlen(path), tail;

	while (str_after(name, "./"))
		name += 2;
	tail = strlen(name);
	if (tail + 1 >= len || path[len - tail - 1] != '/' || !streq(path + len - tail, name))
		return 0;
	img->name_dir = arena_strdup(a, path);
	if (!img->name_dir)
		return -ENOMEM;
	img->name_dir[MAX(len - tail - 1, 1UL)] = '\0';
	return 1;
}

/* The working directory, where that is it. */
static int try_cwd(const struct fd_view *v, const struct stat *st, UnixSkEntry *img)
{
	char link[64], dir[PATH_MAX], path[PATH_MAX + 128];

	if (v->fd < 0)
		return 0;
	snprintf(link, sizeof(link), "/proc/%d/cwd", v->pid);
	if (read_link_at(AT_FDCWD, link, dir, sizeof(dir)) < 0)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", dir, (const char *)img->name.data);
	if (!path_leads_to(path, st))
		return 0;
	img->name_dir = arena_strdup(&v->dump->arena, dir);
	return img->name_dir ? 1 : -ENOMEM;
}

/* Where the file is, as far as the name does not say so. */
static int tell_path(const struct fd_view *v, const char *path, const struct stat *st,
		     UnixSkEntry *img)
{
	const char *name = (const char *)img->name.data;
	/* Of several names it has to be the one that is not made again. */
	bool any = img->n_other_path == 0;
	char full[PATH_MAX + 128];
	int r;

	if (name[0] == '/') {
		if (streq(path, name) || (any && path_leads_to(name, st)))
			return 0;
	} else {
		r = find_dir(&v->dump->arena, path, name, img);
		if (r == 0)
			r = try_cwd(v, st, img);
		if (r < 0)
			return r;
		snprintf(full, sizeof(full), "%s/%s", img->name_dir ?: "", name);
		if (img->name_dir && (streq(path, full) || (any && path_leads_to(full, st))))
			return 0;
	}
	img->has_path = true;
	img->path.len = strlen(path);
	img->path.data = (uint8_t *)arena_strdup(&v->dump->arena, path);
	return img->path.data ? 0 : -ENOMEM;
}

static int tell_file(const struct fd_view *v, char path[PATH_MAX], const struct stat *st,
		     UnixSkEntry *img)
{
	static const char deleted[] = " (deleted)";
	char *bare;
	int r;

	if (st->st_nlink == 0) {
		img->has_deleted = img->deleted = true;
		/* Not that it mattered where it was; others want to know. */
		bare = arena_strdup(&v->dump->arena, path);
		if (!bare)
			return -ENOMEM;
		if (str_ends_with(bare, deleted))
			bare[strlen(bare) - strlen(deleted)] = '\0';
		r = img->name.data[0] == '/'
			    ? 0
			    : find_dir(&v->dump->arena, bare, (char *)img->name.data, img);
		return r < 0 ? r : 0;
	}
	if (st->st_nlink > 1 || (!path_leads_to(path, st) && str_ends_with(path, deleted))) {
		r = unix_other_dump(v, st, path, img);
		if (r < 0)
			return r;
	}
	if (!path_leads_to(path, st))
		return log_refuse("%s: the file it is bound to, %s, cannot be reached from here",
				  fd_view_name(v), path);
	return tell_path(v, path, st, img);
}

static int dump_file(const struct fd_view *v, UnixSkEntry *img)
{
	FilePermsEntry *perms = arena_new(&v->dump->arena, FilePermsEntry);
	_cleanup_close_ int fd = -EBADF;
	char path[PATH_MAX];
	struct stat st;
	int r;

	if (!perms)
		return -ENOMEM;
	fd = ioctl(v->copy, SIOCUNIXFILE);
	if (fd < 0 || fstat(fd, &st) < 0)
		return log_err(-errno, "%s: the file it is bound to", fd_view_name(v));
	r = fd_path(fd, path, sizeof(path));
	if (r < 0)
		return log_err(r, "%s: path of the file it is bound to", fd_view_name(v));
	file_perms_entry__init(perms);
	perms->mode = st.st_mode;
	perms->uid = st.st_uid;
	perms->gid = st.st_gid;
	img->file_perms = perms;
	img->has_file_dev = img->has_file_ino = true;
	img->file_dev = st.st_dev;
	img->file_ino = st.st_ino;
	return tell_file(v, path, &st, img);
}

int unix_name_dump(const struct fd_view *v, const struct diag_unix *sk, UnixSkEntry *img)
{
	if (sk->name_len == 0)
		return 0;
	img->name.len = sk->name_len;
	/* One more: abstract names are not terminated. */
	img->name.data = arena_alloc(&v->dump->arena, sk->name_len + 1);
	if (!img->name.data)
		return -ENOMEM;
	memcpy(img->name.data, sk->name, sk->name_len);
	return sk->name[0] ? dump_file(v, img) : 0;
}

/* ---- restore ---- */

bool unix_name_valid(const ProtobufCBinaryData *name)
{
	size_t most = sizeof(((struct sockaddr_un *)0)->sun_path);

	if (name->len == 0)
		return false;
	if (unix_name_abstract(name))
		return name->len <= most;
	return name->len <= most + 1 &&
	       strnlen((const char *)name->data, name->len) == name->len - 1;
}

bool unix_name_abstract(const ProtobufCBinaryData *name)
{
	return name->len && name->data[0] == '\0';
}

bool unix_name_same(const ProtobufCBinaryData *a, const ProtobufCBinaryData *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

void unix_name_addr(const void *name, size_t len, struct un_addr *ret)
{
	*ret = (struct un_addr){ .un.sun_family = AF_UNIX };
	/* With the NUL behind a path, where there is room for it. */
	len = MIN(len, sizeof(ret->un.sun_path));
	memcpy(ret->un.sun_path, name, len);
	ret->len = offsetof(struct sockaddr_un, sun_path) + len;
}

int unix_way_to(int to, const ProtobufCBinaryData *name, struct unix_way *way)
{
	char link[FD_LINK_SIZE];

	way->file = -EBADF;
	if (unix_name_abstract(name)) {
		unix_name_addr(name->data, name->len, &way->addr);
		return 0;
	}
	way->file = ioctl(to, SIOCUNIXFILE);
	if (way->file < 0)
		return -errno;
	fd_link(way->file, link);
	unix_name_addr(link, strlen(link) + 1, &way->addr);
	return 0;
}

void unix_way_done(struct unix_way *way)
{
	cleanup_close(&way->file);
}
