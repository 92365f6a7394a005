// SPDX-License-Identifier: GPL-2.0-only
/*
 * memfd_create(2), and the file of shared anonymous memory, which one gets by opening it through
 * /proc/PID/map_files: shared memory with a name, an owner and seals, of huge pages or not. Its pages
 * are saved as those of any shared memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mman.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <uthash.h>

#include "engine/arch/arch.h"
#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/kernel/syscalls.h"
#include "engine/memory/huge.h"
#include "engine/memory/memory.h"
#include "filelock.h"
#include "files.h"
#include "ghost.h"
#include "proto/memfd.pb-c.h"

static const char prefix[] = "/memfd:", deleted[] = " (deleted)",
		  anonymous[] = "/dev/zero (deleted)",
		  anonymous_huge[] = "/anon_hugepage (deleted)";

/* ---- dump ---- */

struct seen {
	struct {
		dev_t dev;
		ino_t ino;
	} key;
	MemfdInodeEntry img;
	UT_hash_handle hh;
};
static struct seen *seen;

static bool claims(const struct fd_view *v)
{
	return S_ISREG(v->st.st_mode) && !v->found &&
	       (str_after(v->link, prefix) || streq(v->link, anonymous) ||
		streq(v->link, anonymous_huge));
}

static char *name_of(struct arena *a, const char *link)
{
	const char *begin = str_after(link, prefix);
	char *name = arena_strdup(a, begin ?: link);

	if (name && str_ends_with(name, deleted))
		name[strlen(name) - strlen(deleted)] = '\0';
	return name;
}

/*
 * Has anybody opened it for writing? The descriptor that memfd_create(2) gave does not count: without
 * others it can be executed. Nobody can have a lease for reading on what is open for writing.
 */
static void note_writers(int fd, MemfdInodeEntry *img)
{
	/* Should the lease be broken meanwhile: SIGURG is ignored, SIGIO is not. */
	bool leased = fcntl(fd, F_SETSIG, SIGURG) == 0 && fcntl(fd, F_SETLEASE, F_RDLCK) == 0;

	img->written = !leased;
	img->has_written = leased || errno == EAGAIN;
	if (leased)
		fcntl(fd, F_SETLEASE, F_UNLCK);
}

static int save_attributes(const struct fd_view *v, int fd, bool huge, MemfdInodeEntry *img)
{
	GhostFileEntry *g = arena_new(&v->dump->arena, GhostFileEntry);
	int r;

	if (!g)
		return -ENOMEM;
	ghost_file_entry__init(g);
	g->uid = img->uid;
	g->gid = img->gid;
	g->mode = img->mode;
	g->has_size = true;
	g->size = img->size;
	/* Huge pages beyond the end cannot be had without the size that goes with them. */
	g->has_chunks = g->chunks = huge;
	r = ghost_inode_dump(fd, &v->st, &v->dump->arena, g);
	img->inode = g;
	return r < 0 ? log_err(r, "%s: attributes of %s", fd_view_name(v), v->link) : 0;
}

static int save_inode(const struct fd_view *v, MemfdInodeEntry *img)
{
	_cleanup_close_ int fd = -EBADF;
	char link[FD_LINK_SIZE];
	struct statfs fs;
	uint64_t shmid;
	int r, seals;
	bool huge;

	/* Shared anonymous memory is opened in /proc/PID/map_files alone: a lease there is run into. */
	r = streq(v->link, anonymous) ? 0 : filelock_leased(v);
	if (r < 0)
		return r;
	/* One that can be read, whatever the task's is open for. */
	fd = r > 0 ? -1 : open(fd_link(v->copy, link), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (r > 0 || (fd < 0 && errno == EWOULDBLOCK))
		return log_refuse("%s: %s has a lease for writing, or one that is being broken, "
				  "which looking into it would break: not supported yet",
				  fd_view_name(v), v->link);
	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return log_err(-errno, "%s: %s", fd_view_name(v), v->link);
	huge = fs.f_type == HUGETLBFS_MAGIC;
	/* fallocate(2) makes such files, and nothing else does. */
	if (huge && v->st.st_size % fs.f_bsize)
		return log_refuse("%s: %s ends within a huge page: not supported yet",
				  fd_view_name(v), v->link);
	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0)
		return log_err(-errno, "%s: seals of %s", fd_view_name(v), v->link);
	r = memory_dump_segment(v->dump, &v->st, fd, &shmid);
	if (r < 0)
		return log_err(r, "%s: pages of %s", fd_view_name(v), v->link);
	img->name = name_of(&v->dump->arena, v->link);
	if (!img->name)
		return -ENOMEM;
	img->uid = v->st.st_uid;
	img->gid = v->st.st_gid;
	img->size = v->st.st_size;
	img->shmid = shmid;
	img->seals = seals;
	if (huge) {
		img->has_hugetlb_flag = true;
		img->hugetlb_flag = MFD_HUGETLB | (uint32_t)__builtin_ctzl(fs.f_bsize)
							  << MAP_HUGE_SHIFT;
	}
	img->has_mode = true;
	img->mode = v->st.st_mode;
	img->has_created = true;
	img->created = !!str_after(v->link, prefix);
	note_writers(fd, img);
	return save_attributes(v, fd, huge, img);
}

