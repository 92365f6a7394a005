// SPDX-License-Identifier: GPL-2.0-only
/* Plain numbers of the image format. */
#ifndef IMAGE_VALUES_H
#define IMAGE_VALUES_H

/* vma_entry.status */
#define VMA_REGULAR      0x1
#define VMA_STACK        0x2
#define VMA_VSYSCALL     0x4
#define VMA_VDSO         0x8
#define VMA_HEAP         0x20
#define VMA_FILE_PRIVATE 0x40
#define VMA_FILE_SHARED  0x80
#define VMA_ANON_SHARED  0x100
#define VMA_ANON_PRIVATE 0x200
#define VMA_SYSV         0x400
#define VMA_SOCKET       0x800
#define VMA_VVAR         0x1000
#define VMA_AIO_RING     0x2000
#define VMA_MEMFD        0x4000
#define VMA_SHSTK        0x8000
#define VMA_GUARD        0x10000
#define VMA_UPROBES      0x20000

/* task_core_entry.task_state */
enum { TASK_ALIVE = 1, TASK_DEAD = 2, TASK_STOPPED = 3 };

/* pagemap_entry.flags */
#define PE_PARENT  0x1
#define PE_LAZY    0x2
#define PE_PRESENT 0x4

/* fdinfo_entry.flags */
#define FD_ENTRY_CLOEXEC 1

/* inventory_entry.img_version */
#define IMG_VERSION 2

/* task_core_entry.exit_signal of ours: no signal at all, as 0 cannot be told from SIGCHLD left out. */
#define EXIT_SIGNAL_NONE 1000

#endif
