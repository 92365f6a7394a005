// SPDX-License-Identifier: GPL-2.0-only
/*
 * An inotify watches for everything on what a restore has to open, map or make: the program
 * itself, the working directory, files that are open, mapped, without a name, or without the name
 * they were opened by, and a directory above such. It must see nothing of all that. One watch is
 * one-shot, and would be gone.
 *
 * criu 4.2 is seen when it dumps the program.
 */
#include <sys/inotify.h>

#include "zdtm.h"

/* The runner lists the directories while the test stands still. */
#define DIR_EVENTS (IN_ALL_EVENTS & ~(IN_OPEN | IN_ACCESS | IN_CLOSE_NOWRITE))

enum { PROGRAM, HERE, DIR, OPEN, MAPPED, NAMELESS, RENAMED, N };

static struct {
	int fd, wd[N], file[N];
	char *map;
	struct t_mark mark[N];
} was;

static int make(const char *name)
{
	int fd = SYS(open(name, O_CREAT | O_RDWR, 0600));

	t_fill(fd, 2 * T_PAGE);
	return fd;
}

static int watch(const char *path, uint32_t mask)
{
	return SYS(inotify_add_watch(was.fd, path, mask));
}

static void setup(void)
{
	char *program = t_link("/proc/self/exe");

	SYS(mkdir("dir", 0700));
	was.file[OPEN] = make("dir/open");
	was.file[MAPPED] = make("dir/mapped");
	was.file[NAMELESS] = make("dir/nameless");
	was.file[RENAMED] = make("dir/name");
	was.map = SYS(mmap(NULL, T_PAGE, PROT_READ, MAP_PRIVATE, was.file[MAPPED], 0));
	SYS(link("dir/name", "other"));

	/* Behind the files, so that it comes later to whoever saves one after the other. */
	was.fd = SYS(inotify_init1(IN_NONBLOCK));
	was.wd[PROGRAM] = watch(program, IN_ALL_EVENTS);
	was.wd[HERE] = watch(".", DIR_EVENTS);
	was.wd[DIR] = watch("dir", DIR_EVENTS | IN_ONESHOT);
	was.wd[OPEN] = watch("dir/open", IN_ALL_EVENTS);
	was.wd[MAPPED] = watch("dir/mapped", IN_ALL_EVENTS);
	was.wd[NAMELESS] = watch("dir/nameless", IN_OPEN | IN_CLOSE | IN_ACCESS);
	was.wd[RENAMED] = watch("dir/name", IN_OPEN | IN_CLOSE | IN_ACCESS);
	free(program);
	/* The one-shot watch is used up by that, and made again. */
	SYS(unlink("dir/nameless"));
	SYS(unlink("dir/name"));
	EXPECT_NOTICE(was.fd, was.wd[DIR], IN_DELETE, "nameless");
	EXPECT_NOTICE(was.fd, was.wd[DIR], IN_IGNORED, "");
	was.wd[DIR] = watch("dir", DIR_EVENTS | IN_ONESHOT);
	EXPECT_NO_NOTICE(was.fd);
	EXPECT_EQ(t_marks(was.fd, was.mark, N), N);
}

static void check(void)
{
	struct t_mark now[N];

	EXPECT_NO_NOTICE(was.fd);
	EXPECT_EQ(t_marks(was.fd, now, N), N);
	for (int i = 0; i < N; i++) {
		EXPECT_EQ(now[i].wd, was.mark[i].wd);
		EXPECT_EQ(now[i].mask, was.mark[i].mask);
	}
	SYS(fchmod(was.file[OPEN], 0640));
	EXPECT_NOTICE(was.fd, was.wd[DIR], IN_ATTRIB, "open");
	EXPECT_NOTICE(was.fd, was.wd[DIR], IN_IGNORED, "");
	EXPECT_NOTICE(was.fd, was.wd[OPEN], IN_ATTRIB, "");
	SYS(close(was.file[NAMELESS]));
	EXPECT_NOTICE(was.fd, was.wd[NAMELESS], IN_CLOSE_WRITE, "");
	EXPECT_NOTICE(was.fd, was.wd[NAMELESS], IN_IGNORED, "");
	SYS(close(SYS(open("other", O_WRONLY))));
	EXPECT_NOTICE(was.fd, was.wd[RENAMED], IN_OPEN, "");
	EXPECT_NOTICE(was.fd, was.wd[HERE], IN_CLOSE_WRITE, "other");
	EXPECT_NOTICE(was.fd, was.wd[RENAMED], IN_CLOSE_WRITE, "");
	EXPECT_NO_NOTICE(was.fd);
}

ZDTM_TEST = {
	.doc = "an inotify sees nothing of its task being restored",
	.object = "inotify",
	.needs = LIST("inotify.fdinfo"),
	.engine = LIST("--link-remap"),
	.setup = setup,
	.check = check,
};
