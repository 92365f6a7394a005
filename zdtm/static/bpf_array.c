// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps of BPF, an array and a hash, with what is in them, all they were made with, and frozen: nobody
 * changes them from user space any more. A second open file of the map, for reading only, stays one of
 * the same map.
 *
 * criu 4.2 keeps them when built with libbpf, and refuses them otherwise.
 */
#include <linux/bpf.h>

#include "zdtm.h"

#define ENTRIES 10

static struct {
	int fd, reader;
	struct bpf_map_info info;
} was;

static long bpf(int command, union bpf_attr *attr, size_t size)
{
	return syscall(SYS_bpf, command, attr, size);
}

static long element(int command, int key, int *value)
{
	union bpf_attr attr = {
		.map_fd = was.fd,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)value,
	};

	return bpf(command, &attr, sizeof(attr));
}

static void get_info(int fd, struct bpf_map_info *info)
{
	union bpf_attr attr = {
		.info = { .bpf_fd = fd, .info_len = sizeof(*info), .info = (uintptr_t)info }
	};

	memset(info, 0, sizeof(*info));
	SYS(bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)));
}

static void setup(void)
{
	union bpf_attr attr = {
		.map_type = variant->arg,
		.key_size = sizeof(int),
		.value_size = sizeof(int),
		.max_entries = ENTRIES,
		.map_flags = BPF_F_NUMA_NODE |
			     (variant->arg == BPF_MAP_TYPE_HASH ? BPF_F_NO_PREALLOC : 0),
		.map_name = "zdtm",
	};

	was.fd = bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
	if (was.fd < 0)
		t_skip("no BPF maps are to be had: %s", strerror(errno));
	for (int key = 0; key < ENTRIES; key++) {
		int value = key * 1000 + 7;

		SYS(element(BPF_MAP_UPDATE_ELEM, key, &value));
	}
	attr = (union bpf_attr){ .map_fd = was.fd };
	SYS(bpf(BPF_MAP_FREEZE, &attr, sizeof(attr)));
	get_info(was.fd, &was.info);
	attr = (union bpf_attr){ .map_id = was.info.id, .open_flags = BPF_F_RDONLY };
	was.reader = SYS(bpf(BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr)));
}

static void check(void)
{
	struct bpf_map_info info, read;
	char path[64];

	get_info(was.fd, &info);
	get_info(was.reader, &read);
	EXPECT_EQ(read.id, info.id);
	EXPECT_EQ(SYS(fcntl(was.reader, F_GETFL)) & O_ACCMODE, O_RDONLY);
	info.id = was.info.id; /* the next free number */
	EXPECT_MEM(&info, &was.info, sizeof(info));
	EXPECT_EQ(info.type, variant->arg);
	EXPECT_EQ(info.map_flags & BPF_F_NUMA_NODE, BPF_F_NUMA_NODE);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", was.fd);
	EXPECT_EQ(t_field_num(path, "frozen", 10), 1);
	for (int key = 0; key < ENTRIES; key++) {
		int value = -1;

		SYS(element(BPF_MAP_LOOKUP_ELEM, key, &value));
		EXPECT_EQ(value, key * 1000 + 7);
		EXPECT_ERRNO(element(BPF_MAP_UPDATE_ELEM, key, &value), EPERM);
	}
}

ZDTM_TEST = {
	.doc = "BPF maps keep what is in them, how they were made, who shares them, and that they are frozen",
	.object = "bpf",
	.caps = CAP_BIT(CAP_BPF) | CAP_BIT(CAP_SYS_ADMIN), /* bpf(), and its answers in full */
	.variants = VARIANTS({ "array", BPF_MAP_TYPE_ARRAY },
			     { "hash", BPF_MAP_TYPE_HASH, .known_as = "static/bpf_hash" }),
	.setup = setup,
	.check = check,
};
