// SPDX-License-Identifier: GPL-2.0-only
/* Memory: what a dump is told of it, and how it is read. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "engine/kernel/maps.h"
#include "engine/kernel/pagemap.h"
#include "engine/kernel/procfs.h"
#include "engine/kernel/ptrace.h"
#include "engine/memory/memory.h"
#include "feature.h"
#include "places.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* since 6.13 */
#endif

/* ---- what is mapped ---- */

/* One of our own mappings; NULL (said) when it is not told. */
static const struct vm_area *area_at(const struct vm_map *map, const void *at)
{
	for (unsigned int i = 0; i < map->n; i++)
		if (map->area[i].start <= (uintptr_t)at && (uintptr_t)at < map->area[i].end)
			return &map->area[i];
	no("/proc/PID/smaps lacks a mapping");
	return NULL;
}

static int map_of_self(struct vm_map *map)
{
	_cleanup_close_ int self = proc_open(getpid(), 0);

	return self < 0 ? self : vm_map_read(self, map);
}

FEATURE(smaps, NEEDED, "the mappings of tasks", "CONFIG_PROC_PAGE_MONITOR, CAP_SYS_PTRACE")
{
	const struct companion *c = anybody();
	_cleanup_(vm_map_done) struct vm_map map = {};
	const struct vm_area *a;
	int r;

	if (!c)
		return NO;
	r = vm_map_read(c->proc, &map);
	if (r < 0)
		return no_err(r, "/proc/PID/smaps");
	a = area_at(&map, anybodys_page);
	if (!a)
		return NO;
	return a->flags & VM_FLAG(RD) && a->flags & VM_FLAG(WR) && vm_area_number(a, "Anonymous")
		       ? YES
		       : no("/proc/PID/smaps is wrong");
}

FEATURE(lock_onfault, FASTER,
	"memory that is locked when it is touched: otherwise missing pages tell",
	"a kernel whose smaps says \"lf\"")
{
	return memory_tells_on_fault() ? YES : no("smaps has no word for MLOCK_ONFAULT");
}

static enum answer open_mapped(const struct companion *c, const void *start, size_t size, int flags,
			       int *fd)
{
	char path[64];

	snprintf(path, sizeof(path), "map_files/%jx-%jx", (uintmax_t)(uintptr_t)start,
		 (uintmax_t)(uintptr_t)start + size);
	*fd = openat(c->proc, path, flags | O_CLOEXEC);
	return *fd < 0 ? no_err(-errno, "/proc/PID/map_files") : YES;
}

/* Shared memory without a name can be had in no other way. */
static enum answer be_mapped(uint64_t *word)
{
	*word = 0x6d617070;
	return YES;
}

FEATURE(map_files, NEEDED, "files that tasks have mapped, and shared memory",
	"Linux 4.3, CAP_CHECKPOINT_RESTORE (5.9) or CAP_SYS_ADMIN, of the first user namespace")
{
	_companion_ struct companion c = { .be = be_mapped };
	_cleanup_close_ int fd = -EBADF;
	enum answer a = companion_start(&c);
	uint64_t word = 0;

	if (a == YES)
		a = open_mapped(&c, c.word, 2 * PAGE, O_RDWR, &fd);
	if (a != YES)
		return a;
	if (pread_full(fd, &word, sizeof(word), 0) < 0 || word != *c.word)
		return no("/proc/PID/map_files gives another file");
	return YES;
}

/* A file of one page on an overlay, mapped: what is told of it, and of the mapping. */
static enum answer map_on_overlay(void)
{
	_cleanup_(vm_map_done) struct vm_map map = {};
	_cleanup_close_ int fd = -EBADF;
	const struct vm_area *a;
	enum answer ready = place_make_own();
	struct stat st;
	void *at;
	int r;

