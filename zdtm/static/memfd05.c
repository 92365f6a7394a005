// SPDX-License-Identifier: GPL-2.0-only
/*
 * A script in a memfd that is mapped: to be written through the descriptor it was made with, and
 * privately through one that was opened for reading. None of that is write access that would keep it
 * from being executed (ETXTBSY), be the first descriptor closed by now.
 */
#include "zdtm.h"

enum { OPEN, CLOSED };

static struct {
	int fd, reader;
	char *shared, *priv;
} was;

static const char script[] = "#!/bin/sh\nexit 42\n";

static void run(long unused)
{
	char *argv[] = { "script", NULL }, *env[] = { NULL };

	SYS(syscall(SYS_execveat, was.reader, "", argv, env, AT_EMPTY_PATH));
}

static void expect_exits(int status)
{
	int got = t_reap(t_fork(run, 0));

	EXPECT(WIFEXITED(got));
	EXPECT_EQ(WEXITSTATUS(got), status);
}

static char *map(int fd, int flags)
{
	return SYS(mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE, flags, fd, 0));
}

static void setup(void)
{
	if (access("/bin/sh", X_OK) < 0)
		t_skip("there is no /bin/sh");
	was.fd = SYS(memfd_create("script", MFD_CLOEXEC));
	t_write(was.fd, script, sizeof(script) - 1);
	SYS(fchmod(was.fd, 0700));
	was.reader = t_reopen(was.fd, O_RDONLY);
	was.shared = map(was.fd, MAP_SHARED);
	was.priv = map(was.reader, MAP_PRIVATE);
	was.priv[0] = '%';
	if (variant->arg == CLOSED)
		SYS(close(was.fd));
	expect_exits(42);
}

static void check(void)
{
	EXPECT_EQ(fcntl(was.reader, F_GETFD), 0);
	expect_exits(42);
	EXPECT_MEM(was.shared, script, sizeof(script) - 1);
	EXPECT_EQ(was.priv[0], '%');
	EXPECT_MEM(was.priv + 1, script + 1, sizeof(script) - 2);
	was.shared[sizeof(script) - 3] = '3';
	expect_exits(43);
}

ZDTM_TEST = {
	.doc = "a script in a memfd can still be executed, though it is mapped to be written",
	.object = "memfd",
	.variants = VARIANTS({ "open", OPEN }, { "closed", CLOSED }),
	.setup = setup,
	.check = check,
};
