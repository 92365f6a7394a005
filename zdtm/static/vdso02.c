// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task without vdso, and one that has moved it: either is the task's good right. The first must not
 * be given one, the second finds it where it was put.
 */
#include <dlfcn.h>
#include <sys/auxv.h>
#include <time.h>

#include "zdtm.h"

enum { UNMAPPED, MOVED, MOVED_BESIDE };

static struct {
	pid_t child;
	int go[2];
	char *to; /* where the child moves it, with a page on each side */
	struct blob before, behind;
	size_t size;
} was;

/* All of its parts: [vvar], [vvar_vclock] and [vdso] lie side by side. */
static void find(const char *maps, char **start, char **end)
{
	*start = *end = NULL;
	for (const char *line = maps; *line; line = strchr(line, '\n') + 1) {
		unsigned long from, to;
		char name[100] = "";

		if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %99[^\n]", &from, &to, name) < 3)
			continue;
		if (strncmp(name, "[vvar", 5) != 0 && strcmp(name, "[vdso]") != 0)
			continue;
		if (!*start)
			*start = (char *)from;
		*end = (char *)to;
	}
}

/* No part can be split, but each can go by itself. */
static void move(char *from, const char *maps)
{
	for (const char *line = maps; *line; line = strchr(line, '\n') + 1) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx", &start, &end) != 2 || start < (uintptr_t)from ||
		    start >= (uintptr_t)from + was.size)
			continue;
		SYS(mremap((void *)start, end - start, end - start, MREMAP_MAYMOVE | MREMAP_FIXED,
			   was.to + (start - (uintptr_t)from)));
	}
}

/* From here on nothing of libc that asks the time may be called. */
static void child(long unused)
{
	char *maps = t_slurp("/proc/self/maps"), *start, *end, byte;
	int (*ask)(clockid_t, struct timespec *);
	struct timespec t = {}, now;

	find(maps, &start, &end);
	if (variant->arg == UNMAPPED) {
		SYS(munmap(start, end - start));
		t_read(was.go[0], &byte, 1);
		return;
	}
	ask = dlsym(SYS_PTR(dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD)),
		    "__vdso_clock_gettime");
	ask = (void *)((char *)ask - start + was.to);
	move(start, maps);
	t_read(was.go[0], &byte, 1);
	EXPECT_EQ(ask(CLOCK_MONOTONIC, &t), 0);
	SYS(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now));
	EXPECT_LE(t.tv_sec, now.tv_sec);
	EXPECT_GE(t.tv_sec + 5, now.tv_sec);
	if (variant->arg == MOVED_BESIDE) {
		EXPECT_MEM_IS(was.to - T_PAGE, &was.before);
		EXPECT_MEM_IS(was.to + was.size, &was.behind);
	}
}

static void setup(void)
{
	char *maps = t_slurp("/proc/self/maps"), *start, *end;

	find(maps, &start, &end);
	if (!start)
		t_skip("this machine has no vdso");
	was.size = end - start;
	was.to = t_map(was.size + 2 * T_PAGE, MAP_PRIVATE) + T_PAGE;
	if (variant->arg == MOVED_BESIDE) {
		was.before = t_fill_mem(was.to - T_PAGE, T_PAGE);
		was.behind = t_fill_mem(was.to + was.size, T_PAGE);
	}
	SYS(pipe(was.go));
	was.child = t_fork(child, 0);
	t_wait_syscall(was.child, SYS_read);
}

static void check(void)
{
	char path[32], *maps, *start, *end;

	snprintf(path, sizeof(path), "/proc/%d/maps", was.child);
	maps = t_slurp(path);
	find(maps, &start, &end);
	EXPECT_EQ(start, variant->arg == UNMAPPED ? NULL : was.to);
	EXPECT_EQ(end, variant->arg == UNMAPPED ? NULL : was.to + was.size);
	t_write(was.go[1], "x", 1);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "a vdso that a task has unmapped or moved is not there, or there",
	.object = "vdso",
	.variants = VARIANTS({ "unmapped", UNMAPPED }, { "moved", MOVED },
			     { "moved_beside_pages", MOVED_BESIDE }),
	.setup = setup,
	.check = check,
};