static int inode_id(const struct fd_view *v, uint32_t *id)
{
	struct seen *s, key;
	int r;

	memset(&key, 0, sizeof(key));
	key.key.dev = v->st.st_dev;
	key.key.ino = v->st.st_ino;
	HASH_FIND(hh, seen, &key.key, sizeof(key.key), s);
	if (s) {
		*id = s->img.inode_id;
		return 0;
	}
	s = arena_new(&v->dump->arena, struct seen);
	if (!s)
		return -ENOMEM;
	s->key = key.key;
	memfd_inode_entry__init(&s->img);
	HASH_ADD(hh, seen, key, sizeof(s->key), s);
	*id = s->img.inode_id = HASH_COUNT(seen);
	r = save_inode(v, &s->img);
	return r;
}

static int dump_mapped(const struct fd_view *v, int open_flags, FileEntry *fe)
{
	MemfdFileEntry *img = arena_new(&v->dump->arena, MemfdFileEntry);
	int r;

	if (!img)
		return -ENOMEM;
	memfd_file_entry__init(img);
	fe->memfd = img;
	img->id = fe->id;
	img->flags = open_flags;
	r = inode_id(v, &img->inode_id);
	return r < 0 ? r : fown_dump(v, &img->fown);
}

static int dump(const struct fd_view *v, FileEntry *fe)
{
	int r = dump_mapped(v, v->flags, fe);

	if (r < 0 || v->flags & O_PATH)
		return r;
	r = kv_u64(v->fdinfo, "pos", 10, &fe->memfd->pos);
	return r < 0 ? log_err(r, "%s: position", fd_view_name(v)) : 0;
}

static int dump_end(struct dump *d)
{
	_cleanup_image_ struct image_out img = {};
	struct seen *s, *next;
	int r;

	if (!seen)
		return 0;
	r = image_create(&d->images, IMAGE_MEMFD_INODE, 0, &img);
	HASH_ITER(hh, seen, s, next) {
		if (r == 0)
			r = image_put(&img, &s->img.base);
		HASH_DEL(seen, s);
	}
	return r < 0 ? r : image_close(&img);
}

/* ---- restore ---- */

struct inode {
	uint32_t id;
	struct plan_segment *segment;
	const MemfdInodeEntry *img;
	unsigned int n_writing; /* descriptions that tasks have open for writing */
	bool given;             /* the one of memfd_create(2) */
	UT_hash_handle hh;
};
static struct inode *inodes;

static int check(struct restore *r, struct restore_file *f)
{
	const MemfdFileEntry *img = f->fe->memfd;

	if (!img || !img->fown)
		return log_bad_image("files.img: memfd %u has no content", f->id);
	f->fown = img->fown;
	f->flags = img->flags;
	return 0;
}

static bool is_huge_memfd(const MemfdInodeEntry *e)
{
	uint64_t size = huge_page_size(e->hugetlb_flag);

	return (e->hugetlb_flag & ~((uint32_t)MAP_HUGE_MASK << MAP_HUGE_SHIFT)) == MFD_HUGETLB &&
	       size && !(e->size & (size - 1));
}

static int add_inode(struct restore *r, const MemfdInodeEntry *e)
{
	struct inode *i = arena_new(&r->arena, struct inode), *other;
	uint32_t id = e->inode_id;

	if (!i)
		return -ENOMEM;
	HASH_FIND(hh, inodes, &id, sizeof(id), other);
	if (other)
		return log_bad_image("memfd.img: inode %u comes twice", id);
	if (e->hugetlb_flag && !is_huge_memfd(e))
		return log_bad_image("memfd.img: \"%s\": %ju bytes in huge pages (%#x)", e->name,
				     (uintmax_t)e->size, e->hugetlb_flag);
	i->id = id;
	i->img = e;
	HASH_ADD(hh, inodes, id, sizeof(i->id), i);
	return memory_segment(r, e->shmid, e->size, e, &i->segment);
}