	if (ready != YES)
		return ready;
	if (mkdir("lower", 0700) < 0 || mkdir("upper", 0700) < 0 || mkdir("work", 0700) < 0 ||
	    mkdir("merged", 0700) < 0)
		return no_err(-errno, "a directory");
	fd = open("lower/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, PAGE) < 0)
		return no_err(-errno, "a file");
	if (mount("overlay", "merged", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work") <
	    0)
		return errno == ENODEV ? nobody("overlay: %s", strerror(errno))
				       : no_err(-errno, "to mount an overlay");
	close(fd);
	fd = open("merged/file", O_RDONLY | O_CLOEXEC);
	at = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fd < 0 || at == MAP_FAILED || fstat(fd, &st) < 0)
		return no_err(-errno, "a file of an overlay");
	r = map_of_self(&map);
	if (r < 0)
		return no_err(r, "/proc/PID/smaps");
	a = area_at(&map, at);
	if (!a)
		return NO;
	return a->dev == st.st_dev && a->ino == st.st_ino
		       ? YES
		       : no("of a mapped file of an overlay maps tells another device or inode than "
			    "stat");
}

FEATURE(overlayfs_maps, UNUSED, "mapped files on overlays: otherwise each mapping is opened",
	"CONFIG_OVERLAY_FS, Linux 6.8")
{
	return apart(CLONE_NEWNS, map_on_overlay);
}

/* ---- which pages ---- */

static enum answer find_page(bool by_scan)
{
	const struct companion *c = anybody();
	_cleanup_(page_runs_done) struct page_runs runs = {};
	struct pagemap map;
	uint64_t start;
	int r;

	if (!c)
		return NO;
	start = (uintptr_t)anybodys_page;
	r = pagemap_open(c->proc, &map);
	if (r < 0)
		return no_err(r, "/proc/PID/pagemap");
	if (by_scan && !map.scan)
		r = -ENOTTY;
	map.scan = by_scan;
	if (r == 0)
		r = pagemap_private(&map, start, start + 2 * PAGE, 2, &runs);
	pagemap_close(&map);
	if (r < 0)
		return no_err(r, by_scan ? "PAGEMAP_SCAN" : "/proc/PID/pagemap");
	return runs.pages == 1 && runs.run->start == start
		       ? YES
		       : no("it tells of %ju pages where there is one", (uintmax_t)runs.pages);
}

FEATURE(pagemap, NEEDED, "which pages a task has", "CONFIG_PROC_PAGE_MONITOR, CAP_SYS_PTRACE")
{
	return find_page(false);
}

FEATURE(pagemap_scan, FASTER, "finding the pages of big mappings",
	"CONFIG_PROC_PAGE_MONITOR, Linux 6.7")
{
	return find_page(true);
}

/* A page that was only read is the one that all have in common. */
static enum answer be_read(uint64_t *at)
{
	volatile char *page =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return no_err(-errno, "memory");
	*at = (uintptr_t)page;
	return page[0] == 0 ? YES : NO;
}

FEATURE(zero_pages, FASTER, "leaving out pages that have been read and never written",
	"Linux 6.7 or CAP_SYS_ADMIN")
{
	_companion_ struct companion c = { .be = be_read };
	_cleanup_(page_runs_done) struct page_runs runs = {};
	enum answer a = companion_start(&c);
	struct pagemap map;
	int r;

	if (a != YES)
		return a;
	r = pagemap_open(c.proc, &map);
	if (r < 0)
		return no_err(r, "/proc/PID/pagemap");
	r = pagemap_private(&map, *c.word, *c.word + PAGE, 1, &runs);
	pagemap_close(&map);
	if (r < 0)
		return no_err(r, "/proc/PID/pagemap");
	return runs.pages == 0 ? YES : no("the page of zeroes is not told apart");
}

static enum answer find_guard(void)
{
	_cleanup_(page_runs_done) struct page_runs runs = {};
	_cleanup_close_ int self = proc_open(getpid(), 0);
	struct pagemap map;
	uint64_t start;
	char *at;
	int r;

