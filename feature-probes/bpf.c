// SPDX-License-Identifier: GPL-2.0-only
/* BPF maps and programs, as far as their descriptors tell. */
#include <linux/bpf.h>

#include "probe.h"

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_BPF_SYSCALL",                                         \
	.capability = "CAP_BPF or CAP_SYS_ADMIN in the initial user namespace", .source = "bpf(2)"

static long bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int new_map(int type, int entries, int flags)
{
	union bpf_attr a = { .map_type = type,
			     .key_size = 4,
			     .value_size = 8,
			     .max_entries = entries,
			     .map_flags = flags };

	strcpy(a.map_name, "probe");
	return OFFERED((int)bpf(BPF_MAP_CREATE, &a), "BPF maps");
}

static void put(int map, uint32_t key, uint64_t value)
{
	union bpf_attr a = { .map_fd = map, .key = (uintptr_t)&key, .value = (uintptr_t)&value };

	NEED(bpf(BPF_MAP_UPDATE_ELEM, &a));
}

static int new_program(int result)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = result },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
			     .insns = (uintptr_t)insns,
			     .insn_cnt = ARRAY_SIZE(insns),
			     .license = (uintptr_t) "GPL" };

	return OFFERED((int)bpf(BPF_PROG_LOAD, &a), "BPF programs");
}

static int info_of(int fd, void *info, size_t size)
{
	union bpf_attr a = { .info = { .bpf_fd = fd, .info_len = size, .info = (uintptr_t)info } };

	memset(info, 0, size);
	return bpf(BPF_OBJ_GET_INFO_BY_FD, &a);
}

static long told(int fd, const char *key)
{
	return strtol(NEED(fdinfo_field(0, fd, key)), NULL, 0);
}

PROBE(map, .what = "a map tells type, sizes and flags it was made with, by info and fdinfo alike",
      DECLARED("4.13"))
{
	int map = new_map(BPF_MAP_TYPE_HASH, 17, BPF_F_NO_PREALLOC);
	struct bpf_map_info info;

	PROMISE_STR(link_text("/proc/self/fd/%d", map), "anon_inode:bpf-map");
	NEED(info_of(map, &info, sizeof(info)));
	PROMISE_EQ(info.type, BPF_MAP_TYPE_HASH);
	PROMISE_EQ(info.key_size, 4);
	PROMISE_EQ(info.value_size, 8);
	PROMISE_EQ(info.max_entries, 17);
	PROMISE_EQ(info.map_flags, BPF_F_NO_PREALLOC);
	PROMISE_STR(info.name, "probe");
	PROMISE_EQ(told(map, "map_type"), info.type);
	PROMISE_EQ(told(map, "key_size"), 4);
	PROMISE_EQ(told(map, "value_size"), 8);
	PROMISE_EQ(told(map, "max_entries"), 17);
	PROMISE_EQ(told(map, "map_flags"), BPF_F_NO_PREALLOC);
	PROMISE_EQ(told(map, "map_id"), info.id);
}

PROBE(map_freeze, .what = "a frozen map says so, and takes no more from its users", DECLARED("5.2"),
      .commit = "87df15de441b")
{
	int map = new_map(BPF_MAP_TYPE_ARRAY, 4, 0);
	union bpf_attr a = { .map_fd = map };
	uint32_t key = 1;
	uint64_t value = 2;

	put(map, 1, 77);
	PROMISE_EQ(told(map, "frozen"), 0);
	OFFERED(bpf(BPF_MAP_FREEZE, &a), "BPF_MAP_FREEZE", EINVAL);
	PROMISE_EQ(told(map, "frozen"), 1);
	a = (union bpf_attr){ .map_fd = map, .key = (uintptr_t)&key, .value = (uintptr_t)&value };
	PROMISE_FAILS(bpf(BPF_MAP_UPDATE_ELEM, &a), EPERM);
	NEED(bpf(BPF_MAP_LOOKUP_ELEM, &a));
	PROMISE_EQ(value, 77);
}

