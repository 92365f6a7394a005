// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "images.h"
#include "spawn.h"

int images_make(struct images *i, const char *path, bool in_memory)
{
	int under;

	if (mkdir(path, 0755) < 0)
		return -errno;
	if (!in_memory || i->n == IMAGES_IN_MEMORY)
		return 0;
	under = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (under < 0 || mount("images", path, "tmpfs", 0, "mode=0755") < 0)
		return -errno;
	i->dir[i->n].path = strdup(path);
	i->dir[i->n++].under = under;
	return 0;
}

void copy_tree(const char *from, const char *to)
{
	_cleanup_free_ char *all = NULL;
	pid_t pid;

	if (asprintf(&all, "%s/.", from) < 0)
		return;
	mkdir(to, 0755);
	if (spawn_start(&(struct spawn){ .argv = LIST("/bin/cp", "-a", all, to) }, &pid) == 0)
		waitpid(pid, NULL, 0);
}

/* What lies under their mounts is a descriptor of the arena's init: ours. */
void images_keep(const struct images *i)
{
	for (unsigned int k = 0; k < i->n; k++) {
		char under[64];

		snprintf(under, sizeof(under), "/proc/1/fd/%d", i->dir[k].under);
		copy_tree(i->dir[k].path, under);
	}
}

void images_done(struct images *i)
{
	for (unsigned int k = 0; k < i->n; k++)
		free(i->dir[k].path);
}