	at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	start = (uintptr_t)at;
	if (at == MAP_FAILED)
		return no_err(-errno, "memory");
	if (madvise(at + PAGE, PAGE, MADV_GUARD_INSTALL) < 0)
		return nobody("MADV_GUARD_INSTALL: %s", strerror(errno));
	r = self < 0 ? self : pagemap_open(self, &map);
	if (r < 0)
		return no_err(r, "/proc/PID/pagemap");
	r = pagemap_guards(&map, start, start + 2 * PAGE, &runs);
	pagemap_close(&map);
	if (r < 0)
		return no_err(r, "PAGE_IS_GUARD");
	return runs.pages == 1 && runs.run->start == start + PAGE ? YES
								  : no("PAGE_IS_GUARD is wrong");
}

FEATURE(pagemap_scan_guard_pages, EXTRA, "guard pages of MADV_GUARD_INSTALL",
	"CONFIG_PROC_PAGE_MONITOR, Linux 6.16")
{
	return apart(0, find_guard);
}

static uint64_t pagemap_word(int pagemap, const void *at)
{
	uint64_t word = 0;

	return pread_full(pagemap, &word, sizeof(word), (uintptr_t)at / PAGE * sizeof(word)) < 0
		       ? 0
		       : word;
}

static enum answer track_writes(void)
{
	const uint64_t soft_dirty = 1ULL << 55;
	_cleanup_close_ int self = proc_open(getpid(), 0), pagemap = -EBADF;
	volatile char *page;
	int r;

	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (self < 0 || page == MAP_FAILED)
		return no_err(-errno, "memory");
	pagemap = openat(self, "pagemap", O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		return no_err(-errno, "/proc/PID/pagemap");
	page[0] = 1;
	r = write_file_at(self, "clear_refs", "4");
	if (r < 0)
		return no_err(r, "/proc/PID/clear_refs");
	if (pagemap_word(pagemap, (void *)page) & soft_dirty)
		return no("/proc/PID/clear_refs has no effect");
	page[0] = 2;
	return pagemap_word(pagemap, (void *)page) & soft_dirty
		       ? YES
		       : no("/proc/PID/pagemap does not tell what was written since");
}

FEATURE(mem_dirty_track, UNUSED, "dumps of no more than what has changed since the one before",
	"CONFIG_MEM_SOFT_DIRTY")
{
	return apart(0, track_writes);
}

/* ---- reading and writing ---- */

FEATURE(process_vm, FASTER, "the memory of tasks: otherwise /proc/PID/mem does",
	"CONFIG_CROSS_MEMORY_ATTACH, CAP_SYS_PTRACE")
{
	const struct companion *c = anybody();
	char text[sizeof(ANYBODYS_TEXT)];
	struct iovec here = { text, sizeof(text) }, there = { anybodys_page, sizeof(text) };

	if (!c)
		return NO;
	if (process_vm_readv(c->pid, &here, 1, &there, 1, 0) != sizeof(text))
		return no_err(-errno, "process_vm_readv");
	if (!streq(text, ANYBODYS_TEXT))
		return no("process_vm_readv gives something else");
	if (process_vm_writev(c->pid, &here, 1, &there, 1, 0) != sizeof(text))
		return no_err(-errno, "process_vm_writev");
	return YES;
}

static enum answer be_closed(uint64_t *at)
{
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return no_err(-errno, "memory");
	strcpy(page, ANYBODYS_TEXT);
	*at = (uintptr_t)page;
	return mprotect(page, PAGE, PROT_NONE) < 0 ? no_err(-errno, "mprotect") : YES;
}

/* What the kernel calls FOLL_FORCE. */
static enum answer force(bool write)
{
	_companion_ struct companion c = { .be = be_closed };
	enum answer a = companion_start(&c);
	_cleanup_close_ int mem = -EBADF;
	char text[sizeof(ANYBODYS_TEXT)] = "";
	ssize_t n;
	int r;

	if (a != YES)
		return a;
	/* That may be what makes it possible. */
	r = ptrace_seize(c.pid);
	if (r < 0)
		return no_err(r, "PTRACE_SEIZE");
	mem = openat(c.proc, "mem", (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (mem < 0)
		return no_err(-errno, "/proc/PID/mem");
	n = write ? pwrite(mem, text, sizeof(text), *c.word)
		  : pread(mem, text, sizeof(text), *c.word);
	if (n < 0)
		return no_err(-errno, write ? "to write to /proc/PID/mem" : "/proc/PID/mem");
	return write || streq(text, ANYBODYS_TEXT) ? YES : no("/proc/PID/mem has something else");
}

FEATURE(mem_read, EXTRA, "memory with content that its task may not read",
	"proc_mem.force_override other than never")
{
	return force(false);
}

FEATURE(mem_write, FASTER, "code in the text of a task: otherwise it is put there word by word",
	"proc_mem.force_override other than never")
{
	return force(true);
}
