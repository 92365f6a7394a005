// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches on files that nobody has open, on a file system that opens no file by its handle: an
 * overlay, as containers have. Their names must be looked for, where the engine is told to look.
 */
#include <sys/inotify.h>
#include <sys/mount.h>

#include "zdtm.h"

/* In the arena's own mount namespace. */
#define PLACE "/mnt"

static const char *const names[] = { PLACE "/lower", PLACE "/deep/er/upper", PLACE "/deep" };
#define N 3

static struct {
	int fd, wd[N];
} was;

static void touch(const char *name)
{
	SYS(close(SYS(open(name, O_CREAT | O_WRONLY, 0600))));
}

static void setup(void)
{
	char *here = SYS_PTR(getcwd(NULL, 0)), options[1000];

	SYS(mkdir("l", 0755));
	SYS(mkdir("u", 0755));
	SYS(mkdir("w", 0755));
	touch("l/lower");
	snprintf(options, sizeof(options), "lowerdir=%s/l,upperdir=%s/u,workdir=%s/w", here, here,
		 here);
	if (mount("overlay", PLACE, "overlay", 0, options) < 0) {
		if (errno != ENODEV)
			t_die("mount: %s, %s", strerror(errno), options);
		t_skip("no overlay file system");
	}
	SYS(mkdir(PLACE "/deep", 0755));
	SYS(mkdir(PLACE "/deep/er", 0755));
	touch(names[1]);
	was.fd = SYS(inotify_init1(IN_NONBLOCK));
	for (int i = 0; i < N; i++)
		was.wd[i] = SYS(inotify_add_watch(was.fd, names[i], IN_ATTRIB));
}

static void check(void)
{
	EXPECT_NO_NOTICE(was.fd);
	for (int i = 0; i < N; i++) {
		SYS(utimensat(AT_FDCWD, names[i], NULL, 0));
		EXPECT_NOTICE(was.fd, was.wd[i], IN_ATTRIB | (i == 2 ? IN_ISDIR : 0), "");
		EXPECT_NO_NOTICE(was.fd);
	}
}

ZDTM_TEST = {
	.doc = "watches whose files are found by their names",
	.object = "inotify",
	.needs = LIST("inotify.fdinfo"),
	/* mount(), and what overlayfs does to its work directory in our name. */
	.caps = CAP_BIT(CAP_SYS_ADMIN) | CAP_BIT(CAP_DAC_OVERRIDE),
	.engine = LIST("--force-irmap", "--irmap-scan-path=" PLACE),
	.setup = setup,
	.check = check,
};
