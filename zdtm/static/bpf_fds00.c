// SPDX-License-Identifier: GPL-2.0-only
/*
 * What bpf(2) gives descriptors for besides arrays and hashes: a trie of prefixes, a ring buffer, a map
 * that holds maps, a program, types. What is in them can be used as before, or the dump is refused.
 */
#include <linux/bpf.h>
#include <sys/socket.h>

#include "zdtm.h"

enum { TRIE, RING, OF_MAPS, PROGRAM, TYPES }; /* variant->arg */

static struct {
	int fd, inner;
} was;

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int map(int type, int key, int value, int entries, int flags, int inner)
{
	union bpf_attr attr = {
		.map_type = type,
		.key_size = key,
		.value_size = value,
		.max_entries = entries,
		.map_flags = flags,
		.inner_map_fd = inner,
	};
	int fd = bpf(BPF_MAP_CREATE, &attr);

	if (fd < 0)
		t_skip("no such BPF map is to be had: %s", strerror(errno));
	return fd;
}

static long element(int fd, int command, const void *key, void *value)
{
	union bpf_attr attr = {
		.map_fd = fd,
		.key = (uintptr_t)key,
		.value = (uintptr_t)value,
	};

	return bpf(command, &attr);
}

static void put(int fd, const void *key, int value)
{
	SYS(element(fd, BPF_MAP_UPDATE_ELEM, key, &value));
}

/* "10.0.0.0/8" */
struct prefix {
	uint32_t bits;
	uint8_t address[4];
};

static int program(void)
{
	/* r0 = 0; exit */
	static const struct bpf_insn text[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)text,
		.insn_cnt = 2,
		.license = (uintptr_t) "GPL",
	};
	int fd = bpf(BPF_PROG_LOAD, &attr);

	if (fd < 0)
		t_skip("no BPF program is to be had: %s", strerror(errno));
	return fd;
}

static int types(void)
{
	/* struct btf_header of linux/btf.h, one type: an int of 32 bits called "int". */
	static const struct {
		uint16_t magic;
		uint8_t version, flags;
		uint32_t header, type_off, type_len, text_off, text_len;
		uint32_t type[4];
		char text[5];
	} __attribute__((packed)) btf = {
		0xeb9f, 1, 0, 24, 0, 16, 16, 5, { 1, 1 << 24, 4, 32 }, "\0int",
	};
	union bpf_attr attr = { .btf = (uintptr_t)&btf, .btf_size = sizeof(btf) };
	int fd = bpf(BPF_BTF_LOAD, &attr);

	if (fd < 0)
		t_skip("no types are to be had: %s", strerror(errno));
	return fd;
}

static void setup(void)
{
	const struct prefix net = { 8, { 10 } };
	int key = 1;

	switch (variant->arg) {
	case TRIE:
		was.fd = map(BPF_MAP_TYPE_LPM_TRIE, sizeof(net), sizeof(int), 10, BPF_F_NO_PREALLOC,
			     0);
		put(was.fd, &net, 77);
		break;
	case RING:
		was.fd = map(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0, 0);
		break;
	case OF_MAPS:
		was.inner = map(BPF_MAP_TYPE_ARRAY, sizeof(int), sizeof(int), 3, 0, 0);
		put(was.inner, &key, 77);
		was.fd = map(BPF_MAP_TYPE_ARRAY_OF_MAPS, sizeof(int), sizeof(int), 2, 0, was.inner);
		put(was.fd, &key, was.inner);
		break;
	case PROGRAM:
		was.fd = program();
		break;
	case TYPES:
		was.fd = types();
		break;
	}
}

static uint32_t id_of(int fd)
{
	struct bpf_map_info info = {};
	union bpf_attr attr = {
		.info = { .bpf_fd = fd, .info_len = sizeof(info), .info = (uintptr_t)&info },
	};

	SYS(bpf(BPF_OBJ_GET_INFO_BY_FD, &attr));
	return info.id;
}

static void check(void)
{
	const struct prefix host = { 32, { 10, 1, 2, 3 } };
	int key = 1, value = -1, pair[2];
	char byte, path[64], *type;

	switch (variant->arg) {
	case TRIE:
		SYS(element(was.fd, BPF_MAP_LOOKUP_ELEM, &host, &value));
		EXPECT_EQ(value, 77);
		break;
	case RING:
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", was.fd);
		EXPECT_EQ(t_field_num(path, "map_type", 10), BPF_MAP_TYPE_RINGBUF);
		break;
	case OF_MAPS:
		SYS(element(was.fd, BPF_MAP_LOOKUP_ELEM, &key, &value));
		EXPECT_EQ(value, id_of(was.inner));
		SYS(element(was.inner, BPF_MAP_LOOKUP_ELEM, &key, &value));
		EXPECT_EQ(value, 77);
		break;
	case PROGRAM:
		/* It takes nothing of any packet. */
		SYS(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair));
		SYS(setsockopt(pair[0], SOL_SOCKET, SO_ATTACH_BPF, &was.fd, sizeof(was.fd)));
		(void)!write(pair[1], "x", 1);
		EXPECT_ERRNO(read(pair[0], &byte, 1), EAGAIN);
		break;
	case TYPES:
		type = t_fd_path(was.fd);
		EXPECT_STR(type, "anon_inode:btf");
		free(type);
		break;
	}
}

ZDTM_TEST = {
	.doc = "what bpf(2) gives descriptors for can be used as before, or the dump is refused",
	.object = "bpf",
	.demand = KEEP_OR_REFUSE,
	.caps = CAP_BIT(CAP_BPF) | CAP_BIT(CAP_SYS_ADMIN) | CAP_BIT(CAP_NET_ADMIN), /* bpf() */
	.variants = VARIANTS({ "trie", TRIE }, { "ring", RING }, { "map_of_maps", OF_MAPS },
			     { "program", PROGRAM }, { "types", TYPES }),
	.setup = setup,
	.check = check,
};
