// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files whose path does not lead to them any more. One without any name left is a ghost: the whole
 * file travels in the image. One that has other names, which nobody can find from the inode, is
 * reached by a link remap: a hard link made at dump beside the old path, taken away at restore.
 */
#ifndef OBJECTS_REMAP_H
#define OBJECTS_REMAP_H

#include "engine/objects/files.h"

/* ---- dump ---- */

/* Saves the ghost behind v->copy (once for each inode) and notes that entry `id` needs it. */
int remap_dump_ghost(const struct fd_view *v, uint32_t id, const char *path);

/* An entry that was noted for this ghost; 0: there is none. */
uint32_t remap_dumped_ghost(const struct stat *st);

/* Makes a hard link (once for each inode) and notes that entry `id` is reached by it. */
int remap_dump_link(const struct fd_view *v, uint32_t id, const char *path);

/* Notes that entry `id` is a file of /proc/PID, whose task has ended. */
int remap_dump_proc(const struct fd_view *v, uint32_t id, pid_t pid);

/* Writes remap-fpath.img, if anything was remapped. */
int remap_dump_end(struct dump *d);

/* The dump failed: takes the links away again. */
void remap_dump_undo(void);

/* ---- restore ---- */

/* Plans the helpers that have a dead pid for as long as files of /proc/PID are opened. */
int remap_plan_helpers(struct restore *r);

/* Reads remap-fpath.img and opens in main every file that it mentions. */
int remap_prepare(struct restore *r);

/* Takes away the temporary links of a restore that worked; of one that did not they are needed. */
void remap_finish(struct restore *r, bool ok);

#endif
