// SPDX-License-Identifier: GPL-2.0-only
#include "apart.h"

#include <string.h>

#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "proto/bpf.pb-c.h"
#include "proto/core.pb-c.h"
#include "proto/creds.pb-c.h"
#include "proto/filelock.pb-c.h"
#include "proto/files.pb-c.h"
#include "proto/fs.pb-c.h"
#include "proto/inventory.pb-c.h"
#include "proto/ipc.pb-c.h"
#include "proto/memfd.pb-c.h"
#include "proto/mm.pb-c.h"
#include "proto/pagemap.pb-c.h"
#include "proto/pstree.pb-c.h"
#include "proto/seccomp.pb-c.h"
#include "proto/sk-queue.pb-c.h"
#include "proto/tty.pb-c.h"

#define D(name) &name##__descriptor
static const struct kind {
	const char *prefix;
	const ProtobufCMessageDescriptor *first, *rest; /* NULL: there is only one */
} kinds[] = {
	{ "inventory", D(inventory_entry), NULL },
	{ "pstree", D(pstree_entry), D(pstree_entry) },
	{ "core-", D(core_entry), NULL },
	{ "ids-", D(task_kobj_ids_entry), NULL },
	{ "mm-", D(mm_entry), NULL },
	{ "fs-", D(fs_entry), NULL },
	{ "fdinfo-", D(fdinfo_entry), D(fdinfo_entry) },
	{ "filelocks", D(file_lock_entry), D(file_lock_entry) },
	{ "files", D(file_entry), D(file_entry) },
	{ "pagemap-", D(pagemap_head), D(pagemap_entry) },
	{ "remap-fpath", D(remap_file_path_entry), D(remap_file_path_entry) },
	{ "ghost-file-", D(ghost_file_entry), NULL },
	{ "pipes-data", D(pipe_data_entry), D(pipe_data_entry) },
	{ "fifo-data", D(pipe_data_entry), D(pipe_data_entry) },
	{ "memfd", D(memfd_inode_entry), D(memfd_inode_entry) },
	{ "creds-", D(creds_entry), NULL },
	{ "sk-queues", D(sk_packet_entry), D(sk_packet_entry) },
	{ "tty-info", D(tty_info_entry), D(tty_info_entry) },
	{ "tty-data", D(tty_data_entry), D(tty_data_entry) },
	{ "seccomp", D(seccomp_entry), NULL },
	{ "bpfmap-data", D(bpfmap_data_entry), D(bpfmap_data_entry) },
	{ "ipcns-shm-", D(ipc_shm_entry), D(ipc_shm_entry) },
};

static const struct kind *kind_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_after(name, kinds[i].prefix))
			return &kinds[i];
	return NULL;
}

static void *give(void *arena, size_t n)
{
	return arena_alloc(arena, n);
}

static void take_back(void *arena, void *p)
{
}

static size_t raw_behind(const struct record *r)
{
	if (r->type == D(pipe_data_entry))
		return ((PipeDataEntry *)r->msg)->bytes;
	if (r->type == D(sk_packet_entry))
		return ((SkPacketEntry *)r->msg)->length;
	if (r->type == D(bpfmap_data_entry))
		return (size_t)((BpfmapDataEntry *)r->msg)->keys_bytes +
		       ((BpfmapDataEntry *)r->msg)->values_bytes;
	return r->type == D(ghost_file_entry) ? SIZE_MAX : 0;
}

bool image_take_apart(const char *name, const uint8_t *data, size_t len, struct arena *a,
		      struct image *ret)
{
	const struct kind *k = kind_of(name);
	ProtobufCAllocator allocator = { give, take_back, a };
	size_t at = str_after(name, "inventory") ? 4 : 8;

	if (!k || len < at)
		return false;
	*ret = (struct image){ .magic = data, .magic_len = at, .list = k->rest };
	ret->record = arena_array(a, struct record, len / 4 + 1);
	while (at + 4 <= len) {
		struct record *r = &ret->record[ret->n];
		uint32_t n;

		memcpy(&n, data + at, 4);
		at += 4;
		r->type = ret->n ? k->rest : k->first;
		if (!r->type || n > len - at)
			return false;
		r->msg = protobuf_c_message_unpack(r->type, &allocator, n, data + at);
		if (!r->msg)
			return false;
		at += n;
		r->raw = data + at;
		r->raw_len = MIN(raw_behind(r), len - at);
		at += r->raw_len;
		ret->n++;
	}
	return ret->n > 0;
}

int image_put_together(const struct image *image, struct buf *ret)
{
	int r;

	ret->len = 0;
	r = buf_append(ret, image->magic, image->magic_len);
	for (unsigned int i = 0; r == 0 && i < image->n; i++) {
		const struct record *rec = &image->record[i];
		uint32_t n = protobuf_c_message_get_packed_size(rec->msg);

		r = buf_append(ret, &n, sizeof(n));
		if (r == 0)
			r = buf_reserve(ret, n);
		if (r < 0)
			break;
		ret->len += protobuf_c_message_pack(rec->msg, (uint8_t *)ret->data + ret->len);
		r = buf_append(ret, rec->raw, rec->raw_len);
	}
	return r;
}
