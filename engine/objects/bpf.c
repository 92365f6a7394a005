// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf(2): maps, arrays and hashes. A map is told by its number (map_id), which it cannot have again; an
 * open file of it by what that may do with the map.
 *
 * A map that a program uses belongs to the program as much as to the task, and is refused. A pin in a
 * bpffs shows in nothing one can ask a map for: it keeps the old map, and the task gets a new one.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uthash.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/objects/files.h"

/* What of a map's flags cannot be made again, or keeps us from reading or filling it. */
#define FLAGS_KEPT   (BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)
#define PROGRAM_MAPS 512

extern const struct object bpf_object;

/* A map of the tree at dump, or one that main has made anew. */
struct map {
	uint32_t id;
	int fd;
	const BpfmapFileEntry *img;
	char who[64];
	UT_hash_handle hh;
};
static struct map *maps;

static long bpf(int command, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return r < 0 ? -errno : r;
}

static int open_by_id(uint32_t id, int access)
{
	union bpf_attr attr = {
		.map_id = id,
		.open_flags = access == O_RDONLY   ? BPF_F_RDONLY
			      : access == O_WRONLY ? BPF_F_WRONLY
						   : 0,
	};

	return bpf(BPF_MAP_GET_FD_BY_ID, &attr);
}

static int get_info(int fd, void *info, uint32_t size)
{
	union bpf_attr attr = {
		.info = { .bpf_fd = fd, .info_len = size, .info = (uintptr_t)info },
	};

	memset(info, 0, size);
	return bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

static struct map *find(uint32_t id)
{
	struct map *m;

	HASH_FIND(hh, maps, &id, sizeof(id), m);
	return m;
}

static struct map *add(uint32_t id, const BpfmapFileEntry *img)
{
	struct map *m = calloc(1, sizeof(*m));

	if (m) {
		m->id = id;
		m->fd = -EBADF;
		m->img = img;
		HASH_ADD(hh, maps, id, sizeof(m->id), m);
	}
	return m;
}

static void forget(void)
{
	struct map *m, *next;

	HASH_ITER(hh, maps, m, next) {
		HASH_DEL(maps, m);
		cleanup_close(&m->fd);
		free(m);
	}
}

/* ---- dump ---- */

static bool claims(const struct fd_view *v)
{
	return streq(v->link, "anon_inode:bpf-map");
}

/* What bpf_map_info tells of and no member of the image has room for. */
static int refuse(const char *who, const struct bpf_map_info *info)
{
	if (info->type != BPF_MAP_TYPE_ARRAY && info->type != BPF_MAP_TYPE_HASH)
		return log_refuse("%s: a BPF map of type %u: not supported yet", who, info->type);
	if (info->map_flags & ~FLAGS_KEPT)
		return log_refuse("%s: a BPF map with flags %#x: not supported yet", who,
				  info->map_flags & ~FLAGS_KEPT);
	if (info->btf_id || info->btf_value_type_id || info->ifindex)
		return log_refuse("%s: a BPF map with types or a device: not supported yet", who);
	if ((info->map_flags & BPF_F_NUMA_NODE) &&
	    access("/sys/devices/system/node/node1", F_OK) == 0)
		return log_refuse("%s: the kernel does not tell which node this BPF map is on",
				  who);
	return 0;
}

static int dump(const struct fd_view *v, FileEntry *fe)
{
	BpfmapFileEntry *img = arena_new(&v->dump->arena, BpfmapFileEntry);
	const char *who = fd_view_name(v);
	struct bpf_map_info info;
	uint64_t frozen;
	struct map *m;
	int r;

	if (!img)
		return -ENOMEM;
	r = get_info(v->copy, &info, sizeof(info));
	if (r < 0)
		return log_err(r, "%s: BPF_OBJ_GET_INFO_BY_FD", who);
	r = refuse(who, &info);
	if (r < 0)
		return r;
	bpfmap_file_entry__init(img);
	fe->bpf = img;
	img->id = fe->id;
	img->flags = v->flags;
	img->map_type = info.type;
	img->key_size = info.key_size;
	img->value_size = info.value_size;
	img->map_id = info.id;
	img->max_entries = info.max_entries;
	img->map_flags = info.map_flags;
	img->map_name = arena_strdup(&v->dump->arena, info.name);
	if (!img->map_name)
		return -ENOMEM;
	img->has_map_extra = info.map_extra != 0;
	img->map_extra = info.map_extra;
	r = kv_u64(v->fdinfo, "memlock", 10, &img->memlock);
	if (r == 0)
		r = kv_u64(v->fdinfo, "frozen", 10, &frozen);
	if (r < 0)
		return log_err(r, "%s: memlock or frozen is missing in fdinfo", who);
	img->frozen = frozen;
	if (!find(info.id)) {
		m = add(info.id, img);
		if (!m)
			return -ENOMEM;
		snprintf(m->who, sizeof(m->who), "%s", who);
		/* Its own descriptor may be one that cannot read. */
		m->fd = open_by_id(info.id, O_RDONLY);
		if (m->fd < 0)
			return log_err(m->fd, "%s: BPF_MAP_GET_FD_BY_ID", who);
	}
	return fown_dump(v, &img->fown);
}

static int refuse_used_by(uint32_t program, int fd)
{
	uint32_t ids[PROGRAM_MAPS];
	struct bpf_prog_info info = { .nr_map_ids = PROGRAM_MAPS, .map_ids = (uintptr_t)ids };
	union bpf_attr attr = {
		.info = { .bpf_fd = fd, .info_len = sizeof(info), .info = (uintptr_t)&info },
	};
	int r = bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);

	if (r < 0)
		return log_err(r, "BPF program %u", program);
	if (info.nr_map_ids > PROGRAM_MAPS)
		return log_refuse("BPF program %u uses more maps than can be looked through",
				  program);
	for (uint32_t i = 0; i < info.nr_map_ids; i++) {
		struct map *m = find(ids[i]);

		if (m)
			return log_refuse("%s: this map is used by BPF program %u", m->who,
					  program);
	}
	return 0;
}

