// SPDX-License-Identifier: GPL-2.0-only
#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "cleanup.h"
#include "warm.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif

#define PAGE 4096UL

/* An older kernel (MADV_POPULATE_* are of 5.14) faults all the same. */
static void have_pages(uintptr_t from, uintptr_t to, int how)
{
	from = ALIGN_DOWN(from, PAGE);
	if (from < to)
		(void)madvise((void *)from, ALIGN_UP(to, PAGE) - from, how);
}

/* The first object is the program; the libraries are in use already. */
static int have_program(struct dl_phdr_info *o, size_t size, void *arg)
{
	const ElfW(Phdr) *end = o->dlpi_phdr + o->dlpi_phnum;
	uintptr_t relro = 0; /* what the dynamic linker has written to, and nobody may any more */

	for (const ElfW(Phdr) *p = o->dlpi_phdr; p < end; p++)
		if (p->p_type == PT_GNU_RELRO)
			relro = o->dlpi_addr + p->p_vaddr + p->p_memsz;
	for (const ElfW(Phdr) *p = o->dlpi_phdr; p < end; p++) {
		uintptr_t from = o->dlpi_addr + p->p_vaddr, to = from + p->p_filesz;

		if (p->p_type != PT_LOAD)
			continue;
		have_pages(from, to, MADV_POPULATE_READ);
		if (p->p_flags & PF_W)
			have_pages(MAX(from, relro), to, MADV_POPULATE_WRITE);
	}
	return 1;
}

void warm_up(void)
{
	const size_t enough = 256 << 10, lots = 32 << 20, deep = 64 << 10;
	char *p, *stack = __builtin_frame_address(0);

	mallopt(M_MMAP_THRESHOLD, lots);
	mallopt(M_TRIM_THRESHOLD, lots);
	p = malloc(enough);
	if (p)
		have_pages((uintptr_t)p, (uintptr_t)p + enough, MADV_POPULATE_WRITE);
	free(p);
	have_pages((uintptr_t)stack - deep, (uintptr_t)stack, MADV_POPULATE_WRITE);
	(void)dl_iterate_phdr(have_program, NULL);
}
