// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <uthash.h>

#include "engine/base/cleanup.h"
#include "engine/base/crc32c.h"
#include "engine/base/fd.h"
#include "engine/base/parallel.h"
#include "engine/base/sigbus.h"
#include "engine/base/str.h"
#include "format.h"

/* Files up to this size are kept in memory when they are checked; bigger ones are pages. */
#define SMALL         (8UL << 20)
#define CHECK_PART    (4UL << 20)
/* To map something takes some time, and other threads with it. */
#define WORTH_MAPPING (1UL << 20)

struct image_cached {
	const char *name;
	uint8_t *data; /* NULL: not kept */
	size_t size;
	UT_hash_handle hh;
};

static int bad(struct image_set *s, const char *file, const char *why)
{
	snprintf(s->file, sizeof(s->file), "%s", file);
	s->why = why;
	return -EBADMSG;
}

static void *arena_cb_alloc(void *arena, size_t n)
{
	return arena_alloc(arena, n);
}

/* What the arena gave out dies with it. */
static void arena_cb_free(void *arena, void *p)
{
}

/* A fifo in the place of an image must not make anybody wait for its other end. */
#define READ_FLAGS (O_RDONLY | O_NONBLOCK | O_CLOEXEC)

static int load(struct image_set *s, const char *name, const uint8_t **data, size_t *len)
{
	_cleanup_close_ int fd = openat(s->fd, name, READ_FLAGS);
	struct stat st;
	uint8_t *p;
	int r;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return bad(s, name, "not a regular file");
	p = arena_alloc(s->arena, st.st_size + 1);
	if (!p)
		return -ENOMEM;
	r = read_full(fd, p, st.st_size);
	if (r < 0)
		return r;
	*data = p;
	*len = st.st_size;
	return 0;
}

static int skip_magic(struct image_in *in, enum image_type type)
{
	uint32_t magic[2];
	unsigned int n = image_magics(type, magic);

	if (in->len < n * sizeof(magic[0]))
		return bad(in->set, in->name, "too short");
	if (memcmp(in->data, magic, n * sizeof(magic[0])) != 0)
		return bad(in->set, in->name, "wrong magic number");
	in->pos = n * sizeof(magic[0]);
	return 0;
}

/* ---- checking the list of the inventory ---- */

struct part {
	unsigned int file;
	uint64_t pos, len;
	uint32_t crc;
};

struct check {
	struct image_set *s;
	struct image_cached *cached;
	struct part *part;
	size_t n;
	bool in_memory;
};

struct mapped_part {
	struct part *part;
	const void *at;
	uint32_t crc;
};

static void count_mapped(void *arg)
{
	struct mapped_part *m = arg;

	m->crc = crc32c(0, m->at, m->part->len);
}

/* What is memory already (tmpfs) is looked at where it is: a copy would take half of the time. */
static bool check_mapped(int fd, struct part *p)
{
	struct mapped_part m = { .part = p };
	void *at = mmap(NULL, p->len, PROT_READ, MAP_SHARED, fd, p->pos);
	bool there;

	if (at == MAP_FAILED)
		return false;
	/* Pages that are looked at once need not be kept as if they were used. */
	(void)madvise(at, p->len, MADV_SEQUENTIAL);
	m.at = at;
	there = read_mapped(count_mapped, &m);
	if (there)
		p->crc = m.crc;
	munmap(at, p->len);
	return there;
}

