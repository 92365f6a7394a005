// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread that has parted from its process: a working directory, root and umask of its own, or its
 * own table of descriptors with one that the others do not have. criu 4.2 gives it the main
 * thread's.
 */
#include <sched.h>

#include "zdtm.h"

#define FD 100

enum { READY, GO };

static pthread_t parted;

static void has_own_fs(long unused)
{
	struct stat st;

	SYS(unshare(CLONE_FS));
	SYS(mkdir("below", 0755));
	SYS(chdir("below"));
	umask(0123);
	t_wake(READY);
	t_wait(GO);
	SYS(close(SYS(open("new", O_CREAT | O_WRONLY, 0777))));
	SYS(stat("../below/new", &st));
	EXPECT_EQ(st.st_mode & 0777, 0777 & ~0123);
}

static void has_own_files(long unused)
{
	SYS(unshare(CLONE_FILES));
	SYS(dup2(0, FD));
	t_wake(READY);
	t_wait(GO);
	EXPECT_EQ(fcntl(FD, F_GETFD), 0);
}

static void setup(void)
{
	umask(022);
	parted = t_thread(variant->arg == CLONE_FS ? has_own_fs : has_own_files, 0);
	t_wait(READY);
}

static void check(void)
{
	EXPECT_EQ(umask(0), 022);
	EXPECT_ERRNO(access("new", F_OK), ENOENT);
	EXPECT_ERRNO(fcntl(FD, F_GETFD), EBADF);
	t_wake(GO);
	t_thread_join(parted);
}

ZDTM_TEST = {
	.doc = "a thread keeps the working directory, or descriptors, that only it has",
	.object = "task",
	.demand = KEEP_OR_REFUSE,
	.variants = VARIANTS({ "fs", CLONE_FS },
			     { "files", CLONE_FILES, .known_as = "static/thread_files00" }),
	.setup = setup,
	.check = check,
};
