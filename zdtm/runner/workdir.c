// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"
#include "workdir.h"

static char *base;
static bool is_theirs; /* a folder somebody named: what else is in it is not ours to remove */

const char *workdir(void)
{
	const char *where = getenv("TMPDIR");
	char *tmp;

	if (base)
		return base;
	if (!where || !*where)
		where = "/tmp";
	tmp = realpath(where, NULL);
	if (!tmp)
		cannot_test("%s: %s", where, strerror(errno));
	if (asprintf(&base, "%s/zdtm-XXXXXX", tmp) < 0)
		die("out of memory");
	free(tmp);
	/* Tests that are somebody else by the time they are restored come through here. */
	if (!mkdtemp(base) || chmod(base, 0755) < 0)
		cannot_test("cannot make %s: %s", base, strerror(errno));
	return base;
}

void workdir_name(const char *path)
{
	if ((mkdir(path, 0755) < 0 && errno != EEXIST) || !(base = realpath(path, NULL)))
		cannot_test("cannot make %s: %s", path, strerror(errno));
	is_theirs = true;
}

void workdir_drop(void)
{
	if (base && !is_theirs)
		remove_tree(base);
}

void workdir_put(void)
{
	if (base && rmdir(base) == 0)
		base = NULL;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	remove(path);
	return 0;
}

void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
