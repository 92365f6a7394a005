// SPDX-License-Identifier: GPL-2.0-only
/*
 * The heap's end, moved up and back down a bit, which need not be at a page's; and what else the
 * kernel knows of a memory's layout: where /proc finds command line, environment and auxiliary vector.
 */
#include <elf.h>
#include <linux/prctl.h>
#include <sys/prctl.h>

#include "zdtm.h"

enum { BRK, AREAS };

#define UP   (64 * T_PAGE + 123)
#define DOWN (20 * T_PAGE + 7)

static const char cmdline[] = "somebody\0else", environment[] = "HERE=there";

static struct {
	char *end;
	struct blob data;
	struct prctl_mm_map layout;
	Elf64_auxv_t auxv[64];
	size_t auxv_size;
} was;

static void read_layout(struct prctl_mm_map *map)
{
	pid_t self = getpid();

	*map = (struct prctl_mm_map){
		.start_code = t_stat_num(self, 26),
		.end_code = t_stat_num(self, 27),
		.start_stack = t_stat_num(self, 28),
		.start_data = t_stat_num(self, 45),
		.end_data = t_stat_num(self, 46),
		.start_brk = t_stat_num(self, 47),
		.brk = (uintptr_t)sbrk(0),
		.arg_start = t_stat_num(self, 48),
		.arg_end = t_stat_num(self, 49),
		.env_start = t_stat_num(self, 50),
		.env_end = t_stat_num(self, 51),
		.exe_fd = -1,
	};
}

static void move_areas(void)
{
	char *page = t_map(T_PAGE, MAP_PRIVATE);
	int fd = SYS(open("/proc/self/auxv", O_RDONLY));
	struct prctl_mm_map map;

	was.auxv_size = SYS(read(fd, was.auxv, sizeof(was.auxv)));
	SYS(close(fd));
	for (Elf64_auxv_t *a = was.auxv; a->a_type != AT_NULL; a++)
		if (a->a_type == AT_FLAGS)
			a->a_un.a_val = 0x5eed;
	memcpy(page, cmdline, sizeof(cmdline));
	memcpy(page + 500, environment, sizeof(environment));
	read_layout(&map);
	map.start_data = (uintptr_t)page;
	map.end_data = (uintptr_t)page + T_PAGE;
	map.arg_start = (uintptr_t)page;
	map.arg_end = map.arg_start + sizeof(cmdline);
	map.env_start = (uintptr_t)page + 500;
	map.env_end = map.env_start + sizeof(environment);
	map.auxv = (void *)was.auxv;
	map.auxv_size = was.auxv_size;
	SYS(prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0));
}

static void setup(void)
{
	char *begin;

	/* This needs malloc(), whose first call would move the end. */
	read_layout(&was.layout);
	if (variant->arg == AREAS)
		move_areas();
	begin = SYS(sbrk(UP));
	was.data = t_fill_mem(begin, UP - DOWN);
	SYS(sbrk(-DOWN));
	was.end = begin + UP - DOWN;
	read_layout(&was.layout);
}

static void expect_file(const char *path, const void *data, size_t size)
{
	int fd = SYS(open(path, O_RDONLY));
	char got[4096];

	if (EXPECT_EQ(read(fd, got, sizeof(got)), size))
		EXPECT_MEM(got, data, size);
	SYS(close(fd));
}

static void check(void)
{
	struct prctl_mm_map layout;

	EXPECT_EQ(sbrk(0), was.end);
	EXPECT_MEM_IS(was.end - was.data.size, &was.data);
	EXPECT_EQ(t_try_read((void *)(((uintptr_t)was.end + T_PAGE) & -T_PAGE)), SIGSEGV);
	EXPECT_STR(t_vma(was.end - T_PAGE).name, "[heap]");

	read_layout(&layout);
	EXPECT_MEM(&layout, &was.layout, sizeof(layout));
	if (variant->arg == AREAS) {
		expect_file("/proc/self/cmdline", cmdline, sizeof(cmdline));
		expect_file("/proc/self/environ", environment, sizeof(environment));
		expect_file("/proc/self/auxv", was.auxv, was.auxv_size);
	}

	SYS(sbrk(3 * T_PAGE));
	EXPECT_EQ(was.end[3 * T_PAGE - 1], 0);
	SYS(sbrk(-5 * T_PAGE));
	EXPECT_EQ(sbrk(0), was.end - 2 * T_PAGE);
	EXPECT_EQ(t_try_read(was.end - T_PAGE), SIGSEGV);
}

ZDTM_TEST = {
	.doc = "the heap ends where it ended, and the areas /proc shows are where they were",
	.object = "mm",
	.variants = VARIANTS({ "brk", BRK }, { "areas", AREAS }),
	.setup = setup,
	.check = check,
};