static int refuse_used(void)
{
	union bpf_attr next = {};
	int r;

	while ((r = bpf(BPF_PROG_GET_NEXT_ID, &next)) == 0) {
		union bpf_attr attr = { .prog_id = next.next_id };
		_cleanup_close_ int fd = bpf(BPF_PROG_GET_FD_BY_ID, &attr);

		next.start_id = next.next_id;
		if (fd == -ENOENT) /* gone meanwhile */
			continue;
		r = fd < 0 ? log_err(fd, "BPF program %u", next.start_id)
			   : refuse_used_by(next.start_id, fd);
		if (r < 0)
			return r;
	}
	return r == -ENOENT ? 0 : log_err(r, "BPF_PROG_GET_NEXT_ID");
}

static int dump_content(struct image_out *img, const struct map *m)
{
	const BpfmapFileEntry *of = m->img;
	uint64_t keys_bytes = (uint64_t)of->max_entries * of->key_size;
	uint64_t values_bytes = (uint64_t)of->max_entries * of->value_size;
	_cleanup_free_ uint8_t *keys = NULL, *values = NULL, *cursor = NULL;
	BpfmapDataEntry e = BPFMAP_DATA_ENTRY__INIT;
	union bpf_attr attr = {};
	int r;

	if (keys_bytes > UINT32_MAX || values_bytes > UINT32_MAX)
		return log_refuse("%s: a BPF map this big does not fit into an image", m->who);
	keys = malloc(keys_bytes);
	values = malloc(values_bytes);
	cursor = malloc(of->key_size > sizeof(uint32_t) ? of->key_size : sizeof(uint32_t));
	if (!keys || !values || !cursor)
		return -ENOMEM;
	/* With room for all of it, one call reads all; ENOENT says that there is no more. */
	attr.batch.map_fd = m->fd;
	attr.batch.count = of->max_entries;
	attr.batch.keys = (uintptr_t)keys;
	attr.batch.values = (uintptr_t)values;
	attr.batch.out_batch = (uintptr_t)cursor;
	r = bpf(BPF_MAP_LOOKUP_BATCH, &attr);
	if (r < 0 && r != -ENOENT)
		return log_err(r, "%s: BPF_MAP_LOOKUP_BATCH", m->who);
	e.map_id = m->id;
	e.count = attr.batch.count;
	e.keys_bytes = e.count * of->key_size;
	e.values_bytes = e.count * of->value_size;
	r = image_put(img, &e.base);
	if (r == 0)
		r = image_put_raw(img, keys, e.keys_bytes);
	return r < 0 ? r : image_put_raw(img, values, e.values_bytes);
}

static int dump_end(struct dump *d)
{
	_cleanup_image_ struct image_out img = {};
	struct map *m, *next;
	int r;

	if (!maps)
		return 0;
	r = refuse_used();
	if (r == 0)
		r = image_create(&d->images, IMAGE_BPFMAP_DATA, 0, &img);
	HASH_ITER(hh, maps, m, next) {
		if (r == 0)
			r = dump_content(&img, m);
	}
	forget();
	return r < 0 ? r : image_close(&img);
}

/* ---- restore ---- */

static int check(struct restore *r, struct restore_file *f)
{
	const BpfmapFileEntry *img = f->fe->bpf;

	if (!img || !img->fown)
		return log_bad_image("files.img: BPF map %u has no content", f->id);
	if (img->map_type != BPF_MAP_TYPE_ARRAY && img->map_type != BPF_MAP_TYPE_HASH)
		return log_bad_image("files.img: BPF map %u is of type %u: not supported", f->id,
				     img->map_type);
	if (img->map_flags & ~FLAGS_KEPT || img->ifindex)
		return log_bad_image(
			"files.img: BPF map %u has flags %#x and device %u: not supported", f->id,
			img->map_flags, img->ifindex);
	if (strlen(img->map_name) >= BPF_OBJ_NAME_LEN)
		return log_bad_image("files.img: BPF map %u: its name is too long", f->id);
	f->fown = img->fown;
	f->flags = img->flags;
	return 0;
}

