// SPDX-License-Identifier: GPL-2.0-only
/* What the files that save open files share. */
#ifndef OBJECTS_FILES_DUMP_H
#define OBJECTS_FILES_DUMP_H

#include "files.h"
#include "files_look.h"
#include "identity.h"

struct dump_files {
	struct open_files *open;
	struct tables *tables; /* files_table.c */
	FileEntry **entry;     /* as they are written */
	unsigned int n, cap, n_first;
};

struct tables *tables_new(void);
void tables_free(struct tables *all);
/* Has ready what the first descriptor is looked at with. */
void tables_prepare(struct tables *all, int any_fd);

/* Saves what was looked at, unless that has been done. what and spare: as in struct fd_view. */
int files_dump_looked_at(struct dump *d, struct fd_look *l, pid_t pid, const char *what, int *spare,
			 struct open_file *f);

#endif