static int check_part(void *arg, size_t i)
{
	struct check *c = arg;
	struct part *p = &c->part[i];
	struct image_cached *f = &c->cached[p->file];
	_cleanup_close_ int fd = openat(c->s->fd, f->name, READ_FLAGS);
	_cleanup_free_ uint8_t *own = NULL;
	uint8_t *buf = f->data;
	size_t step = 256 << 10;
	int r;

	if (fd < 0)
		return -errno;
	if (!buf) {
		if (c->in_memory && p->len >= WORTH_MAPPING && check_mapped(fd, p))
			return 0;
		buf = own = malloc(step);
		if (!own)
			return -ENOMEM;
	}
	for (uint64_t done = 0; done < p->len;) {
		size_t n = MIN(p->len - done, step);
		uint8_t *to = own ?: buf + p->pos + done;

		r = pread_full(fd, to, n, p->pos + done);
		if (r < 0)
			return r;
		p->crc = crc32c(p->crc, to, n);
		done += n;
	}
	return 0;
}

static int check_sizes(struct image_set *s, struct check *c)
{
	const InventoryEntry *inv = s->inventory;
	size_t cap = 0;

	for (size_t i = 0; i < inv->n_files; i++) {
		const ImageFile *f = inv->files[i];
		struct image_cached *known, *to = &c->cached[i];
		struct stat st;

		if (!f->name || !f->has_size || !f->has_crc32c || strchr(f->name, '/'))
			return bad(s, "inventory.img", "its list of files makes no sense");
		HASH_FIND_STR(s->cache, f->name, known);
		if (known)
			return bad(s, f->name, "listed twice by the inventory");
		if (fstatat(s->fd, f->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return errno == ENOENT ? bad(s, f->name, "missing") : -errno;
		if (!S_ISREG(st.st_mode))
			return bad(s, f->name, "not a regular file");
		if ((uint64_t)st.st_size < f->size)
			return bad(s, f->name, "truncated");
		if ((uint64_t)st.st_size > f->size)
			return bad(s, f->name, "longer than when it was written");

		to->name = f->name;
		to->size = f->size;
		if (to->size <= SMALL && !str_after(f->name, "pages-")) {
			to->data = arena_alloc(s->arena, to->size + 1);
			if (!to->data)
				return -ENOMEM;
		}
		HASH_ADD_KEYPTR(hh, s->cache, to->name, strlen(to->name), to);
		cap += to->size / CHECK_PART + 1;
	}
	c->part = calloc(cap, sizeof(*c->part));
	if (!c->part)
		return -ENOMEM;
	for (size_t i = 0; i < inv->n_files; i++)
		for (uint64_t pos = 0; pos < c->cached[i].size || pos == 0; pos += CHECK_PART)
			c->part[c->n++] = (struct part){
				.file = i,
				.pos = pos,
				.len = MIN(CHECK_PART, c->cached[i].size - pos),
			};
	return 0;
}

static int check_files(struct image_set *s)
{
	const InventoryEntry *inv = s->inventory;
	_cleanup_free_ struct part *parts = NULL;
	struct check c = { .s = s };
	struct sigaction before;
	struct statfs fs;
	int r;

	c.in_memory = fstatfs(s->fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC;
	c.cached = arena_array(s->arena, struct image_cached, inv->n_files + 1);
	if (!c.cached)
		return -ENOMEM;
	r = check_sizes(s, &c);
	parts = c.part;
	sigbus_expect(&before);
	if (r == 0)
		r = parallel_for(c.n, check_part, &c);
	sigbus_done(&before);
	if (r < 0)
		return r;
	for (size_t i = 0; i < c.n;) {
		unsigned int file = c.part[i].file;
		uint32_t crc = 0;

		for (; i < c.n && c.part[i].file == file; i++)
			crc = crc32c_combine(crc, c.part[i].crc, c.part[i].len);
		if (crc != inv->files[file]->crc32c)
			return bad(s, inv->files[file]->name, "damaged (checksum)");
	}
	s->sealed = true;
	return 0;
}

/* Any field of ours makes it an inventory of ours, which then must be whole. */
static bool ours(const InventoryEntry *inv)
{
	if (inv->n_files || inv->engine || inv->has_root_pid || inv->has_self_crc32c)
		return true;
	for (unsigned int i = 0; i < inv->base.n_unknown_fields; i++)
		if (inv->base.unknown_fields[i].tag >= 1000)
			return true;
	return false;
}

int image_set_open(int dirfd, struct arena *arena, bool accept_edited, struct image_set *ret)
{
	struct image_in in = { .set = ret };
	int r;

	*ret = (struct image_set){ .fd = dirfd, .arena = arena };
	image_name(IMAGE_INVENTORY, 0, in.name);
	r = load(ret, in.name, &in.data, &in.len);
	if (r == 0)
		r = skip_magic(&in, IMAGE_INVENTORY);
	if (r == 0)
		r = image_get(&in, &inventory_entry__descriptor, &ret->inventory);
	if (r < 0)
		return r;
	if (r == 0)
		return bad(ret, in.name, "holds no record");
	if (image_left(&in))
		return bad(ret, in.name, "holds more than one record");
	if (accept_edited || !ours(ret->inventory))
		return 0;

	if (!ret->inventory->has_self_crc32c || in.len < 8 + SELF_CRC_BYTES ||
	    crc32c(0, in.data + 8, in.len - 8 - SELF_CRC_BYTES) != ret->inventory->self_crc32c)
		return bad(ret, in.name, "damaged (checksum)");
	return check_files(ret);
}

void image_set_close(struct image_set *s)
{
	HASH_CLEAR(hh, s->cache);
}

/* ---- reading files ---- */

int image_open(struct image_set *s, enum image_type type, uint64_t id, struct image_in *ret)
{
	struct image_cached *c;
	int r;

	*ret = (struct image_in){ .set = s };
	image_name(type, id, ret->name);
	HASH_FIND_STR(s->cache, ret->name, c);
	if (c && c->data) {
		ret->data = c->data;
		ret->len = c->size;
	} else {
		/* A file the list does not know was not there when the dump ended. */
		if (s->sealed && !c)
			return -ENOENT;
		r = load(s, ret->name, &ret->data, &ret->len);
		if (r < 0)
			return r;
	}
	return skip_magic(ret, type);
}

int image_get(struct image_in *in, const ProtobufCMessageDescriptor *type, void *ret)
{
	ProtobufCAllocator allocator = { arena_cb_alloc, arena_cb_free, in->set->arena };
	ProtobufCMessage *msg;
	uint32_t len;

	if (image_left(in) == 0)
		return 0;
	if (image_left(in) < sizeof(len))
		return bad(in->set, in->name, "truncated");
	memcpy(&len, in->data + in->pos, sizeof(len));
	if (len > image_left(in) - sizeof(len))
		return bad(in->set, in->name, "truncated");
	in->pos += sizeof(len);
	msg = protobuf_c_message_unpack(type, &allocator, len, in->data + in->pos);
	if (!msg)
		return bad(in->set, in->name, "holds a record that cannot be decoded");
	in->pos += len;
	*(void **)ret = msg;
	return 1;
}

int image_get_raw(struct image_in *in, size_t n, const uint8_t **ret)
{
	if (n > image_left(in))
		return bad(in->set, in->name, "truncated");
	*ret = in->data + in->pos;
	in->pos += n;
	return 0;
}

int image_read_one(struct image_set *s, enum image_type type, uint64_t id,
		   const ProtobufCMessageDescriptor *d, void *ret)
{
	struct image_in in;
	int r;

	r = image_open(s, type, id, &in);
	if (r < 0)
		return r;
	r = image_get(&in, d, ret);
	if (r == 0)
		return bad(s, in.name, "holds no record");
	return r < 0 ? r : 0;
}

int image_open_raw(struct image_set *s, enum image_type type, uint64_t id, uint64_t *size)
{
	_cleanup_close_ int fd = -EBADF;
	char name[IMAGE_NAME_SIZE];
	struct stat st;

	fd = openat(s->fd, image_name(type, id, name), READ_FLAGS);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return bad(s, name, "not a regular file");
	*size = st.st_size;
	return TAKE_FD(fd);
}
