// SPDX-License-Identifier: GPL-2.0-only
/* "newc" cpio archives, as Documentation/driver-api/early-userspace/buffer-format.rst has them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/buf.h"
#include "engine/base/fd.h"
#include "initrd.h"
#include "say.h"

static void pad(FILE *f)
{
	while (ftell(f) % 4)
		fputc('\0', f);
}

static void header(FILE *f, const char *name, unsigned int mode, size_t size)
{
	static unsigned int inode = 1 << 20; /* none of the base's */

	fprintf(f, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", inode++, mode, 0,
		0, 1, 0, size, 0, 0, 0, 0, strlen(name) + 1, 0);
	fwrite(name, 1, strlen(name) + 1, f);
	pad(f);
}

void initrd_folder(FILE *f, const char *name)
{
	header(f, name, S_IFDIR | 0755, 0);
}

void initrd_file(FILE *f, const char *name, const void *data, size_t size)
{
	header(f, name, S_IFREG | 0644, size);
	fwrite(data, 1, size, f);
	pad(f);
}

FILE *initrd_begin(const char *path, const char *base)
{
	_cleanup_buf_ struct buf b = {};
	FILE *f = fopen(path, "we");

	if (!f || read_file_at(AT_FDCWD, base, &b) < 0)
		cannot_test("%s: %s", f ? base : path, strerror(errno));
	fwrite(b.data, 1, b.len, f);
	pad(f);
	return f;
}

void initrd_end(FILE *f, const char *path)
{
	header(f, "TRAILER!!!", 0, 0);
	if (fclose(f) != 0)
		cannot_test("%s could not be written: %s", path, strerror(errno));
}
