// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <limits.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "say.h"
#include "tree.h"

static const char *prefix(void)
{
	static char self[PATH_MAX];
	char *cut;

	if (self[0])
		return self;
	if (read_link_at(AT_FDCWD, "/proc/self/exe", self, sizeof(self)) < 0)
		die("cannot tell where this program lies: no /proc/self/exe");
	for (int i = 0; i < 2; i++) {
		cut = strrchr(self, '/');
		if (cut)
			*cut = '\0';
	}
	return self;
}

const char *tree_path(const char *rest)
{
	char *path;

	if (asprintf(&path, "%s/%s", prefix(), rest) < 0)
		die("out of memory");
	return path;
}
