// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that runs on while its file is gone: removed, or replaced by another one, as every
 * upgrade does. /proc/PID/exe says so, and leads to the program that runs: programs that start
 * themselves anew after an upgrade go by that name.
 *
 * criu 4.2 loses the name of one that was replaced: "program.cr_link (deleted)".
 */
#include "zdtm.h"

enum { IN_PLACE, UNLINKED, REPLACED };

static struct {
	int in, out;
	pid_t child;
} was;

static void copy(const char *from, const char *to)
{
	char some[16384];
	int in = SYS(open(from, O_RDONLY)), out = SYS(open(to, O_WRONLY | O_CREAT, 0700));
	ssize_t n;

	while ((n = SYS(read(in, some, sizeof(some)))) > 0)
		t_write(out, some, n);
	SYS(close(in));
	SYS(close(out));
}

static bool same_content(const char *a, const char *b)
{
	int fds[] = { SYS(open(a, O_RDONLY)), SYS(open(b, O_RDONLY)) };
	struct stat st[2];
	char *at[2];
	bool same;

	for (int i = 0; i < 2; i++) {
		SYS(fstat(fds[i], &st[i]));
		at[i] = SYS(mmap(NULL, st[i].st_size, PROT_READ, MAP_PRIVATE, fds[i], 0));
		SYS(close(fds[i]));
	}
	same = st[0].st_size == st[1].st_size && memcmp(at[0], at[1], st[0].st_size) == 0;
	for (int i = 0; i < 2; i++)
		SYS(munmap(at[i], st[i].st_size));
	return same;
}

static void setup(void)
{
	int in[2], out[2];

	copy("/bin/cat", "program");
	SYS(pipe2(in, O_CLOEXEC));
	SYS(pipe2(out, O_CLOEXEC));
	was.child = SYS(fork());
	if (was.child == 0) {
		SYS(dup2(in[0], 0));
		SYS(dup2(out[1], 1));
		SYS(execl("./program", "program", NULL));
	}
	SYS(close(in[0]));
	SYS(close(out[1]));
	was.in = in[1];
	was.out = out[0];
	t_wait_syscall(was.child, SYS_read);
	if (variant->arg == UNLINKED)
		SYS(unlink("program"));
	if (variant->arg == REPLACED) {
		copy("/bin/echo", "new");
		SYS(rename("new", "program"));
	}
}

static void check(void)
{
	char path[32], text[1000], cwd[500], got[5];
	struct stat st, now;

	snprintf(path, sizeof(path), "/proc/%d/exe", was.child);
	SYS_PTR(getcwd(cwd, sizeof(cwd)));
	snprintf(text, sizeof(text), "%s/program%s", cwd,
		 variant->arg == IN_PLACE ? "" : " (deleted)");
	EXPECT_STR(t_link(path), text);
	EXPECT(same_content(path, "/bin/cat"));
	SYS(stat(path, &st));
	EXPECT_EQ(st.st_nlink, variant->arg == IN_PLACE);
	if (variant->arg == REPLACED) {
		EXPECT(same_content("program", "/bin/echo"));
		SYS(stat("program", &now));
		EXPECT_NE(now.st_ino, st.st_ino);
	}

	t_write(was.in, "hello", 5);
	t_read(was.out, got, 5);
	EXPECT_MEM(got, "hello", 5);
	SYS(close(was.in));
	EXPECT_EQ(t_reap(was.child), 0);
}

ZDTM_TEST = {
	.doc = "a program whose file was removed or replaced runs on, and exe leads to it",
	.object = "mm",
	.variants = VARIANTS({ "in_place", IN_PLACE }, { "unlinked", UNLINKED },
			     { "replaced", REPLACED }),
	.setup = setup,
	.check = check,
};
