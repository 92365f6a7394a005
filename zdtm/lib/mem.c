// SPDX-License-Identifier: GPL-2.0-only
/* This task's memory: what may be done with it, what the kernel says about it. */
#include <setjmp.h>

#include "harness.h"

void *t_map(size_t size, int flags)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);

	if (at == MAP_FAILED)
		end_caller("mapping %zu bytes: %s", size, strerror(errno));
	return at;
}

static sigjmp_buf refused;

static void on_fault(int sig)
{
	siglongjmp(refused, sig);
}

static int try_access(void *at, void (*access)(volatile unsigned char *))
{
	const struct sigaction act = { .sa_handler = on_fault };
	struct sigaction segv, bus;
	int sig;

	SYS(sigaction(SIGSEGV, &act, &segv));
	SYS(sigaction(SIGBUS, &act, &bus));
	sig = sigsetjmp(refused, 1);
	if (sig == 0)
		access(at);
	SYS(sigaction(SIGSEGV, &segv, NULL));
	SYS(sigaction(SIGBUS, &bus, NULL));
	return sig;
}

static void read_byte(volatile unsigned char *at)
{
	(void)*at;
}

/* One access that is a write from the first, where a load and a store would fault as a read. */
static void write_byte(volatile unsigned char *at)
{
	__atomic_fetch_or(at, 0, __ATOMIC_SEQ_CST);
}

int t_try_read(const void *at)
{
	return try_access((void *)at, read_byte);
}

int t_try_write(void *at)
{
	return try_access(at, write_byte);
}

/* "55e0-55f1 r-xp 00001000 fe:00 1234     /usr/bin/x", then one "Key:  value" a line. */
static bool parse_head(const char *line, struct vma *v)
{
	unsigned long start, end;
	int name = 0;

	*v = (struct vma){};
	if (sscanf(line, "%lx-%lx %4s %*x %*x:%*x %*u%n", &start, &end, v->perms, &name) != 3)
		return false;
	v->start = start;
	v->end = end;
	line += name;
	snprintf(v->name, sizeof(v->name), "%s", line + strspn(line, " "));
	return true;
}

struct vma t_vma(const void *at)
{
	char *text = t_slurp("/proc/self/smaps");
	struct vma v = {}, found = {};
	unsigned long kb;

	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		struct vma next;

		*end = '\0';
		if (parse_head(line, &next)) {
			if (found.end)
				break;
			v = next;
		} else if (sscanf(line, "Rss: %lu", &kb) == 1) {
			v.rss = kb * 1024;
		} else if (strncmp(line, "VmFlags: ", 9) == 0) {
			snprintf(v.flags, sizeof(v.flags), "%s", line + 9);
		}
		if ((uintptr_t)at >= v.start && (uintptr_t)at < v.end)
			found = v;
	}
	free(text);
	return found;
}

bool t_vma_has(const void *at, const char *flag)
{
	struct vma v = t_vma(at);
	char word[8];

	if (!v.end)
		end_caller("nothing is mapped at %p", at);
	snprintf(word, sizeof(word), "%s ", flag);
	return strstr(v.flags, word);
}

uint64_t t_pagemap(pid_t pid, const void *at)
{
	uint64_t entry = 0;
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, &entry, sizeof(entry), (uintptr_t)at / T_PAGE * sizeof(entry)) !=
			      sizeof(entry))
		end_caller("%s of %p: %s", path, at, strerror(errno));
	close(fd);
	return entry;
}
