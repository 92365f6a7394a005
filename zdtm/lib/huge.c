// SPDX-License-Identifier: GPL-2.0-only
/* The machine's pool of huge pages. */
#include "harness.h"

static const char pool[] = "/proc/sys/vm/nr_hugepages";
/* How many it held before, for whoever gives them back. */
static const char before[] = "huge_pages_before";

static uint64_t read_number(const char *path)
{
	char *text = t_slurp(path);
	uint64_t n = strtoull(text, NULL, 10);

	free(text);
	return n;
}

static bool put_number(const char *path, int flags, uint64_t n)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0600);
	bool done = fd >= 0 && dprintf(fd, "%ju\n", (uintmax_t)n) > 0;

	if (fd >= 0)
		close(fd);
	return done;
}

static uint64_t unused(void)
{
	/* Those that are reserved are still free. */
	return t_field_num("/proc/meminfo", "HugePages_Free", 10) -
	       t_field_num("/proc/meminfo", "HugePages_Rsvd", 10);
}

void t_huge_pages(unsigned int n, bool spare)
{
	char *text = t_slurp("/proc/meminfo"), *size = strstr(text, "Hugepagesize:");
	uint64_t had, was;

	if (!size || strtoull(size + strlen("Hugepagesize:"), NULL, 10) << 10 != T_HUGE)
		t_skip("the kernel has no huge pages, or not of 2 MiB");
	free(text);
	if (spare)
		n *= 3;
	had = unused();
	if (had >= n)
		return;
	was = read_number(pool);
	if (!put_number(before, O_CREAT | O_EXCL, was))
		end_caller("%s: %s", before, strerror(errno));
	if (!put_number(pool, 0, was + n - had))
		t_skip("%s: %s", pool, strerror(errno));
	if (unused() < n)
		t_skip("%u huge pages are not to be had", n);
}

void t_huge_pages_back(void)
{
	if (access(before, F_OK) == 0 && !put_number(pool, 0, read_number(before)))
		end_caller("%s: %s", pool, strerror(errno));
}
