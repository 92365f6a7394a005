// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names that terminals were opened by: a master by the ptmx of its devpts, and both ends in an
 * instance mounted at a place with an odd name. criu 4.2 looks for that in the first instance.
 */
#include <sys/mount.h>
#include <sys/ioctl.h>

#include "zdtm.h"

#define FDS 4

static struct {
	int fd[FDS];
	char *path[FDS];
} was;

static int ptmx_at(const char *path)
{
	int fd = SYS(open(path, O_RDWR | O_NOCTTY));

	SYS(unlockpt(fd));
	return fd;
}

static void setup(void)
{
	was.fd[0] = ptmx_at("/dev/pts/ptmx");
	was.fd[1] = t_pts(was.fd[0], O_RDWR | O_NOCTTY);
	SYS(mkdir("with blank\n", 0755));
	SYS(mount("devpts", "with blank\n", "devpts", 0, "newinstance,ptmxmode=0666"));
	was.fd[2] = ptmx_at("with blank\n/ptmx");
	was.fd[3] = SYS(open("with blank\n/0", O_RDWR | O_NOCTTY));
	for (int i = 0; i < FDS; i++)
		was.path[i] = t_fd_path(was.fd[i]);
}

static void check(void)
{
	for (int i = 0; i < FDS; i++)
		EXPECT_STR(t_fd_path(was.fd[i]), was.path[i]);
	for (int i = 0; i < FDS; i += 2) {
		t_raw(was.fd[i + 1]);
		t_write(was.fd[i], "in", 2);
		EXPECT_READS(was.fd[i + 1], "in");
	}
	EXPECT_STR(ptsname(was.fd[0]), "/dev/pts/0");
}

ZDTM_TEST = {
	.doc = "terminals are found by the names they were opened by",
	.object = "tty",
	.flavors = ZDTM_HOST | ZDTM_NS,
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* mount() */
	.setup = setup,
	.check = check,
};
