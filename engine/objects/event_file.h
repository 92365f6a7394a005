// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of procfs, sysfs and cgroups that poll(2) tells of events: what the open file knows of them,
 * and no other of the same name.
 */
#ifndef OBJECTS_EVENT_FILE_H
#define OBJECTS_EVENT_FILE_H

#include "files.h"
#include "proto/regfile.pb-c.h"

/* Refuses what nobody can read: a trigger of pressure. */
int event_file_dump(const struct fd_view *v, RegFileEntry *img);
/* Of one that was opened anew. */
int event_file_restore(const RegFileEntry *img, int fd);

#endif
