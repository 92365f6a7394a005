// SPDX-License-Identifier: GPL-2.0-only
/* Where a command keeps the files of its runs while it runs, and after that those worth keeping. */
#ifndef ZDTM_WORKDIR_H
#define ZDTM_WORKDIR_H

/*
 * A new directory below $TMPDIR, the same at every call; or one that the command line named. It goes
 * when workdir_put() finds it empty.
 */
const char *workdir(void);
void workdir_put(void);

/* Nobody will look at what is in it. Of a folder that was named nothing goes. */
void workdir_drop(void);

void workdir_name(const char *path);

/* Everything below a path, and the path; not across mounts. */
void remove_tree(const char *path);

#endif