PROBE(map_batch,
      .what = "all elements of a map are read by batches, each once, and written back so",
      DECLARED("5.6"), .commit = "cb4d03ab499d")
{
	int types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH };
	uint32_t keys[64], next = 0, n = 0;
	uint64_t values[64];

	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		int map = new_map(types[t], 16, 0), copy = new_map(types[t], 16, 0);
		union bpf_attr a = { .batch = { .map_fd = map,
						.count = 64,
						.keys = (uintptr_t)keys,
						.values = (uintptr_t)values,
						.out_batch = (uintptr_t)&next } };
		unsigned int seen = 0;

		for (uint32_t k = 0; k < 16; k++)
			put(map, k, k * 7);
		errno = 0;
		if (bpf(BPF_MAP_LOOKUP_BATCH, &a) < 0 && errno != ENOENT)
			OFFERED(-1, "BPF_MAP_LOOKUP_BATCH", EINVAL);
		/* That it was the end is told by an error. */
		PROMISE_EQ(errno, ENOENT);
		n = a.batch.count;
		PROMISE_EQ(n, 16);
		for (uint32_t i = 0; i < n; i++) {
			PROMISE_EQ(values[i], keys[i] * 7);
			seen |= 1U << keys[i];
		}
		PROMISE_EQ(seen, 0xffff);
		a = (union bpf_attr){ .batch = { .map_fd = copy,
						 .count = n,
						 .keys = (uintptr_t)keys,
						 .values = (uintptr_t)values } };
		NEED(bpf(BPF_MAP_UPDATE_BATCH, &a));
		PROMISE_EQ(a.batch.count, 16);
	}
}

PROBE(program, .what = "a program tells type, id, and a tag that is the same for the same code",
      DECLARED("4.13"))
{
	int a = new_program(1), b = new_program(1), c = new_program(2);
	struct bpf_prog_info info;
	char *tag = NEED(fdinfo_field(0, a, "prog_tag"));

	PROMISE_STR(link_text("/proc/self/fd/%d", a), "anon_inode:bpf-prog");
	PROMISE_STR(NEED(fdinfo_field(0, b, "prog_tag")), tag);
	PROMISE_NE(strcmp(NEED(fdinfo_field(0, c, "prog_tag")), tag), 0);
	NEED(info_of(a, &info, sizeof(info)));
	PROMISE_EQ(info.type, BPF_PROG_TYPE_SOCKET_FILTER);
	PROMISE_EQ(told(a, "prog_id"), info.id);
	PROMISE_EQ(info.xlated_prog_len, 16);
}

PROBE(refused, .what = "where the unprivileged may not, they make no maps: EPERM", .since = "4.4",
      .kconfig = "CONFIG_BPF_SYSCALL", .source = "bpf(2), proc_sys_kernel(5)")
{
	char *text = OFFERED(slurp("/proc/sys/kernel/unprivileged_bpf_disabled"),
			     "kernel.unprivileged_bpf_disabled", ENOENT);
	pid_t pid = spawn();

	if (pid == 0) {
		union bpf_attr a = { .map_type = BPF_MAP_TYPE_HASH,
				     .key_size = 4,
				     .value_size = 8,
				     .max_entries = 4 };

		lose_privileges();
		if (atoi(text) > 0)
			PROMISE_FAILS(bpf(BPF_MAP_CREATE, &a), EPERM);
		else
			/* Nor a LRU map, whatever that setting. */
			NEED(bpf(BPF_MAP_CREATE, &a));
		_exit(0);
	}
	reap_good(pid);
}

GAP(program_source, .what = "nobody gets a program back as it was loaded, nor its licence",
    .kconfig = "CONFIG_BPF_SYSCALL",
    .capability = "CAP_BPF or CAP_SYS_ADMIN in the initial user namespace", .source = "bpf(2)")
{
	/* A load from a map, which is rewritten to the map's address when it is verified. */
	int map = new_map(BPF_MAP_TYPE_ARRAY, 1, 0);
	const struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM,
		  .dst_reg = 1,
		  .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = map },
		{},
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
			     .insns = (uintptr_t)insns,
			     .insn_cnt = ARRAY_SIZE(insns),
			     .license = (uintptr_t) "GPL" };
	int prog = OFFERED((int)bpf(BPF_PROG_LOAD, &a), "BPF programs");
	struct bpf_insn got[16] = {};
	struct bpf_prog_info info = { .xlated_prog_insns = (uintptr_t)got,
				      .xlated_prog_len = sizeof(got) };
	union bpf_attr q = {
		.info = { .bpf_fd = prog, .info_len = sizeof(info), .info = (uintptr_t)&info }
	};

	NEED(bpf(BPF_OBJ_GET_INFO_BY_FD, &q));
	if (info.xlated_prog_len == sizeof(insns) && memcmp(got, insns, sizeof(insns)) == 0)
		NEW("the instructions are told as they were loaded");
	TRIED("BPF_OBJ_GET_INFO_BY_FD: the instructions as they were rewritten");
	a.insns = (uintptr_t)got;
	a.insn_cnt = info.xlated_prog_len / sizeof(got[0]);
	TRIED_TO("BPF_PROG_LOAD of those", bpf(BPF_PROG_LOAD, &a));
}
