// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of another process: by process_vm_readv(2), or through /proc/PID/mem where the kernel
 * has no such call (CONFIG_CROSS_MEMORY_ATTACH).
 */
#ifndef KERNEL_VM_H
#define KERNEL_VM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How many bytes there were up to the first that is not mapped; -errno when there are none. */
ssize_t vm_peek(pid_t pid, void *to, uint64_t from, size_t n);

/* All of it or -errno. */
int vm_read(pid_t pid, void *to, uint64_t from, size_t n);
int vm_write(pid_t pid, uint64_t to, const void *data, size_t n);

#endif
