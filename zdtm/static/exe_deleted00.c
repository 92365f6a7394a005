// SPDX-License-Identifier: GPL-2.0-only
/*
 * A running program whose file is not where it was: renamed, unlinked, replaced by another one, or
 * without a name from the beginning. What /proc/PID/exe opens has the program's bytes, and what it
 * is called is what it was called. criu 4.2 cannot restore one that is in a memfd.
 */
#include <limits.h>

#include "zdtm.h"

enum { UNLINKED, REPLACED, RENAMED, MEMFD };

static struct {
	pid_t child;
	int pipe[2];
	char link[PATH_MAX];
	uint64_t sum;
	struct stat st;
} was;

static void runs(long fd)
{
	char byte;

	t_read(fd, &byte, 1);
	EXPECT_EQ(byte, 'g');
}

static void executes(long fd)
{
	t_exec(fd, runs, was.pipe[0]);
}

static const char *exe_of(pid_t pid)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return path;
}

static uint64_t sum_of(const char *path, struct stat *st)
{
	int fd = SYS(open(path, O_RDONLY));
	uint64_t sum;
	void *p;

	SYS(fstat(fd, st));
	p = SYS(mmap(NULL, st->st_size, PROT_READ, MAP_PRIVATE, fd, 0));
	sum = t_sum(p, st->st_size);
	SYS(munmap(p, st->st_size));
	SYS(close(fd));
	return sum;
}

static int make_program(void)
{
	int fd = variant->arg == MEMFD ? SYS(memfd_create("program", MFD_CLOEXEC))
				       : SYS(open("program", O_CREAT | O_RDWR | O_CLOEXEC, 0700));
	int again;

	t_copy_program(fd);
	/* One that is open for writing cannot be executed. */
	again = SYS(
		open(variant->arg == MEMFD ? "/proc/self/fd/3" : "program", O_RDONLY | O_CLOEXEC));
	SYS(close(fd));
	return again;
}

static void setup(void)
{
	int fd;

	fd = make_program();
	SYS(pipe(was.pipe));
	was.child = t_fork(executes, fd);
	SYS(close(fd));
	t_wait_syscall(was.child, SYS_read);
	if (variant->arg == UNLINKED)
		SYS(unlink("program"));
	if (variant->arg == RENAMED)
		SYS(rename("program", "moved"));
	if (variant->arg == REPLACED) {
		SYS(close(SYS(open("other", O_CREAT | O_WRONLY, 0644))));
		SYS(rename("other", "program"));
	}
	SYS(readlink(exe_of(was.child), was.link, sizeof(was.link) - 1));
	was.sum = sum_of(exe_of(was.child), &was.st);
}

static void check(void)
{
	char link[PATH_MAX] = "";
	struct stat now;

	SYS(readlink(exe_of(was.child), link, sizeof(link) - 1));
	/*
	 * Where there is another file by that name, nobody can be asked to give the text to both.
	 */
	if (variant->arg == REPLACED)
		EXPECT(strstr(link, " (deleted)"));
	else
		EXPECT_STR(link, was.link);
	EXPECT_EQ(sum_of(exe_of(was.child), &now), was.sum);
	EXPECT_EQ(now.st_nlink, variant->arg == RENAMED);
	EXPECT_EQ(now.st_mode, was.st.st_mode);
	if (variant->arg == REPLACED) {
		SYS(stat("program", &now));
		EXPECT_EQ(now.st_size, 0);
	} else {
		EXPECT_ERRNO(access("program", F_OK), ENOENT);
	}
	t_write(was.pipe[1], "g", 1);
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "a program whose file has gone or moved goes on, and is called as before",
	.object = "mm",
	.engine = LIST("--ghost-limit=2M"),
	.variants = VARIANTS({ "unlinked", UNLINKED }, { "replaced", REPLACED },
			     { "renamed", RENAMED }, { "memfd", MEMFD }),
	.setup = setup,
	.check = check,
};