static bool alike(const BpfmapFileEntry *a, const BpfmapFileEntry *b)
{
	return a->map_type == b->map_type && a->key_size == b->key_size &&
	       a->value_size == b->value_size && a->max_entries == b->max_entries &&
	       a->map_flags == b->map_flags && a->map_extra == b->map_extra &&
	       a->frozen == b->frozen && streq(a->map_name, b->map_name);
}

static int make(struct map *m)
{
	const BpfmapFileEntry *img = m->img;
	union bpf_attr attr = {
		.map_type = img->map_type,
		.key_size = img->key_size,
		.value_size = img->value_size,
		.max_entries = img->max_entries,
		.map_flags = img->map_flags,
		.map_extra = img->map_extra,
	};

	strcpy(attr.map_name, img->map_name);
	m->fd = bpf(BPF_MAP_CREATE, &attr);
	return m->fd < 0 ? log_err(m->fd, "BPF map %u: BPF_MAP_CREATE", m->id) : 0;
}

static int fill(const BpfmapDataEntry *e, struct image_in *in)
{
	struct map *m = find(e->map_id);
	const uint8_t *keys, *values;
	union bpf_attr attr = {};
	int r = image_get_raw(in, e->keys_bytes, &keys);

	if (r == 0)
		r = image_get_raw(in, e->values_bytes, &values);
	if (r < 0)
		return log_bad_image("%s: the content of BPF map %u is cut off", in->name,
				     e->map_id);
	if (!m)
		return log_bad_image("%s: there is no BPF map %u", in->name, e->map_id);
	if (e->count > m->img->max_entries ||
	    e->keys_bytes != (uint64_t)e->count * m->img->key_size ||
	    e->values_bytes != (uint64_t)e->count * m->img->value_size)
		return log_bad_image("%s: BPF map %u: %u entries are not %u and %u bytes", in->name,
				     e->map_id, e->count, e->keys_bytes, e->values_bytes);
	if (e->count == 0)
		return 0;
	attr.batch.map_fd = m->fd;
	attr.batch.count = e->count;
	attr.batch.keys = (uintptr_t)keys;
	attr.batch.values = (uintptr_t)values;
	r = bpf(BPF_MAP_UPDATE_BATCH, &attr);
	return r < 0 ? log_err(r, "BPF map %u: BPF_MAP_UPDATE_BATCH", e->map_id) : 0;
}

static int fill_all(struct restore *r)
{
	struct image_in in;
	BpfmapDataEntry *e;
	int ret = image_open(&r->set, IMAGE_BPFMAP_DATA, 0, &in);

	if (ret == -ENOENT)
		return 0;
	while (ret >= 0 && (ret = image_get(&in, &bpfmap_data_entry__descriptor, &e)) > 0)
		ret = fill(e, &in);
	return ret;
}

static int freeze(const struct map *m)
{
	union bpf_attr attr = { .map_fd = m->fd };
	int r = m->img->frozen ? bpf(BPF_MAP_FREEZE, &attr) : 0;

	return r < 0 ? log_err(r, "BPF map %u: BPF_MAP_FREEZE", m->id) : 0;
}

/* A file of its own for each: BPF_MAP_CREATE's has no access mode to choose. */
static int open_file(struct restore_file *f)
{
	const BpfmapFileEntry *img = f->fe->bpf;
	struct bpf_map_info info;
	int r = get_info(find(img->map_id)->fd, &info, sizeof(info));

	if (r == 0)
		r = f->main_fd = open_by_id(info.id, img->flags & O_ACCMODE);
	return r < 0 ? log_err(r, "BPF map %u", img->map_id) : 0;
}

static int prepare(struct restore *r)
{
	struct restore_file *f, *next;
	struct map *m, *tmp;
	int ret = 0;

	HASH_ITER(hh, r->files, f, next) {
		if (f->ops != &bpf_object)
			continue;
		m = find(f->fe->bpf->map_id);
		if (m && !alike(m->img, f->fe->bpf))
			return log_bad_image("files.img: BPF map %u is described in two ways",
					     m->id);
		if (!m) {
			m = add(f->fe->bpf->map_id, f->fe->bpf);
			ret = m ? make(m) : -ENOMEM;
		}
		if (ret == 0)
			ret = open_file(f);
		if (ret < 0)
			return ret;
	}
	ret = maps ? fill_all(r) : 0;
	HASH_ITER(hh, maps, m, tmp) {
		if (ret == 0)
			ret = freeze(m);
	}
	return ret;
}

static void finish(struct restore *r, bool ok)
{
	forget();
}

const struct object bpf_object = {
	.name = "bpf",
	.type = FD_TYPES__BPFMAP,
	.claims = claims,
	.dump = dump,
	.dump_end = dump_end,
	.check = check,
	.prepare = prepare,
	.finish = finish,
};
