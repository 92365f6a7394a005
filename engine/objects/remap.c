// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "regfile.h"
#include "remap.h"

#define COPY_STEP (1UL << 20)

/* ---- dump ---- */

/* An inode that is remapped, whichever way; all entries that lead to it share what was made. */
struct remapped {
	struct {
		dev_t dev;
		ino_t ino;
	} key;
	uint32_t id; /* ghost number, or id of the link's entry */
	char *link;  /* path of the hard link; NULL for a ghost */
	UT_hash_handle hh;
};

static struct {
	struct remapped *inodes;
	RemapFilePathEntry *entry;
	unsigned int n, cap, ghosts;
} dumped;

static struct remapped *find_inode(const struct fd_view *v)
{
	struct remapped *i, key;

	memset(&key, 0, sizeof(key));
	key.key.dev = v->st.st_dev;
	key.key.ino = v->st.st_ino;
	HASH_FIND(hh, dumped.inodes, &key.key, sizeof(key.key), i);
	return i;
}

static struct remapped *add_inode(const struct fd_view *v, uint32_t id)
{
	struct remapped *i = calloc(1, sizeof(*i));

	if (!i)
		return NULL;
	i->key.dev = v->st.st_dev;
	i->key.ino = v->st.st_ino;
	i->id = id;
	HASH_ADD(hh, dumped.inodes, key, sizeof(i->key), i);
	return i;
}

static int note(uint32_t orig, uint32_t remap, RemapType type)
{
	RemapFilePathEntry *e;

	if (dumped.n == dumped.cap) {
		unsigned int cap = MAX(dumped.cap * 2, 16U);

		e = realloc(dumped.entry, cap * sizeof(*e));
		if (!e)
			return -ENOMEM;
		dumped.entry = e;
		dumped.cap = cap;
	}
	e = &dumped.entry[dumped.n++];
	remap_file_path_entry__init(e);
	e->orig_id = orig;
	e->remap_id = remap;
	e->has_remap_type = true;
	e->remap_type = type;
	return 0;
}

