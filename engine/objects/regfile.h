// SPDX-License-Identifier: GPL-2.0-only
/* Files with a path, also where no descriptor leads to them. */
#ifndef OBJECTS_REGFILE_H
#define OBJECTS_REGFILE_H

#include "engine/objects/files.h"

/* Does the path lead to this very file? Symbolic links are not followed at its end. */
bool path_leads_to(const char *path, const struct stat *st);

/*
 * Saves the file behind `copy` (an O_PATH descriptor will do) as an entry of its own that no
 * descriptor refers to: an executable, a working directory, the file of a mapping. open_flags is
 * what it must be opened with. what: "its executable" and the like, for messages.
 */
int regfile_dump_extra(struct dump *d, pid_t pid, int copy, int open_flags, const char *what,
		       uint32_t *id);

/*
 * In a task: opens such a file. The result is the caller's. what: for messages.
 */
int regfile_open_extra(struct restore *r, uint32_t id, int open_flags, const char *what);

/* Is there such an entry, and is it a regular file or whatever else has a path? */
bool regfile_exists(const struct restore *r, uint32_t id);

/* The fifo module's files have a path as well. */
int regfile_fill(const struct fd_view *v, uint32_t id, RegFileEntry **ret);
int regfile_open(struct restore *r, struct restore_file *f);
/* The flags of an open file, as open(2) of a path that exists takes them. */
int regfile_open_flags(unsigned int flags);
/* Position and hints of a file just opened. */
int regfile_settle(const RegFileEntry *img, int fd);

#endif
