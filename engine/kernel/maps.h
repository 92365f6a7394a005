// SPDX-License-Identifier: GPL-2.0-only
/* The mappings of a task: /proc/PID/smaps, proc_pid_smaps(5). */
#ifndef KERNEL_MAPS_H
#define KERNEL_MAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/base/buf.h"

/* The two-letter words of VmFlags that mean something to us; fs/proc/task_mmu.c. */
#define VM_FLAG_WORDS(X)                                                                           \
	X(RD, 'r', 'd') /* readable */                                                             \
	X(WR, 'w', 'r')                                                                            \
	X(EX, 'e', 'x')                                                                            \
	X(SH, 's', 'h') /* shared */                                                               \
	X(MR, 'm', 'r') /* may read: the file was opened for it */                                 \
	X(MW, 'm', 'w')                                                                            \
	X(ME, 'm', 'e')                                                                            \
	X(MS, 'm', 's') /* may share */                                                            \
	X(GD, 'g', 'd') /* stack that grows down */                                                \
	X(GU, 'g', 'u') /* ... up */                                                               \
	X(PF, 'p', 'f') /* raw page frames */                                                      \
	X(LO, 'l', 'o') /* locked */                                                               \
	X(LF, 'l', 'f') /* locked on fault */                                                      \
	X(IO, 'i', 'o')                                                                            \
	X(SR, 's', 'r') /* MADV_SEQUENTIAL */                                                      \
	X(RR, 'r', 'r') /* MADV_RANDOM */                                                          \
	X(DC, 'd', 'c') /* MADV_DONTFORK */                                                        \
	X(DE, 'd', 'e') /* must not be expanded by mremap */                                       \
	X(AC, 'a', 'c') /* accounted */                                                            \
	X(NR, 'n', 'r') /* MAP_NORESERVE */                                                        \
	X(HT, 'h', 't') /* huge TLB */                                                             \
	X(SF, 's', 'f') /* MAP_SYNC */                                                             \
	X(AR, 'a', 'r')                                                                            \
	X(WF, 'w', 'f') /* MADV_WIPEONFORK */                                                      \
	X(DD, 'd', 'd') /* MADV_DONTDUMP */                                                        \
	X(SD, 's', 'd') /* soft-dirty */                                                           \
	X(MM, 'm', 'm') /* mixed page frames and pages */                                          \
	X(HG, 'h', 'g') /* MADV_HUGEPAGE */                                                        \
	X(NH, 'n', 'h') /* MADV_NOHUGEPAGE */                                                      \
	X(MG, 'm', 'g') /* MADV_MERGEABLE */                                                       \
	X(UM, 'u', 'm') /* userfaultfd, missing */                                                 \
	X(UW, 'u', 'w') /* ... write-protect */                                                    \
	X(UI, 'u', 'i') /* ... minor */                                                            \
	X(SS, 's', 's') /* shadow stack */                                                         \
	X(SL, 's', 'l') /* sealed */                                                               \
	X(DP, 'd', 'p') /* MAP_DROPPABLE */

enum vm_flag {
#define X(name, a, b) VM_FLAG_BIT_##name,
	VM_FLAG_WORDS(X)
#undef X
};
#define VM_FLAG(name) (1ULL << VM_FLAG_BIT_##name)

struct vm_area {
	uint64_t start, end, pgoff; /* bytes */
	uint64_t ino;
	dev_t dev;
	bool shared;
	int prot;         /* PROT_* */
	uint64_t flags;   /* VM_FLAG(...) */
	unsigned int key; /* protection key, 0: none */
	char odd[3];      /* a VmFlags word we do not know, or "" */
	const char *name; /* rest of the line, newlines as \012; points into the map's text, */
	char *numbers;    /* as does what smaps says below it */
};

struct vm_map {
	struct buf text;
	struct vm_area *area;
	unsigned int n;
};

/* Rising, without overlap. -ESRCH when the task has no memory any more. */
int vm_map_read(int proc, struct vm_map *ret);
/* One of the numbers, such as "Rss", in bytes; 0 when there is none of that name. */
uint64_t vm_area_number(const struct vm_area *a, const char *name);
void vm_map_done(struct vm_map *m);

#endif
