// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/kernel/procfs.h"
#include "places.h"

enum answer place_open(int *dir)
{
	_cleanup_close_ int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);

	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return no_err(-errno, "a tmpfs to try it on");
	*dir = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	return *dir < 0 ? no_err(-errno, "a tmpfs to try it on") : YES;
}

enum answer place_make_own(void)
{
	_cleanup_close_ int dir = -EBADF;
	enum answer a = place_open(&dir);

	if (a != YES)
		return a;
	/* On top of the root directory: absolute paths lead to what is below it, as before. */
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    move_mount(dir, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 || fchdir(dir) < 0)
		return no_err(-errno, "to mount a tmpfs");
	return YES;
}

int new_file(void)
{
	return memfd_create("refcr check", MFD_CLOEXEC);
}

int read_fdinfo(int fd, struct buf *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	return proc_read_single(AT_FDCWD, path, text);
}
