// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors at every power of two below half of what there may be, and a child after each of them:
 * half of the children have their parent's table, the others a copy of what there was by then. All
 * have the file at those numbers and nothing else, whatever numbers an engine has used meanwhile.
 */
#include <dirent.h>
#include <sched.h>
#include <sys/resource.h>

#include "zdtm.h"

#define MOST 32

enum { READY, GO };

static struct {
	int n, file;
	rlim_t limit;
	pid_t child[MOST];
} was;

static int number(int i)
{
	return 8 << i;
}

static int count_open(void)
{
	DIR *dir = SYS_PTR(opendir("/proc/self/fd"));
	int n = -1; /* the directory itself */

	for (struct dirent *d; (d = readdir(dir));)
		n += d->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* The first `n` of them. */
static void expect_open(int n)
{
	struct rlimit limit;

	for (int i = 0; i < n; i++)
		EXPECT(t_same_file(number(i), was.file));
	SYS(getrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(limit.rlim_cur, was.limit);
}

static void shares(long unused)
{
	t_wake(READY);
	t_wait(GO);
	expect_open(was.n);
}

static void has_copy(long n)
{
	t_wake(READY);
	t_wait(GO);
	expect_open(n);
	EXPECT_EQ(count_open(), 4 + n); /* stdin, the log twice, the file */
}

static void setup(void)
{
	struct rlimit limit;

	SYS(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = was.limit = limit.rlim_max;
	SYS(setrlimit(RLIMIT_NOFILE, &limit));
	was.file = SYS(open("file", O_RDWR | O_CREAT, 0600));
	for (int i = 0; i < MOST && (rlim_t)number(i) < limit.rlim_max / 2; i++) {
		bool copy = i % 2;

		SYS(dup2(was.file, number(i)));
		was.child[i] =
			t_clone(copy ? 0 : CLONE_FILES, SIGCHLD, copy ? has_copy : shares, i + 1);
		was.n = i + 1;
	}
	for (int i = 0; i < was.n; i++)
		t_wait(READY);
}

static void check(void)
{
	expect_open(was.n);
	EXPECT_EQ(count_open(), 4 + was.n);
	for (int i = 0; i < was.n; i++)
		t_wake(GO);
	for (int i = 0; i < was.n; i++)
		t_join(was.child[i]);
}

ZDTM_TEST = {
	.doc = "descriptors stay at their numbers, however high, in tables of one's own or shared",
	.object = "task",
	.timeout = 60,
	.setup = setup,
	.check = check,
};