/* The data between holes, each run as a chunk of its own. */
static int put_chunks(struct image_out *img, int fd, off_t size)
{
	_cleanup_free_ char *buf = malloc(COPY_STEP);
	off_t data, hole;
	int r;

	if (!buf)
		return -ENOMEM;
	for (off_t at = 0; at < size; at = hole) {
		data = lseek(fd, at, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			return 0; /* only a hole is left */
		hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		hole = MIN(hole, size);
		for (off_t pos = data; pos < hole;) {
			GhostChunkEntry e = GHOST_CHUNK_ENTRY__INIT;
			size_t n = MIN((size_t)(hole - pos), COPY_STEP);

			e.off = pos;
			e.len = n;
			r = pread_full(fd, buf, n, pos);
			if (r == 0)
				r = image_put(img, &e.base);
			if (r == 0)
				r = image_put_raw(img, buf, n);
			if (r < 0)
				return r;
			pos += n;
		}
	}
	return 0;
}

static int put_whole(struct image_out *img, int fd, off_t size)
{
	_cleanup_free_ char *buf = malloc(COPY_STEP);
	int r = buf ? 0 : -ENOMEM;

	for (off_t pos = 0; r == 0 && pos < size;) {
		size_t n = MIN((size_t)(size - pos), COPY_STEP);

		r = pread_full(fd, buf, n, pos);
		if (r == 0)
			r = image_put_raw(img, buf, n);
		pos += n;
	}
	return r;
}

static int put_content(struct image_out *img, const struct fd_view *v, bool chunks)
{
	_cleanup_close_ int fd = -EBADF;
	char link[FD_LINK_SIZE];

	if (!S_ISREG(v->st.st_mode))
		return 0;
	/* Its own descriptor: the task's may be write-only, and has a position. */
	fd = open(fd_link(v->copy, link), O_RDONLY | O_NOATIME | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return chunks ? put_chunks(img, fd, v->st.st_size) : put_whole(img, fd, v->st.st_size);
}

/* "#123" is what the kernel calls inode 123 of O_TMPFILE; d_tmpfile() of fs/dcache.c. */
static bool never_linked(const struct fd_view *v, const char *path)
{
	const char *name = strrchr(path, '/');
	uint64_t ino;

	return name && name[1] == '#' && parse_u64(name + 2, 10, &ino) && ino == v->st.st_ino;
}

static int put_ghost(const struct fd_view *v, const char *path, uint32_t id)
{
	const struct stat *st = &v->st;
	GhostFileEntry e = GHOST_FILE_ENTRY__INIT;
	Timeval atim = TIMEVAL__INIT, mtim = TIMEVAL__INIT;
	_cleanup_image_ struct image_out img = {};
	char target[PATH_MAX];
	int r;

	e.uid = st->st_uid;
	e.gid = st->st_gid;
	e.mode = st->st_mode;
	e.has_dev = e.has_ino = true;
	e.dev = st->st_dev;
	e.ino = st->st_ino;
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		e.has_rdev = true;
		e.rdev = st->st_rdev;
	}
	atim.tv_sec = st->st_atim.tv_sec;
	atim.tv_usec = st->st_atim.tv_nsec / 1000;
	mtim.tv_sec = st->st_mtim.tv_sec;
	mtim.tv_usec = st->st_mtim.tv_nsec / 1000;
	e.atim = &atim;
	e.mtim = &mtim;
	e.has_atim_nsec = e.has_mtim_nsec = true;
	e.atim_nsec = st->st_atim.tv_nsec % 1000;
	e.mtim_nsec = st->st_mtim.tv_nsec % 1000;
	if (S_ISREG(st->st_mode)) {
		e.has_size = true;
		e.size = st->st_size;
		/* Fewer blocks than bytes: there are holes to keep. */
		e.has_chunks = e.chunks = st->st_blocks * 512 < st->st_size;
		e.has_tmpfile = e.tmpfile = never_linked(v, path);
	}
	if (S_ISLNK(st->st_mode)) {
		r = read_link_at(v->copy, "", target, sizeof(target));
		if (r < 0)
			return log_err(r, "%s: target of %s", fd_view_name(v), path);
		e.symlnk_target = target;
	}
	r = image_create(&v->dump->images, IMAGE_GHOST_FILE, id, &img);
	if (r == 0)
		r = image_put(&img, &e.base);
	if (r == 0)
		r = put_content(&img, v, e.chunks);
	if (r < 0)
		return log_err(r, "%s: content of the unlinked file %s", fd_view_name(v), path);
	return image_close(&img);
}

int remap_dump_ghost(const struct fd_view *v, uint32_t id, const char *path)
{
	uint64_t bytes = (uint64_t)v->st.st_blocks * 512, limit = v->dump->opts->ghost_limit;
	struct remapped *i = find_inode(v);
	int r;

	if (!i) {
		if (S_ISSOCK(v->st.st_mode))
			return log_refuse("%s: the unlinked socket file %s: not supported yet",
					  fd_view_name(v), path);
		if (S_ISREG(v->st.st_mode) && bytes > limit)
			return log_refuse("%s: the unlinked file %s holds %ju bytes, more than "
					  "--ghost-limit (%ju)",
					  fd_view_name(v), path, (uintmax_t)bytes,
					  (uintmax_t)limit);
		i = add_inode(v, ++dumped.ghosts);
		if (!i)
			return -ENOMEM;
		r = put_ghost(v, path, i->id);
		if (r < 0)
			return r;
	}
	return note(id, i->id, REMAP_TYPE__GHOST);
}

/* The nearest directory above the path that still exists. */
static bool existing_dir(const char *path, char dir[PATH_MAX])
{
	char *slash;

	snprintf(dir, PATH_MAX, "%s", path);
	while ((slash = strrchr(dir, '/'))) {
		struct stat st;

		*slash = '\0';
		if (stat(slash == dir ? "/" : dir, &st) == 0 && S_ISDIR(st.st_mode))
			return true;
	}
	return false;
}

static int make_link(const struct fd_view *v, const char *path, char **ret)
{
	char dir[PATH_MAX], name[PATH_MAX + 32], link[FD_LINK_SIZE];

	if (!existing_dir(path, dir))
		return -ENOENT;
	for (unsigned int n = 1; n < 100000; n++) {
		snprintf(name, sizeof(name), "%s/link_remap.%u", dir, n);
		if (linkat(AT_FDCWD, fd_link(v->copy, link), AT_FDCWD, name, AT_SYMLINK_FOLLOW) ==
		    0) {
			*ret = strdup(name);
			return *ret ? 0 : -ENOMEM;
		}
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

/* The link as a file of its own, which nothing but the remap refers to. */
static int put_link_entry(const struct fd_view *v, const char *name, uint32_t *id)
{
	struct arena *a = &v->dump->arena;
	FileEntry *fe = files_new_entry(v->dump, FD_TYPES__REG);
	RegFileEntry *img = arena_new(a, RegFileEntry);
	FownEntry *fown = arena_new(a, FownEntry);

	if (!fe || !img || !fown)
		return -ENOMEM;
	reg_file_entry__init(img);
	fown_entry__init(fown);
	img->id = fe->id;
	img->fown = fown;
	img->name = arena_strdup(a, name);
	if (!img->name)
		return -ENOMEM;
	img->has_mode = true;
	img->mode = v->st.st_mode;
	if (S_ISREG(v->st.st_mode)) {
		img->has_size = true;
		img->size = v->st.st_size;
	}
	fe->reg = img;
	*id = fe->id;
	return 0;
}

int remap_dump_link(const struct fd_view *v, uint32_t id, const char *path)
{
	struct remapped *i = find_inode(v);
	int r;

	if (!v->dump->opts->link_remap)
		return log_refuse(
			"%s: %s no longer leads to its file, which has other names: needs "
			"--link-remap",
			fd_view_name(v), path);
	if (!i) {
		i = add_inode(v, 0);
		if (!i)
			return -ENOMEM;
		r = make_link(v, path, &i->link);
		if (r == 0)
			r = put_link_entry(v, i->link, &i->id);
		if (r < 0)
			return log_err(r, "%s: temporary link for %s", fd_view_name(v), path);
	}
	return note(id, i->id, REMAP_TYPE__LINKED);
}

static void forget(bool undo)
{
	struct remapped *i, *next;

	HASH_ITER(hh, dumped.inodes, i, next) {
		HASH_DEL(dumped.inodes, i);
		if (undo && i->link)
			unlink(i->link);
		free(i->link);
		free(i);
	}
	free(dumped.entry);
	memset(&dumped, 0, sizeof(dumped));
}

int remap_dump_end(struct dump *d)
{
	_cleanup_image_ struct image_out img = {};
	int r;

	if (!dumped.n)
		return 0;
	r = image_create(&d->images, IMAGE_REMAP_FPATH, 0, &img);
	for (unsigned int i = 0; r == 0 && i < dumped.n; i++)
		r = image_put(&img, &dumped.entry[i].base);
	return r < 0 ? r : image_close(&img);
}

void remap_dump_undo(void)
{
	forget(true);
}

/* ---- restore ---- */

/* The entries of one remap target. */
struct target {
	uint32_t id;
	RemapType type;
	struct restore_file **file;
	unsigned int n, cap;
	UT_hash_handle hh;
};

/* Hard links that are to go once the restore has worked. */
static struct {
	char **path;
	unsigned int n;
} links;

/* A name made for the moment of opening it, and the directories it needed. */
struct name {
	char path[PATH_MAX];
	unsigned int made_below; /* directories longer than this many bytes are ours; 0: none */
};

static int make_dirs(struct name *n)
{
	char *slash;

	for (slash = strchr(n->path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(n->path, 0700) == 0) {
			if (!n->made_below)
				n->made_below = slash - n->path;
		} else if (errno != EEXIST) {
			*slash = '/';
			return -errno;
		}
		*slash = '/';
	}
	return 0;
}

static void drop_name(struct name *n, bool dir)
{
	char *slash;

	unlinkat(AT_FDCWD, n->path, dir ? AT_REMOVEDIR : 0);
	while (n->made_below && (slash = strrchr(n->path, '/')) &&
	       slash - n->path >= (ptrdiff_t)n->made_below) {
		*slash = '\0';
		rmdir(n->path);
	}
}

/*
 * Calls make() with `path`, or with a name beside it when another file has taken that one, or after
 * making the directories that are missing. The name is left in *n.
 */
static int make_name(struct name *n, const char *path, int (*make)(const char *path, void *arg),
		     void *arg)
{
	int r, dir = strrchr(path, '/') - path;

	n->made_below = 0;
	for (unsigned int i = 0; i < 1000; i++) {
		if (i == 0)
			snprintf(n->path, sizeof(n->path), "%s", path);
		else /* a name is no longer than 255 bytes */
			snprintf(n->path, sizeof(n->path), "%.*s/%.240s.ghost-%u", dir, path,
				 path + dir + 1, i);
		r = make(n->path, arg);
		if (r == -ENOENT && i == 0) {
			r = make_dirs(n);
			if (r == 0)
				r = make(n->path, arg);
		}
		if (r != -EEXIST)
			break;
	}
	if (r < 0)
		n->path[0] = '\0';
	return r;
}

/* Entries of one path share the name made for the first of them. */
static unsigned int namesake(const struct target *t, unsigned int i)
{
	for (unsigned int j = 0; j < i; j++)
		if (streq(t->file[j]->fe->reg->name, t->file[i]->fe->reg->name))
			return j;
	return i;
}

/* The last one first: it may lie in a directory that was made for another. */
static void drop_names(struct name *names, unsigned int n, bool dir)
{
	while (n-- > 0)
		if (names[n].path[0])
			drop_name(&names[n], dir);
	free(names);
}

struct recipe {
	const GhostFileEntry *e;
	int fd; /* of a regular file, open for writing */
};

static int make_inode(const char *path, void *arg)
{
	struct recipe *c = arg;
	int r;

	switch (c->e->mode & S_IFMT) {
	case S_IFREG:
		r = c->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		break;
	case S_IFDIR:
		r = mkdir(path, 0700);
		break;
	case S_IFLNK:
		r = symlink(c->e->symlnk_target, path);
		break;
	default:
		r = mknod(path, (c->e->mode & S_IFMT) | 0600, c->e->rdev);
		break;
	}
	return r < 0 ? -errno : 0;
}

static int link_inode(const char *path, void *from)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, path, 0) < 0 ? -errno : 0;
}

static int ghost_content(struct image_in *in, const GhostFileEntry *e, int fd)
{
	const uint8_t *data;
	int r;

	if (!e->chunks) {
		size_t n = image_left(in);

		r = image_get_raw(in, n, &data);
		return r < 0 ? r : pwrite_full(fd, data, n, 0);
	}
	for (;;) {
		GhostChunkEntry *c;

		r = image_get(in, &ghost_chunk_entry__descriptor, &c);
		if (r == 0)
			return e->has_size && ftruncate(fd, e->size) < 0 ? -errno : 0;
		if (r > 0)
			r = image_get_raw(in, c->len, &data);
		if (r == 0)
			r = pwrite_full(fd, data, c->len, c->off);
		if (r < 0)
			return r;
	}
}

static struct timespec stamp(const Timeval *t, uint32_t nsec)
{
	if (!t)
		return (struct timespec){ .tv_nsec = UTIME_OMIT };
	return (struct timespec){ t->tv_sec, t->tv_usec * 1000 + nsec % 1000 };
}

static int ghost_attributes(const GhostFileEntry *e, const char *path)
{
	struct timespec times[2] = { stamp(e->atim, e->atim_nsec), stamp(e->mtim, e->mtim_nsec) };

	if (lchown(path, e->uid, e->gid) < 0)
		return -errno;
	if (!S_ISLNK(e->mode) && chmod(path, e->mode & 07777) < 0)
		return -errno;
	return utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* Opens one entry's file by a path that leads to it at this moment. */
static int open_entry(struct restore_file *f, const char *path)
{
	const RegFileEntry *img = f->fe->reg;
	_cleanup_close_ int hold = -EBADF;
	int flags = regfile_open_flags(img->flags);

	/* Opening one end of a fifo alone would wait for the other. */
	if (S_ISFIFO(img->mode) && !(flags & O_PATH))
		hold = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	f->main_fd = open(path, flags);
	if (f->main_fd < 0)
		return log_err(-errno, "%s: open %s", img->name, path);
	return regfile_settle(img, f->main_fd);
}

/* A name for every different path the entries have, all of one inode; opened, and gone again. */
static int open_named_ghost(struct target *t, struct image_in *in, const GhostFileEntry *e)
{
	struct name *names = calloc(t->n, sizeof(*names));
	struct recipe recipe = { .e = e, .fd = -EBADF };
	const char *path = t->file[0]->fe->reg->name;
	bool dir = S_ISDIR(e->mode);
	int r;

	if (!names)
		return -ENOMEM;
	r = make_name(&names[0], path, make_inode, &recipe);
	if (r < 0)
		log_err(r, "%s: make it for a moment", path);
	/* A directory has one name only. */
	for (unsigned int i = 1; r == 0 && i < t->n && !dir; i++) {
		if (namesake(t, i) != i)
			continue;
		path = t->file[i]->fe->reg->name;
		r = make_name(&names[i], path, link_inode, names[0].path);
		if (r < 0)
			log_err(r, "%s: link it for a moment", path);
	}
	if (r == 0) {
		r = recipe.fd >= 0 ? ghost_content(in, e, recipe.fd) : 0;
		/* Not open for writing any more than the tasks had it: it may be an executable. */
		cleanup_close(&recipe.fd);
		recipe.fd = -EBADF;
		if (r == 0)
			r = ghost_attributes(e, names[0].path);
		if (r < 0)
			log_err(r, "%s: content of the unlinked file", path);
	}
	for (unsigned int i = 0; r == 0 && i < t->n; i++)
		r = open_entry(t->file[i], names[dir ? 0 : namesake(t, i)].path);
	cleanup_close(&recipe.fd);
	drop_names(names, t->n, dir);
	return r;
}

/* The entry whose open() made the file: its flags say so for as long as it is open. */
static struct restore_file *maker(const struct target *t)
{
	for (unsigned int i = 0; i < t->n; i++)
		if ((t->file[i]->fe->reg->flags & O_TMPFILE) == O_TMPFILE)
			return t->file[i];
	return NULL;
}

static int fill_tmpfile(struct image_in *in, const GhostFileEntry *e, const char *link)
{
	struct timespec times[2] = { stamp(e->atim, e->atim_nsec), stamp(e->mtim, e->mtim_nsec) };
	/* A descriptor without O_APPEND, which would make every write go to the end. */
	_cleanup_close_ int fd = open(link, O_WRONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = ghost_content(in, e, fd);
	if (r < 0)
		return r;
	if (fchown(fd, e->uid, e->gid) < 0 || fchmod(fd, e->mode & 07777) < 0 ||
	    futimens(fd, times) < 0)
		return -errno;
	return 0;
}

/* A file that never had a name gets none now either, and may be given one later. */
static int open_tmpfile(struct target *t, struct image_in *in, const GhostFileEntry *e)
{
	const char *path = t->file[0]->fe->reg->name;
	struct restore_file *first = maker(t);
	_cleanup_close_ int fd = -EBADF;
	char dir[PATH_MAX], link[FD_LINK_SIZE];
	int r, flags = first ? (int)first->fe->reg->flags : O_RDWR;

	if (!existing_dir(path, dir))
		return log_err(-ENOENT, "%s", path);
	fd = open(dir[0] ? dir : "/", O_TMPFILE | (flags & ~O_ASYNC) | O_CLOEXEC, 0600);
	if (fd < 0)
		return log_err(-errno, "%s: unnamed file", dir);
	r = fill_tmpfile(in, e, fd_link(fd, link));
	if (r < 0)
		return log_err(r, "%s: content of the unlinked file", path);
	for (unsigned int i = 0; r == 0 && i < t->n; i++)
		if (t->file[i] != first)
			r = open_entry(t->file[i], link);
	if (r == 0 && first) {
		first->main_fd = TAKE_FD(fd);
		r = regfile_settle(first->fe->reg, first->main_fd);
	}
	return r;
}

static int open_ghost(struct restore *r, struct target *t)
{
	GhostFileEntry *e;
	struct image_in in;
	int ret;

	ret = image_open(&r->set, IMAGE_GHOST_FILE, t->id, &in);
	if (ret == -ENOENT)
		return log_bad_image("%s is missing", in.name);
	if (ret == 0)
		ret = image_get(&in, &ghost_file_entry__descriptor, &e);
	if (ret <= 0)
		return log_bad_image("%s: %s", in.name, ret == 0 ? "holds no record" : r->set.why);
	if (S_ISLNK(e->mode) && !e->symlnk_target)
		return log_bad_image("%s: a symbolic link without target", in.name);
	if (S_ISSOCK(e->mode))
		return log_refuse("%s: an unlinked socket file: not supported yet", in.name);
	for (unsigned int i = 0; i < t->n; i++)
		if (t->file[i]->fe->reg->has_mode && (t->file[i]->fe->reg->mode ^ e->mode) & S_IFMT)
			return log_bad_image("%s: another kind of file than its entry", in.name);
	return e->tmpfile && S_ISREG(e->mode) ? open_tmpfile(t, &in, e)
					      : open_named_ghost(t, &in, e);
}

static int open_link(struct restore *r, struct target *t)
{
	struct restore_file *link = restore_file_by_id(r, t->id);
	const char *from, *path;
	struct name *names;
	char **more;
	int ret = 0;

	if (!link || !link->fe->reg)
		return log_bad_image("remap-fpath.img: there is no file %u", t->id);
	from = link->fe->reg->name;
	names = calloc(t->n, sizeof(*names));
	more = realloc(links.path, (links.n + 1) * sizeof(*more));
	if (more)
		links.path = more;
	if (!names || !more) {
		free(names);
		return -ENOMEM;
	}
	/* By its old name if that is free, so that the kernel shows the path it showed before. */
	for (unsigned int i = 0; ret == 0 && i < t->n; i++) {
		unsigned int name = namesake(t, i);

		path = t->file[i]->fe->reg->name;
		if (name == i)
			ret = make_name(&names[i], path, link_inode, (void *)from);
		if (ret < 0)
			log_err(ret, "%s: link it to %s", from, path);
		else
			ret = open_entry(t->file[i], names[name].path);
	}
	drop_names(names, t->n, false);
	links.path[links.n++] = link->fe->reg->name;
	return ret;
}

static int add_target(struct restore *r, struct target **all, const RemapFilePathEntry *e)
{
	RemapType type = e->has_remap_type ? e->remap_type : REMAP_TYPE__LINKED;
	struct restore_file *f = restore_file_by_id(r, e->orig_id);
	struct target *t;

	if (!f || !f->fe->reg)
		return log_bad_image("remap-fpath.img: there is no file %u", e->orig_id);
	if (type != REMAP_TYPE__GHOST && type != REMAP_TYPE__LINKED)
		return log_refuse("remap-fpath.img: %s: remap type %d: not supported yet",
				  f->fe->reg->name, type);
	HASH_FIND(hh, *all, &e->remap_id, sizeof(e->remap_id), t);
	if (t && t->type != type)
		return log_bad_image("remap-fpath.img: target %u is of two types", e->remap_id);
	if (!t) {
		t = calloc(1, sizeof(*t));
		if (!t)
			return -ENOMEM;
		t->id = e->remap_id;
		t->type = type;
		HASH_ADD(hh, *all, id, sizeof(t->id), t);
	}
	if (t->n == t->cap) {
		unsigned int cap = MAX(t->cap * 2, 4U);
		struct restore_file **more = realloc(t->file, cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		t->file = more;
		t->cap = cap;
	}
	t->file[t->n++] = f;
	return 0;
}

int remap_prepare(struct restore *r)
{
	struct target *all = NULL, *t, *next;
	RemapFilePathEntry *e;
	struct image_in in;
	int ret;

	ret = image_open(&r->set, IMAGE_REMAP_FPATH, 0, &in);
	if (ret == -ENOENT)
		return 0;
	while (ret >= 0 && (ret = image_get(&in, &remap_file_path_entry__descriptor, &e)) > 0) {
		ret = add_target(r, &all, e);
		if (ret < 0)
			goto out;
	}
	if (ret < 0)
		log_bad_image("%s: %s", r->set.file, r->set.why);
	HASH_ITER(hh, all, t, next)
		if (ret == 0)
			ret = t->type == REMAP_TYPE__GHOST ? open_ghost(r, t) : open_link(r, t);
out:
	HASH_ITER(hh, all, t, next) {
		HASH_DEL(all, t);
		free(t->file);
		free(t);
	}
	return ret;
}

void remap_finish(struct restore *r, bool ok)
{
	for (unsigned int i = 0; ok && i < links.n; i++)
		if (unlink(links.path[i]) < 0)
			log_warn("%s: cannot remove the temporary link: %s", links.path[i],
				 strerror(errno));
	free(links.path);
	links.path = NULL;
	links.n = 0;
}