static int read_inodes(struct restore *r)
{
	MemfdInodeEntry *e;
	struct image_in in;
	int ret = image_open(&r->set, IMAGE_MEMFD_INODE, 0, &in);

	if (ret == -ENOENT)
		return 0;
	while (ret >= 0 && (ret = image_get(&in, &memfd_inode_entry__descriptor, &e)) > 0) {
		ret = add_inode(r, e);
		if (ret < 0)
			return ret;
	}
	return ret < 0 ? log_bad_image("%s: %s", r->set.file, r->set.why) : 0;
}

static struct inode *inode_of(const struct restore_file *f)
{
	uint32_t id = f->fe->memfd->inode_id;
	struct inode *i;

	HASH_FIND(hh, inodes, &id, sizeof(id), i);
	return i;
}

extern const struct object memfd_object;

static int plan(struct restore *r)
{
	struct restore_file *f, *next;
	int ret = read_inodes(r);

	HASH_ITER(hh, r->files, f, next) {
		struct inode *i;

		if (ret < 0 || f->ops != &memfd_object)
			continue;
		i = inode_of(f);
		if (!i)
			ret = log_bad_image("memfd.img: there is no inode %u",
					    f->fe->memfd->inode_id);
		else if (f->owner && (f->flags & O_ACCMODE) != O_RDONLY)
			i->n_writing++;
	}
	return ret;
}

static int open_again(const struct inode *i, int flags)
{
	char link[FD_LINK_SIZE];

	return open(fd_link(memory_segment_fd(i->segment), link), flags | O_CLOEXEC);
}

/* Must somebody else than the descriptor of memfd_create(2) be writing? */
static bool lacks_writer(const struct inode *i, unsigned int others)
{
	return i->img->written && !others;
}

/*
 * Which description was memfd_create(2)'s is not to be seen, only whether all others can be without:
 * the first that can be it.
 */
static int open_one(struct inode *i, const struct restore_file *f)
{
	const int settable = O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME;
	int fd = memory_segment_fd(i->segment), flags = f->flags & ~O_ASYNC;

	if (i->given || (flags & ~(settable | ARCH_LARGEFILE)) != O_RDWR ||
	    lacks_writer(i, i->n_writing - 1))
		return open_again(i, flags);
	i->given = true;
	return fcntl(fd, F_SETFL, flags) < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static int prepare(struct restore *r)
{
	struct restore_file *f, *next;
	struct inode *i, *after;

	HASH_ITER(hh, inodes, i, after) {
		int ret = i->img->inode ? ghost_inode_restore(memory_segment_fd(i->segment),
							      i->img->inode)
					: 0;

		if (ret < 0)
			return log_err(ret, "memfd \"%s\": attributes", i->img->name);
	}
	HASH_ITER(hh, r->files, f, next) {
		uint64_t pos;

		if (f->ops != &memfd_object || !f->owner)
			continue;
		pos = f->fe->memfd->pos;
		f->main_fd = open_one(inode_of(f), f);
		if (f->main_fd < 0 || (pos && lseek(f->main_fd, pos, SEEK_SET) < 0))
			return log_err(-errno, "memfd %u", f->id);
	}
	return 0;
}

static int open_mapped(struct restore *r, struct restore_file *f, int open_flags, const char *what)
{
	const struct inode *i = inode_of(f);
	int original = memory_segment_fd(i->segment), fd;
	_cleanup_close_ int main = -EBADF;
	char path[64];

	if (open_flags == O_RDWR && !lacks_writer(i, i->n_writing)) {
		main = sys_pidfd_open(r->main_pid, 0);
		fd = main < 0 ? main : sys_pidfd_getfd(main, original);
	} else {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", r->main_pid, original);
		fd = open(path, open_flags | O_CLOEXEC);
		fd = fd < 0 ? -errno : fd;
	}
	return fd < 0 ? log_err(fd, "%s: memfd %u", what, f->id) : fd;
}

/* When all is mapped, which counts as access; some flags forbid to open it. */
static int arm(struct restore *r)
{
	struct inode *i, *next;

	HASH_ITER(hh, inodes, i, next) {
		const GhostFileEntry *e = i->img->inode;
		int fd = memory_segment_fd(i->segment), ret;
		struct timespec times[2];

		if (!e)
			continue;
		ghost_inode_times(e, times);
		ret = futimens(fd, times) < 0 ? -errno : ghost_inode_flags(fd, e);
		if (ret < 0)
			return log_err(ret, "memfd \"%s\": times and flags", i->img->name);
	}
	return 0;
}

const struct object memfd_object = {
	.name = "memfd",
	.type = FD_TYPES__MEMFD,
	.claims = claims,
	.dump = dump,
	.dump_mapped = dump_mapped,
	.dump_end = dump_end,
	.check = check,
	.plan = plan,
	.prepare = prepare,
	.open_mapped = open_mapped,
	.arm = arm,
};
