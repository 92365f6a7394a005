// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three devpts instances, each with a pty number 0, and the last with a second one: each end stays
 * with its own. In a variant the way to make one is a ptmx mounted elsewhere. criu 4.2 takes them for
 * one and the same.
 */
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "zdtm.h"

#define PTYS 4

static struct {
	int master[PTYS], slave[PTYS];
	struct stat node[PTYS];
	char *path[PTYS];
} was;

static int open_in(const char *dir)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/ptmx", dir);
	if (variant->arg && strcmp(dir, "b") == 0) {
		SYS(close(SYS(creat("make", 0600))));
		SYS(mount(path, "make", NULL, MS_BIND, NULL));
		snprintf(path, sizeof(path), "make");
	}
	fd = SYS(open(path, O_RDWR | O_NOCTTY));
	SYS(ioctl(fd, TIOCSPTLCK, &(int){ 0 }));
	return fd;
}

static void setup(void)
{
	static const char *const dirs[PTYS] = { "/dev/pts", "a", "b", "b" };

	for (int i = 1; i < 3; i++) {
		SYS(mkdir(dirs[i], 0755));
		SYS(mount("devpts", dirs[i], "devpts", 0, "newinstance,ptmxmode=0666"));
	}
	for (int i = 0; i < PTYS; i++) {
		char name[64];

		was.master[i] = i == 0 ? t_ptmx(O_RDWR) : open_in(dirs[i]);
		snprintf(name, sizeof(name), "%s/%d", dirs[i], i == 3);
		was.slave[i] = SYS(open(name, O_RDWR | O_NOCTTY));
		t_raw(was.slave[i]);
		SYS(fstat(was.slave[i], &was.node[i]));
		was.path[i] = t_fd_path(was.slave[i]);
		t_write(was.master[i], &"ABCD"[i], 1);
	}
}

static void check(void)
{
	for (int i = 0; i < PTYS; i++) {
		char got = 0;
		int index = -1;
		struct stat now;

		SYS(ioctl(was.master[i], TIOCGPTN, &index));
		EXPECT_EQ(index, i == 3);
		SYS(fstat(was.slave[i], &now));
		EXPECT_EQ(now.st_dev, was.node[i].st_dev);
		EXPECT_EQ(now.st_ino, was.node[i].st_ino);
		EXPECT_STR(t_fd_path(was.slave[i]), was.path[i]);
		t_read(was.slave[i], &got, 1);
		EXPECT_EQ(got, "ABCD"[i]);
		t_write(was.slave[i], &"abcd"[i], 1);
		t_read(was.master[i], &got, 1);
		EXPECT_EQ(got, "abcd"[i]);
	}
}

ZDTM_TEST = {
	.doc = "ptys of one number in several devpts instances are not mixed up",
	.object = "tty",
	.flavors = ZDTM_HOST | ZDTM_NS,
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* mount() */
	.variants = VARIANTS({ "mounts", 0 }, { "bound", 1 }),
	.setup = setup,
	.check = check,
};
