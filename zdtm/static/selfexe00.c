// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/PID/exe of running programs: this one, and others whose file is called by odd bytes, has a
 * second name, by which it was not executed, or may be executed and not read. The link's text and the
 * file behind it stay the same.
 */
#include <limits.h>

#include "zdtm.h"

enum { THIS, ODD_NAME, SECOND_NAME, UNREADABLE };

static struct {
	pid_t pid;
	int pipe[2], began[2];
	char *text;
	struct stat st;
} was;

static void runs(long fds)
{
	char byte;

	t_write(fds >> 16, "b", 1);
	t_read(fds & 0xffff, &byte, 1);
	EXPECT_EQ(byte, 'g');
}

static void executes(long fd)
{
	t_exec(fd, runs, (long)was.began[1] << 16 | was.pipe[0]);
}

static const char *exe(void)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", was.pid);
	return path;
}

static void execute(const char *name)
{
	int fd = SYS(open(name, O_WRONLY | O_CREAT, 0700));
	char byte;

	t_copy_program(fd);
	if (variant->arg == UNREADABLE)
		SYS(fchmod(fd, 0111));
	SYS(close(fd));
	if (variant->arg == SECOND_NAME) {
		SYS(link(name, "again"));
		name = "again";
	}
	/* O_PATH asks for no permission to read it. */
	fd = SYS(open(name, O_PATH | O_CLOEXEC));
	SYS(pipe(was.pipe));
	SYS(pipe(was.began));
	was.pid = t_fork(executes, fd);
	SYS(close(fd));
	t_read(was.began[0], &byte, 1);
	t_wait_state(was.pid, 'S');
}

static void setup(void)
{
	if (variant->arg == THIS)
		was.pid = getpid();
	else
		execute(variant->arg == ODD_NAME ? " \"\\\n\xff (deleted)" : "program");
	was.text = t_link(exe());
	SYS(stat(exe(), &was.st));
}

static void check(void)
{
	struct stat st;

	EXPECT_STR(t_link(exe()), was.text);
	SYS(stat(exe(), &st));
	EXPECT_EQ(st.st_dev, was.st.st_dev);
	EXPECT_EQ(st.st_ino, was.st.st_ino);
	SYS(stat(was.text, &st));
	EXPECT_EQ(st.st_ino, was.st.st_ino);
	if (variant->arg == THIS)
		return;
	t_write(was.pipe[1], "g", 1);
	t_join(was.pid);
}

ZDTM_TEST = {
	.doc = "a running program is called what it was called",
	.object = "mm",
	.caps = CAP_BIT(CAP_SYS_PTRACE), /* who runs what he may not read is nobody's to look at */
	.variants = VARIANTS({ "this", THIS }, { "odd_name", ODD_NAME },
			     { "second_name", SECOND_NAME }, { "unreadable", UNREADABLE }),
	.setup = setup,
	.check = check,
};
