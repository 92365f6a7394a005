// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers of /proc. They fail as system calls do: NULL or -1, and errno; ENODATA when the file is
 * there but has no such line. A pid of 0 is the calling task. Strings are malloc()ed and stay.
 */
#ifndef FEATURE_PROBES_FRAME_PROC_H
#define FEATURE_PROBES_FRAME_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

/* A whole text file, NUL-terminated. */
char *slurp(const char *path_fmt, ...) __attribute__((format(printf, 1, 2)));

/* Takes a text apart, line by line. */
#define for_each_line(line, text)                                                                  \
	for (char *save_ = NULL, *line = strtok_r(text, "\n", &save_); line;                       \
	     line = strtok_r(NULL, "\n", &save_))

/* What follows "key:" and blanks on the first line that has it. */
char *text_field(const char *text, const char *key);
char *status_field(pid_t pid, const char *key);
char *fdinfo_field(pid_t pid, int fd, const char *key);

/* A field of /proc/PID/stat by its number in proc(5); the comm may hold blanks and brackets. */
char *stat_field(pid_t pid, int number);

/* The first key of a fdinfo that is not among the known ones ("pos", "flags"...), or NULL. */
char *fdinfo_unknown(pid_t pid, int fd, const char *const *known);

/* Whether the kernel's command line has a word: "vdso=0". */
bool booted_with(const char *word);

/* A write to read-only memory through /proc/PID/mem was refused: says why, absent. */
_Noreturn void forced_write_refused(void);

/* Whether /proc/cpuinfo has a word among the flags (features) of the first CPU. */
bool cpu_has(const char *flag);

struct vma {
	unsigned long start, end, pgoff, ino;
	unsigned int major, minor;
	char perms[5];
	char name[512]; /* "" when there is none */
};

/* The mapping an address lies in. ENOENT when there is none. */
int vma_at(pid_t pid, const void *addr, struct vma *ret);

/* All mappings in order, in memory of *ret; their number. */
int vma_all(pid_t pid, struct vma **ret);

/* The first one of that name. ENOENT when there is none. */
int vma_named(pid_t pid, const char *name, struct vma *ret);

/* The VmFlags letters of the mapping an address lies in: "rd wr mr mw me ac ". */
char *vma_flags(pid_t pid, const void *addr);

/* Whether a letter pair is there; NEEDs the line. */
bool vma_flag(pid_t pid, const void *addr, const char *letters);

/* One entry of /proc/PID/pagemap; NEEDs the file. */
uint64_t pagemap_of(pid_t pid, const void *addr);

#endif
