// SPDX-License-Identifier: GPL-2.0-only
/* Files with a path, also where no descriptor leads to them. */
#ifndef OBJECTS_REGFILE_H
#define OBJECTS_REGFILE_H

#include "engine/objects/files.h"

/* Does the path lead to this very file? Symbolic links are not followed at its end. */
bool path_leads_to(const char *path, const struct stat *st);

/* In a task: opens a file of the images by its path. */
int regfile_open_by_path(struct restore *r, struct restore_file *f, int open_flags);

/* Other modules' files have a path as well: the one that leads to it, or one they know better. */
int regfile_fill_at(const struct fd_view *v, uint32_t id, const char *path, RegFileEntry **ret);
int regfile_fill(const struct fd_view *v, uint32_t id, RegFileEntry **ret);
int regfile_open(struct restore *r, struct restore_file *f);
/* The flags of an open file, as open(2) of a path that exists takes them. */
int regfile_open_flags(unsigned int flags);
/* Position and hints of a file just opened. */
int regfile_settle(const RegFileEntry *img, int fd);

#endif
